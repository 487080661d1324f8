"""Whom to tell, and what makes a state, as data: `alertes.yaml`, typed and checked when it is loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, TypeAdapter, model_validator

from entrepot.errors import EntrepotError
from entrepot.yamldata import Strict, load_yaml

FILE = Path(__file__).with_name("alertes.yaml")

Owner = Literal["territoire", "équipe nationale", "équipe de l'entrepôt"]


class AlertRulesError(EntrepotError):
    """The file cannot be used; the message names the file and the line."""


class Frequent(Strict):
    """From when on a rule is frequent in a quarter: both its share of the returns looked at, and their number."""

    part: Annotated[float, Field(gt=0, le=1)]
    retours: PositiveInt


class Told(Strict):
    """How the owner of a rule is told: a line of the file of contacts, and the webhook."""

    contact: Literal["national", "entrepot"] | None = None
    webhook: bool = False

    @model_validator(mode="after")
    def _somebody(self) -> "Told":
        if self.contact is None and not self.webhook:
            raise ValueError("name a contact, or let the webhook tell it: nobody would be told")
        return self


class AlertRules(Strict):
    """All of it.

    Attributes:
        trimestres: how many quarters are followed, from the last one shown back.
        silence_max_jours: the longest that a silence may last.
        essais_max: how often a mail that a server refuses is tried, once a run.
    """

    frequente: Frequent
    trimestres: PositiveInt
    silence_max_jours: PositiveInt
    essais_max: PositiveInt
    destinataires: Mapping[Owner, Told]

    @model_validator(mode="after")
    def _everybody(self) -> "AlertRules":
        owners: tuple[Owner, ...] = ("territoire", "équipe nationale", "équipe de l'entrepôt")
        if missing := [owner for owner in owners if owner not in self.destinataires]:
            raise ValueError(f"destinataires says nothing of {', '.join(missing)}")
        return self


@cache
def load_alert_rules(path: Path = FILE) -> AlertRules:
    """Read the file.

    Raises:
        AlertRulesError: something is missing, or makes no sense.
    """
    return load_yaml(path, TypeAdapter(AlertRules), AlertRulesError)

"""The rules of what is mailed to territories, as data: `relances.yaml`, typed and checked when it is loaded."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PositiveInt, TypeAdapter, field_validator, model_validator

from entrepot.errors import EntrepotError
from entrepot.sender import letters
from entrepot.yamldata import Strict, load_yaml

FILE = Path(__file__).with_name("relances.yaml")


class MailRulesError(EntrepotError):
    """The rules cannot be used; the message names the file and the line."""


class Wording(Strict):
    """What a mail says: a template for its subject, and the name of the one for its text."""

    facts: ClassVar[frozenset[str]] = letters.ABOUT_A_FILE

    objet: Annotated[str, Field(min_length=5, max_length=150)]
    modele: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.txt$")]

    @field_validator("objet")
    @classmethod
    def _subject(cls, text: str) -> str:
        letters.check_subject(text, cls.facts)
        return text

    @field_validator("modele")
    @classmethod
    def _template(cls, name: str) -> str:
        letters.check_template(name, cls.facts)
        return name


class Step(Wording):
    """A reminder.

    Attributes:
        jours: days since the due date, or since the arrival of a file rejected after it; before it when negative. What
            is to be sent before the due date is not sent after it.
        etats: states of the return that are reminded of.
        copies: who gets a copy, beside the territory.
    """

    facts: ClassVar[frozenset[str]] = letters.ABOUT_A_RETURN

    etape: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    jours: Annotated[int, Field(ge=-90, le=365)]
    etats: Annotated[Sequence[Literal["attendu", "rejete", "en_retard"]], Field(min_length=1)]
    copies: Sequence[Literal["region", "national"]] = ()

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        if "en_retard" in self.etats and self.jours < 1:
            raise ValueError(f"step {self.etape}: no return is « en_retard » before the day after its due date")
        if "attendu" in self.etats and self.jours > 0:
            raise ValueError(f"step {self.etape}: no return is « attendu » after its due date")
        return self


class Acknowledgements(Strict):
    """What is said of a file that came."""

    accepte: Wording
    rejete: Wording
    deja_recu: Wording


class Rules(Strict):
    """All of them.

    Attributes:
        anciennete_max_jours: days after the due date past which nothing is sent about a return any more.
        repit_rejet_jours: days after the arrival of a rejected file in which nobody is reminded of it.
        accuse_max_jours: days after its arrival past which a file is not acknowledged any more.
        essais_max: how often a mail that a server refuses is tried, once a run.
        piece_jointe_max_mo: megabytes past which a marked copy is not attached.
    """

    anciennete_max_jours: PositiveInt
    repit_rejet_jours: PositiveInt
    accuse_max_jours: PositiveInt
    essais_max: PositiveInt
    piece_jointe_max_mo: PositiveInt
    relances: Annotated[Sequence[Step], Field(min_length=1)]
    accuses: Acknowledgements

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [step.etape for step in self.relances]
        reserved = {"accuse", "deja_recu"}
        if twice := sorted({name for name in names if names.count(name) > 1 or name in reserved}):
            raise ValueError(f"steps must have names of their own: {', '.join(twice)}")
        return self


@cache
def load_rules(path: Path = FILE) -> Rules:
    """Read the rules.

    Raises:
        MailRulesError: a rule is missing or makes no sense, or a template is missing or speaks of what is not known.
    """
    return load_yaml(path, TypeAdapter(Rules), MailRulesError)

"""The state of each rule as it is now, what was last told of it, and what is to be told.

Two kinds of state: a rule on marts is `tenue` or `enfreinte` in the newest audit, refused releases included; a rule on
returns is `habituelle` or `frequente` in a quarter. Both begin in their quiet state, of which nobody is told.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from psycopg.rows import class_row

from entrepot.alerts.rules import AlertRules, Owner
from entrepot.warehouse.engine import Connection

State = Literal["tenue", "enfreinte", "habituelle", "frequente"]

_AUDIT = """
select
    regles.regle, null::text as trimestre, audits.parution_id, audits.statut as parution_statut, regles.qui_corrige,
    regles.severite, regles.phrase, regles.raison,
    case when resultat.reussi then 'tenue' else 'enfreinte' end as etat,
    resultat.en_defaut as nombre, resultat.lignes as sur, resultat.message
from (
    select passage_id, parution_id, empreinte, statut
    from entrepot.passage inner join entrepot.parution using (parution_id)
    where empreinte is not null
    order by parution_id desc limit 1
) as audits
inner join entrepot.resultat using (passage_id)
inner join entrepot.regle as regles on regles.empreinte = audits.empreinte and regles.regle = resultat.regle
"""

_QUARTERS = """
select
    regle, trimestre, null::bigint as parution_id, null::text as parution_statut, qui_corrige, severite, phrase,
    raisons.raison,
    case when part >= %(part)s and nb_en_defaut >= %(retours)s then 'frequente' else 'habituelle' end as etat,
    nb_en_defaut as nombre, nb_regardes as sur, null::text as message
from marts.qualite_regles
inner join lateral (
    select raison from entrepot.regle inner join entrepot.jeu_regles using (empreinte)
    where regle.regle = qualite_regles.regle order by applique_le desc limit 1
) as raisons on true
where trimestre in (
    select distinct trimestre from marts.qualite_regles
    where trimestre is not null order by trimestre desc limit %(trimestres)s
) and etat <> 'jamais_controlee'
"""

_TOLD = """
select distinct on (canal, destinataire, regle, trimestre) canal, destinataire, regle, trimestre, apres, dit_le
from entrepot.avis inner join entrepot.avis_regle using (avis_id)
where dit_le is not null
order by canal, destinataire, regle, trimestre, avis_id desc
"""

_SILENCED = """
select regle, trimestre from entrepot.silence
where leve_le is null and jusqu_au >= %s
"""


@dataclass(frozen=True)
class Followed:
    """A rule in its scope, a quarter or the newest audit, and its state there.

    Attributes:
        nombre: returns (or rows of the mart) that break the rule; None where the rule counts none.
        sur: out of how many.
        message: what the audit said.
    """

    regle: str
    trimestre: str | None
    parution_id: int | None
    parution_statut: str | None
    qui_corrige: Owner
    severite: str
    phrase: str
    raison: str
    etat: State
    nombre: int | None
    sur: int | None
    message: str | None

    @property
    def quiet(self) -> State:
        """The state of which nobody is told at first."""
        return "tenue" if self.trimestre is None else "habituelle"


@dataclass(frozen=True)
class Last:
    """What was last told of a rule, to whom, and when."""

    canal: str
    destinataire: str
    regle: str
    trimestre: str | None
    apres: State
    dit_le: datetime


@dataclass(frozen=True)
class Change:
    """A rule whose state is not the one last told."""

    rule: Followed
    avant: State

    @property
    def key(self) -> tuple[str, str | None, str, str]:
        """What is told, whatever the numbers."""
        return self.rule.regle, self.rule.trimestre, self.avant, self.rule.etat


def current(connection: Connection, rules: AlertRules) -> list[Followed]:
    """State of every rule, by rule and scope; before the first release, of the audit alone."""
    with connection.cursor(row_factory=class_row(Followed)) as cursor:
        found = cursor.execute(_AUDIT).fetchall()
        row = connection.execute("select to_regclass('marts.qualite_regles') is not null").fetchone()
        if row == (True,):
            thresholds = {
                "part": rules.frequente.part, "retours": rules.frequente.retours, "trimestres": rules.trimestres,
            }  # fmt: skip
            found += cursor.execute(_QUARTERS, thresholds).fetchall()
    return sorted(found, key=lambda one: (one.regle, one.trimestre or ""))


def last_told(connection: Connection) -> list[Last]:
    """What was last told, by channel, recipient, rule and scope."""
    with connection.cursor(row_factory=class_row(Last)) as cursor:
        return cursor.execute(_TOLD).fetchall()


def silenced(connection: Connection, day: date) -> set[tuple[str, str | None]]:
    """Rules of which nothing is told on a day: with their quarter, or None for all of them."""
    return {(regle, trimestre) for regle, trimestre in connection.execute(_SILENCED, [day])}


def changes(
    now: Sequence[Followed], told: Collection[Last], silent: Collection[tuple[str, str | None]]
) -> Iterator[Change]:
    """What is to be told to one recipient.

    Args:
        now: the rules that concern it.
        told: what it was last told.
        silent: rules of which nothing is told.
    """
    known = {(last.regle, last.trimestre): last.apres for last in told}
    for rule in now:
        before = known.get((rule.regle, rule.trimestre), rule.quiet)
        if before != rule.etat and (rule.regle, None) not in silent and (rule.regle, rule.trimestre) not in silent:
            yield Change(rule, before)

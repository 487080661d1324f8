"""Silences: a rule of which nothing is told for a while. Each ends by itself, and stays listed afterwards."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg.rows import class_row

from entrepot.alerts.rules import AlertRules
from entrepot.errors import EntrepotError
from entrepot.warehouse.engine import Connection

# As for the author of a correction: a service decides, not a person.
_PERSONAL = r"""
select coalesce(preparation.contient_donnee_personnelle(texte), false)
    or preparation.normaliser(texte) ~ '\m(m\.|mr|mme|mlle|monsieur|madame|mademoiselle) '
from unnest(%s::text[]) as textes (texte)
"""
_KNOWN = "select exists (select from entrepot.regle where regle = %s)"
_OPEN = "regle = %s and trimestre is not distinct from %s and leve_le is null and jusqu_au >= %s"


@dataclass(frozen=True)
class Silence:
    """A silence; `jusqu_au` is its last day."""

    silence_id: int
    regle: str
    trimestre: str | None
    depuis: datetime
    jusqu_au: date
    motif: str
    service: str
    leve_le: datetime | None

    def state(self, day: date) -> str:
        """Whether it holds on a day, in French."""
        if self.leve_le is not None:
            return "levé"
        return "en cours" if self.jusqu_au >= day else "terminé"


def silence(
    connection: Connection,
    rules: AlertRules,
    regle: str,
    trimestre: str | None,
    *,
    until: date,
    reason: str,
    service: str,
    today: date,
) -> None:
    """Silence a rule, in one quarter or altogether; a silence of the same that still holds is replaced.

    Raises:
        EntrepotError: there is no such rule, the end is past or too far, or the reason or the service is missing or
            holds personal data.
    """
    if connection.execute(_KNOWN, [regle]).fetchone() != (True,):
        raise EntrepotError(f"There is no rule {regle}: see `entrepot alert list`, or the dictionary.")
    latest = today + timedelta(days=rules.silence_max_jours)
    if not today <= until <= latest:
        raise EntrepotError(f"--until: {until} must be from {today} to {latest}: a silence ends by itself.")
    for name, text in (("--reason", reason), ("--by", service)):
        if not text.strip():
            raise EntrepotError(f"{name} is empty: say it in French, the list of silences shows it.")
    if any(row[0] for row in connection.execute(_PERSONAL, [[reason, service]])):
        raise EntrepotError("--reason and --by name a service and a reason, never a person nor how to reach one.")
    connection.execute(
        f"update entrepot.silence set leve_le = clock_timestamp() where {_OPEN}",  # noqa: S608 - text of ours
        [regle, trimestre, today],
    )
    connection.execute(
        "insert into entrepot.silence (regle, trimestre, jusqu_au, motif, service) values (%s, %s, %s, %s, %s)",
        [regle, trimestre, until, reason.strip(), service.strip()],
    )
    connection.commit()


def unsilence(connection: Connection, regle: str, trimestre: str | None, today: date) -> None:
    """End a silence before its day.

    Raises:
        EntrepotError: no such silence holds.
    """
    ended = connection.execute(
        f"update entrepot.silence set leve_le = clock_timestamp() where {_OPEN}",  # noqa: S608 - text of ours
        [regle, trimestre, today],
    ).rowcount
    if not ended:
        raise EntrepotError(f"{regle} is not silenced{f' for {trimestre}' if trimestre else ''}: see `alert list`.")
    connection.commit()


def silences(connection: Connection) -> list[Silence]:
    """All of them, those that ended too, the newest first."""
    with connection.cursor(row_factory=class_row(Silence)) as cursor:
        return cursor.execute(
            "select silence_id, regle, trimestre, depuis, jusqu_au, motif, service, leve_le from entrepot.silence"
            " order by silence_id desc"
        ).fetchall()

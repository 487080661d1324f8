"""The ledger of mail, `entrepot.courrier`: an entry is made before a mail is sent, and no occasion has two.

A crash between the two leaves an entry without a result. It is told of and left alone: whether that mail went out is
not known, and mailing twice is worse than a person looking (`retry`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from psycopg.rows import class_row

from entrepot.sender.letters import Letter, Occasion
from entrepot.settings import Settings
from entrepot.warehouse.engine import BUILD_LOCK, Connection, connect

Kind = Literal["relances", "accuses", "alertes"]
# Migrations take the number after that of builds.
_LOCKS: Mapping[Kind, int] = {"relances": BUILD_LOCK + 2, "accuses": BUILD_LOCK + 3, "alertes": BUILD_LOCK + 4}

ACKNOWLEDGEMENTS = ["accuse", "deja_recu"]
ALERTS = ["alerte"]

_CLAIM = """
insert into entrepot.courrier as courrier (
    etape, etat, territoire_id, trimestre, recepisse_id, jour, destinataires, copies, objet, message_id
)
values (
    %(etape)s, %(etat)s, %(territoire_id)s, %(trimestre)s, %(recepisse_id)s, %(jour)s, %(destinataires)s, %(copies)s,
    %(objet)s, %(message_id)s
)
on conflict on constraint courrier_une_fois do update
set essais = courrier.essais + 1, reclame_le = clock_timestamp(), resultat = null, resultat_le = null, detail = null,
    jour = excluded.jour, destinataires = excluded.destinataires, copies = excluded.copies, objet = excluded.objet
where courrier.resultat = 'echec' and courrier.essais < %(essais_max)s
returning courrier_id, message_id, essais, servis
"""

_CONCLUDE = """
update entrepot.courrier
set resultat = %(resultat)s, resultat_le = clock_timestamp(), servis = %(servis)s, detail = %(detail)s
where courrier_id = %(courrier_id)s
"""

_SETTLED = """
select etape, etat, territoire_id, trimestre, recepisse_id from entrepot.courrier
where not etape = any(%s) and (resultat is distinct from 'echec' or essais >= %s)
"""

_ENTRIES = """
select courrier_id, etape, etat, territoire_id, trimestre, recepisse_id, jour, destinataires, copies, objet,
    essais, reclame_le, resultat, detail
from entrepot.courrier
where (
        %(genre)s::text is null
        or %(genre)s = case when etape = any(%(accuses)s) then 'accuses' when etape = any(%(alertes)s) then 'alertes'
            else 'relances' end
    )
    and (not %(problemes)s or resultat is distinct from 'envoye')
    and (not %(interrompus)s or resultat is null)
    and (%(trimestre)s::text is null or trimestre = %(trimestre)s)
order by courrier_id
"""

_RETRY = """
update entrepot.courrier
set resultat = 'echec', resultat_le = clock_timestamp(), essais = 0, detail = coalesce(detail, 'interrompu')
where courrier_id = any(%s) and resultat is distinct from 'envoye'
returning courrier_id
"""


@dataclass(frozen=True)
class Claim:
    """The right to send a mail, once.

    Attributes:
        attempt: how many times it is tried, with this one.
        served: who has it already.
    """

    courrier_id: int
    message_id: str
    attempt: int
    served: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A line of the ledger, as `entrepot mail list` shows it."""

    courrier_id: int
    etape: str
    etat: str
    territoire_id: str | None
    trimestre: str | None
    recepisse_id: int | None
    jour: date
    destinataires: list[str]
    copies: list[str]
    objet: str
    essais: int
    reclame_le: datetime
    resultat: str | None
    detail: str | None

    @property
    def occasion(self) -> Occasion:
        """What it is about."""
        return Occasion(self.etape, self.etat, self.territoire_id, self.trimestre, self.recepisse_id)


@contextmanager
def turn(settings: Settings, kind: Kind) -> Iterator[None]:
    """Wait for one's turn to send mail of a kind: what has no result then was interrupted, not being sent."""
    with connect(settings, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCKS[kind]])
        yield


def claim(connection: Connection, letter: Letter, day: date, message_id: str, most: int) -> Claim | None:
    """Put a letter on record as about to be sent, and commit.

    Args:
        connection: on the warehouse.
        letter: what is about to be sent.
        day: for which it is due.
        message_id: its Message-ID, if it was not tried before.
        most: how often it may be tried.

    Returns:
        None when it was sent, is being sent, was interrupted, or was tried often enough.
    """
    said = {
        **asdict(letter.occasion), "jour": day, "destinataires": list(letter.to), "copies": list(letter.cc),
        "objet": letter.subject, "message_id": message_id, "essais_max": most,
    }  # fmt: skip
    row = connection.execute(_CLAIM, said).fetchone()
    connection.commit()
    return None if row is None else Claim(row[0], row[1], row[2], tuple(row[3]))


def conclude(connection: Connection, claim: Claim, reached: Sequence[str], refused: Mapping[str, str]) -> None:
    """Put on record what became of a mail, and commit."""
    connection.execute(
        _CONCLUDE,
        {
            "courrier_id": claim.courrier_id,
            "resultat": "echec" if refused else "envoye",
            "servis": [*claim.served, *reached],
            "detail": " ; ".join(f"{one} : {why}" for one, why in refused.items()) or None,
        },
    )
    connection.commit()


def settled(connection: Connection, most: int) -> set[Occasion]:
    """Reminders that are not to be sent (again): sent, interrupted, or tried often enough."""
    return {Occasion(*row) for row in connection.execute(_SETTLED, [ACKNOWLEDGEMENTS + ALERTS, most])}


def interrupted(connection: Connection, kind: Kind) -> list[Entry]:
    """Mail of which nobody knows whether it went out; to be asked in one's `turn`."""
    return entries(connection, kind, only_interrupted=True)


def entries(
    connection: Connection,
    kind: Kind | None = None,
    *,
    quarter: str | None = None,
    problems: bool = False,
    only_interrupted: bool = False,
) -> list[Entry]:
    """Read the ledger.

    Args:
        connection: on the warehouse.
        kind: reminders, acknowledgements or alerts only.
        quarter: about one quarter only, such as `2024-T4`.
        problems: only what did not reach everybody.
        only_interrupted: only what has no result.
    """
    wanted = {
        "genre": kind, "accuses": ACKNOWLEDGEMENTS, "alertes": ALERTS, "trimestre": quarter,
        "problemes": problems, "interrompus": only_interrupted,
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(_ENTRIES, wanted).fetchall()


def retry(settings: Settings, numbers: Sequence[int]) -> list[int]:
    """Have mail that was interrupted, or tried in vain, sent again by the next run; return which was found."""
    with (
        turn(settings, "relances"),
        turn(settings, "accuses"),
        turn(settings, "alertes"),
        connect(settings) as connection,
    ):
        return sorted(row[0] for row in connection.execute(_RETRY, [list(numbers)]))

"""The calendar of what is owed, by territory and quarter, and what became of each return on a day (Europe/Paris).

`suivi_retours` answers as of a release and never knows what waits; this answers from the receipts themselves.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from entrepot.errors import EntrepotError
from entrepot.warehouse.engine import Connection

PARIS = ZoneInfo("Europe/Paris")

State = Literal["attendu", "recu", "rejete", "accepte", "en_retard", "dispense"]
STATES: dict[State, str] = {
    "attendu": "attendu",
    "recu": "reçu, pas encore publié",
    "rejete": "rejeté, à renvoyer",
    "accepte": "accepté et publié",
    "en_retard": "en retard",
    "dispense": "dispensé",
}
"""States of a return, in the words of the table that people read."""

# A receipt has no territory until it has a verdict: what no reader could read yet is not in here (`unread`).
_CALENDAR = """
with jour as (
    select %(jour)s::date as jour, (%(jour)s::date + 1)::timestamp at time zone 'Europe/Paris' as fin
),
arrives as (
    select territoire_id, trimestre, recepisse_id, genre, verdict, recu_le, nom_fichier, motif
    from entrepot.recepisse
    where genre in ('retour', 'retrait') and verdict <> 'recu' and recu_le < (select fin from jour)
),
acceptes as (
    select distinct on (territoire_id, trimestre)
        arrives.*,
        exists (
            select from entrepot.traitement
            where traitement.recepisse_id = arrives.recepisse_id and etape = 'publication'
        ) as publie
    from arrives
    where verdict = 'accepte'
    order by territoire_id, trimestre, recu_le desc, recepisse_id desc
),
rejetes as (
    select distinct on (territoire_id, trimestre) *
    from arrives
    where verdict = 'rejete'
    order by territoire_id, trimestre, recu_le desc, recepisse_id desc
),
dus as (
    select
        territoires.territoire_id, territoires.nom, territoires.region, trimestres.trimestre, trimestres.echeance,
        jour.jour,
        case when acceptes.genre = 'retour' then acceptes.publie end as publie,
        acceptes.recepisse_id as accepte_id,
        rejetes.recepisse_id as rejete_id,
        (
            select string_agg(dispenses.motif, ' ' order by dispenses.decidee_le, dispenses.motif)
            from reference.ref_dispenses as dispenses
            where dispenses.territoire_id = territoires.territoire_id
                and trimestres.trimestre between dispenses.premier_trimestre and dispenses.dernier_trimestre
                and dispenses.decidee_le <= jour.jour
        ) as dispense
    from reference.ref_territoires as territoires
    cross join reference.ref_trimestres as trimestres
    cross join jour
    left join acceptes using (territoire_id, trimestre)
    left join rejetes using (territoire_id, trimestre)
    where %(trimestre)s::text is null or trimestres.trimestre = %(trimestre)s
),
etats as (
    select
        dus.*,
        case
            when publie then 'accepte'
            when not publie then 'recu'
            when dispense is not null then 'dispense'
            when rejete_id is not null then 'rejete'
            when echeance < jour then 'en_retard'
            else 'attendu'
        end as etat
    from dus
)
select
    etats.territoire_id, etats.nom, etats.region, etats.trimestre, etats.echeance, etats.etat,
    dernier.recepisse_id, dernier.nom_fichier as fichier,
    (dernier.recu_le at time zone 'Europe/Paris')::date as recu_le,
    case etat when 'dispense' then dispense when 'rejete' then dernier.motif end as motif
from etats
left join arrives as dernier
    on dernier.recepisse_id = case
        when etat in ('accepte', 'recu') then accepte_id
        when etat = 'rejete' then rejete_id
    end
order by trimestre, territoire_id
"""


@dataclass(frozen=True)
class Owed:
    """A return that is owed, on a day.

    Attributes:
        region: name of the region.
        echeance: last day on which the return is in time.
        recepisse_id: the receipt that gives the state: the one in force, or the last one rejected.
        fichier: its name, as sent.
        recu_le: the day it arrived.
        motif: why it was rejected, or why the territory is exempted.
    """

    territoire_id: str
    nom: str
    region: str
    trimestre: str
    echeance: date
    etat: State
    recepisse_id: int | None
    fichier: str | None
    recu_le: date | None
    motif: str | None

    @property
    def since(self) -> date:
        """The day from which delays count: the due date, or the arrival of a file rejected after it."""
        if self.etat == "rejete" and self.recu_le is not None:
            return max(self.echeance, self.recu_le)
        return self.echeance


def today() -> date:
    """The day it is in Paris."""
    return datetime.now(PARIS).date()


def parse_day(text: str | None, option: str) -> date:
    """Read a day; today when none is given.

    Raises:
        EntrepotError: it is not one.
    """
    if text is None:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EntrepotError(f"{option}: {text!r} is not a day such as 2025-02-15.") from None


def calendar(connection: Connection, day: date, quarter: str | None = None) -> list[Owed]:
    """Say what is owed and what became of it, by quarter and territory.

    Args:
        connection: on the warehouse.
        day: receipts that arrived by the end of it count, and exemptions decided by then.
        quarter: one quarter only, such as `2024-T4`.

    Raises:
        EntrepotError: there is no such quarter.
    """
    with connection.cursor(row_factory=class_row(Owed)) as cursor:
        owed = cursor.execute(_CALENDAR, {"jour": day, "trimestre": quarter}).fetchall()
    if not owed:
        known = [row[0] for row in connection.execute("select trimestre from reference.ref_trimestres order by 1")]
        raise EntrepotError(f"No return is owed for {quarter}: give a quarter from {known[0]} to {known[-1]}.")
    return owed


def unread(connection: Connection) -> int:
    """How many receipts have no verdict: whose they are is not known, and their senders may seem late."""
    row = connection.execute("select count(*) from entrepot.recepisse where verdict = 'recu'").fetchone()
    assert row is not None
    return int(row[0])

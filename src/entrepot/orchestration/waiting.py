"""What waits for work, asked of the database: an announcement lost, repeated or late changes nothing."""

from entrepot.settings import Settings
from entrepot.warehouse.engine import connect

# An accepted return waits until it is staged; a ledger of corrections too, in the quarters it speaks of, or in the last
# one when it names none. A rejected return changes the follow-up of returns (late, rejected): it waits until a release
# was tried after its verdict, whatever its outcome, so that a refused release is not tried again and again by itself.
QUARTERS_WAITING = """
select distinct trimestre
from entrepot.recepisse
where genre in ('retour', 'retrait') and trimestre is not null
    and (
        verdict = 'accepte' and not exists (
            select from entrepot.traitement
            where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation')
        or verdict = 'rejete'
            and verdict_le > coalesce((select max(commencee_le) from entrepot.parution), '-infinity')
    )
union
select coalesce(correction.trimestre, (select max(trimestre) from entrepot.recepisse where verdict = 'accepte'))
from entrepot.recepisse
left join entrepot.correction on correction.registre_id = recepisse.recepisse_id
where genre = 'registre_corrections' and verdict = 'accepte'
    and not exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation')
order by trimestre
"""

PACTES_WAITING = """
select exists (
    select from entrepot.recepisse
    where genre = 'liste_pactes' and verdict = 'accepte' and not exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation'))
"""


def quarters_waiting(settings: Settings) -> list[str]:
    """Quarters (`2023-T4`) with a return that no run has taken up, in order."""
    with connect(settings) as connection:
        return [quarter for (quarter,) in connection.execute(QUARTERS_WAITING) if quarter]


def pactes_waiting(settings: Settings) -> bool:
    """Whether a list of labelled pactes was accepted that no run has taken up."""
    with connect(settings) as connection:
        row = connection.execute(PACTES_WAITING).fetchone()
    return bool(row and row[0])

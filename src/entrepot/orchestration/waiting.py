"""What waits for work, asked of the database: an announcement lost, repeated or late changes nothing."""

from entrepot.settings import Settings
from entrepot.warehouse.engine import connect

# An accepted return waits until it is staged. A rejected one changes the follow-up of returns (late, rejected): it
# waits until a release was tried after its verdict, whatever its outcome, so that a refused release is not tried again
# and again by itself.
QUARTERS_WAITING = """
select distinct trimestre
from entrepot.recepisse
where genre = 'retour' and trimestre is not null
    and (
        verdict = 'accepte' and not exists (
            select from entrepot.traitement
            where traitement.recepisse_id = recepisse.recepisse_id and etape = 'preparation')
        or verdict = 'rejete'
            and verdict_le > coalesce((select max(commencee_le) from entrepot.parution), '-infinity')
    )
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
        return [str(row[0]) for row in connection.execute(QUARTERS_WAITING)]


def pactes_waiting(settings: Settings) -> bool:
    """Whether a list of labelled pactes was accepted that no run has taken up."""
    with connect(settings) as connection:
        row = connection.execute(PACTES_WAITING).fetchone()
    return bool(row and row[0])

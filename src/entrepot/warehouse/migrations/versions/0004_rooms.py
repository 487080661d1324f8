"""The release that readers see is one row; what computes it stays from release to release."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create what `0004_rooms.sql` says."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take it back; the next release must then be built by the code of before."""
    for kind in ("numeric[]", "bigint[]"):
        op.execute(f"drop aggregate entrepot.somme_vecteurs({kind}, integer)")
        op.execute(f"drop function entrepot.ajouter_vecteur({kind}, {kind}, integer)")
    op.execute("drop function entrepot.parution_demandee()")
    op.execute("drop table entrepot.parution_montree, entrepot.lot_preparation")
    op.execute("drop index entrepot.recepisse_trimestre_territoire_id_idx")

"""Corrections by the ANCT: lines of their ledgers, and the derived receipts that apply them."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    # The wider checks on receipts stay: receipts there may need them.
    op.execute("drop table entrepot.correction_appliquee, entrepot.correction")

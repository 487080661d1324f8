"""Receipts, raw lines, findings, releases: the warehouse's own tables.

Everything the warehouse says is computed from receipts (`entrepot.recepisse`); the schema `brut`
holds what was read in them, line by line, with coordinates.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("drop schema brut cascade; drop schema entrepot cascade")

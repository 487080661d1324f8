"""Since when each receipt is known, when it is in force, and row versions of the marts."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of `0002_knowledge.sql`; what earlier releases took in is known from its arrival."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

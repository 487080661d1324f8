"""Findings are followed across files, and the ANCT may lift one."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create what `0005_findings.sql` says."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop it, with the reasons that were given."""
    op.execute("drop table entrepot.levee cascade")

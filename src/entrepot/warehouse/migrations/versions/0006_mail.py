"""What is mailed to senders, so that nothing is mailed twice."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create what `0006_mail.sql` says."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take it back: what was mailed is forgotten."""
    op.execute("drop table entrepot.courrier")

"""Jobs of events: a trace tells the mails that an event led to, among very many."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_jobs_event_id"), "jobs", ["event_id"])


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    op.drop_index(op.f("ix_jobs_event_id"), table_name="jobs")

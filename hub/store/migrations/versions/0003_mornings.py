"""Mornings: the few rows that digests look through, among very many that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LIVE = {
    "matches": "state = 'open'",
    "requests": "state NOT IN ('closed', 'expired', 'declined')",
    "notifications": "state = 'failed'",
}


def upgrade() -> None:
    """Apply."""
    for table, condition in LIVE.items():
        only = sa.text(condition)
        op.create_index(op.f(f"ix_{table}_live"), table, ["key"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    for table in LIVE:
        op.drop_index(op.f(f"ix_{table}_live"), table_name=table)

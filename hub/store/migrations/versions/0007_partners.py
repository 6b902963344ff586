"""Partners on Kafka: who they are, and what is still to be sent to them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "tenants",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org", "scopes", "sources", "types", "created_at")),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_tenants")),
    )
    op.create_table(
        "shares",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("seq", "tenant", name=op.f("pk_shares")),
    )


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    op.drop_table("shares")
    op.drop_table("tenants")

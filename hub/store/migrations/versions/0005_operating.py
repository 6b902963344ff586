"""Operating: what operators did, how groups stood, replays, and which lot of retries a parked event belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("seq", NUMBER, sa.Identity(always=False)),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "who", "act", "about", "result", "detail")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_about"), "audit", ["about"])
    op.create_table(
        "samples",
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("oldest", sa.Text, nullable=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("newest", "came", "taken")),
        sa.PrimaryKeyConstraint("grp", "at", name=op.f("pk_samples")),
    )
    op.create_table(
        "replays",
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "who", "state")),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("after", "upto", "position", "events", "handled")
        ),
        sa.Column("rate", sa.Integer, nullable=True),
        sa.Column("ended_at", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("grp", "epoch", name=op.f("pk_replays")),
    )
    op.add_column("parked", sa.Column("lot", sa.BigInteger, nullable=True))
    op.create_index(op.f("ix_parked_id"), "parked", ["id"])
    op.create_index(op.f("ix_parked_lot"), "parked", ["lot"])


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    op.drop_index(op.f("ix_parked_lot"), table_name="parked")
    op.drop_index(op.f("ix_parked_id"), table_name="parked")
    op.drop_column("parked", "lot")
    for table in ("replays", "samples", "audit"):
        op.drop_table(table)

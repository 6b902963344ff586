"""The conversation: offers, cooperations, agreements with their documents, digests, and who is in the console."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "agreements",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("match_id", sa.Text(), nullable=True),
        sa.Column("learner_ref", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_agreements")),
    )
    op.create_index(op.f("ix_agreements_clock"), "agreements", ["clock"], unique=False)
    op.create_index(op.f("ix_agreements_org_state"), "agreements", ["org", "state"], unique=False)
    op.create_index(op.f("ix_agreements_about"), "agreements", ["about"], unique=False)
    op.create_index(op.f("ix_agreements_match_id"), "agreements", ["match_id"], unique=False)
    op.create_index(op.f("ix_agreements_learner_ref"), "agreements", ["learner_ref"], unique=False)
    op.create_table(
        "cooperations",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cooperations")),
    )
    op.create_index(op.f("ix_cooperations_clock"), "cooperations", ["clock"], unique=False)
    op.create_index(op.f("ix_cooperations_org_state"), "cooperations", ["org", "state"], unique=False)
    op.create_index(op.f("ix_cooperations_about"), "cooperations", ["about"], unique=False)
    op.create_index(op.f("ix_cooperations_provider_id"), "cooperations", ["provider_id"], unique=False)
    op.create_table(
        "digests",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_digests")),
    )
    op.create_index(op.f("ix_digests_clock"), "digests", ["clock"], unique=False)
    op.create_index(op.f("ix_digests_org_state"), "digests", ["org", "state"], unique=False)
    op.create_table(
        "nominations",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("match_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_nominations")),
    )
    op.create_index(op.f("ix_nominations_clock"), "nominations", ["clock"], unique=False)
    op.create_index(op.f("ix_nominations_org_state"), "nominations", ["org", "state"], unique=False)
    op.create_index(op.f("ix_nominations_match_id"), "nominations", ["match_id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_clock"), "offers", ["clock"], unique=False)
    op.create_index(op.f("ix_offers_org_state"), "offers", ["org", "state"], unique=False)
    op.create_table(
        "documents",
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("unfilled", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "version", name=op.f("pk_documents")),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("link_hash", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "console_sessions",
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_console_sessions")),
    )


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    for table in (
        "console_sessions",
        "sign_in_links",
        "documents",
        "offers",
        "nominations",
        "digests",
        "cooperations",
        "agreements",
    ):
        op.drop_table(table)

"""the spine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_counters")),
    )
    op.create_index(op.f("ix_counters_clock"), "counters", ["clock"], unique=False)
    op.create_index(op.f("ix_counters_org_state"), "counters", ["org", "state"], unique=False)
    op.create_table(
        "curricula",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_curricula")),
    )
    op.create_index(op.f("ix_curricula_clock"), "curricula", ["clock"], unique=False)
    op.create_index(op.f("ix_curricula_org_state"), "curricula", ["org", "state"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("grp", name=op.f("pk_cursors")),
    )
    op.create_table(
        "due",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "about", name=op.f("pk_due")),
    )
    op.create_index(op.f("ix_due_at"), "due", ["at"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_about"), "gaps", ["about"], unique=False)
    op.create_index(op.f("ix_gaps_clock"), "gaps", ["clock"], unique=False)
    op.create_index(op.f("ix_gaps_org_state"), "gaps", ["org", "state"], unique=False)
    op.create_table(
        "history",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("causation_id", sa.Text(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("extensions", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_history")),
        sa.UniqueConstraint("source", "id", name=op.f("uq_history")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_history_correlation_id"), "history", ["correlation_id"], unique=False)
    op.create_index(op.f("ix_history_id"), "history", ["id"], unique=False)
    op.create_index(op.f("ix_history_partition_key"), "history", ["partition_key"], unique=False)
    op.create_index(op.f("ix_history_subject"), "history", ["subject"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("grp", "epoch", "source", "id", name=op.f("pk_inbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_inbox_source_id"), "inbox", ["source", "id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_jobs")),
    )
    op.create_index(op.f("ix_jobs_state_due_at"), "jobs", ["state", "due_at"], unique=False)
    op.create_table(
        "keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_keys")),
    )
    op.create_index(op.f("ix_keys_org"), "keys", ["org"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "mailbox",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "matches",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_about"), "matches", ["about"], unique=False)
    op.create_index(op.f("ix_matches_clock"), "matches", ["clock"], unique=False)
    op.create_index(op.f("ix_matches_org_state"), "matches", ["org", "state"], unique=False)
    op.create_table(
        "needs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_needs")),
    )
    op.create_index(op.f("ix_needs_clock"), "needs", ["clock"], unique=False)
    op.create_index(op.f("ix_needs_org_state"), "needs", ["org", "state"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_about"), "notifications", ["about"], unique=False)
    op.create_index(op.f("ix_notifications_clock"), "notifications", ["clock"], unique=False)
    op.create_index(op.f("ix_notifications_org_state"), "notifications", ["org", "state"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_organisations")),
    )
    op.create_index(op.f("ix_organisations_clock"), "organisations", ["clock"], unique=False)
    op.create_index(op.f("ix_organisations_org_state"), "organisations", ["org", "state"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_table(
        "parked",
        sa.Column("parked_id", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("partition_name", sa.Text(), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.Column("next_at", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("parked_id", name=op.f("pk_parked")),
    )
    op.create_index(op.f("ix_parked_grp_next_at"), "parked", ["grp", "next_at"], unique=False)
    op.create_index(op.f("ix_parked_grp_partition_key"), "parked", ["grp", "partition_key"], unique=False)
    op.create_index(
        "ix_parked_waits_for", "parked", ["waits_for"], unique=False, sqlite_where=sa.text("waits_for IS NOT NULL")
    )
    op.create_table(
        "people",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_org_kind"), "people", ["org", "kind"], unique=False)
    op.create_table(
        "requests",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("match_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_about"), "requests", ["about"], unique=False)
    op.create_index(op.f("ix_requests_clock"), "requests", ["clock"], unique=False)
    op.create_index(op.f("ix_requests_match_id"), "requests", ["match_id"], unique=False)
    op.create_index(op.f("ix_requests_org_state"), "requests", ["org", "state"], unique=False)
    op.create_table(
        "seats",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("curriculum", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seats")),
    )
    op.create_index(op.f("ix_seats_clock"), "seats", ["clock"], unique=False)
    op.create_index(op.f("ix_seats_curriculum"), "seats", ["curriculum"], unique=False)
    op.create_index(op.f("ix_seats_org_state"), "seats", ["org", "state"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("curriculum", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_clock"), "sessions", ["clock"], unique=False)
    op.create_index(op.f("ix_sessions_curriculum"), "sessions", ["curriculum"], unique=False)
    op.create_index(op.f("ix_sessions_org_state"), "sessions", ["org", "state"], unique=False)
    op.create_table(
        "ticks",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ticks")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("ticks")
    op.drop_index(op.f("ix_sessions_org_state"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_curriculum"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_clock"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_seats_org_state"), table_name="seats")
    op.drop_index(op.f("ix_seats_curriculum"), table_name="seats")
    op.drop_index(op.f("ix_seats_clock"), table_name="seats")
    op.drop_table("seats")
    op.drop_index(op.f("ix_requests_org_state"), table_name="requests")
    op.drop_index(op.f("ix_requests_match_id"), table_name="requests")
    op.drop_index(op.f("ix_requests_clock"), table_name="requests")
    op.drop_index(op.f("ix_requests_about"), table_name="requests")
    op.drop_table("requests")
    op.drop_index(op.f("ix_people_org_kind"), table_name="people")
    op.drop_table("people")
    op.drop_index("ix_parked_waits_for", table_name="parked", sqlite_where=sa.text("waits_for IS NOT NULL"))
    op.drop_index(op.f("ix_parked_grp_partition_key"), table_name="parked")
    op.drop_index(op.f("ix_parked_grp_next_at"), table_name="parked")
    op.drop_table("parked")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_organisations_org_state"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_clock"), table_name="organisations")
    op.drop_table("organisations")
    op.drop_index(op.f("ix_notifications_org_state"), table_name="notifications")
    op.drop_index(op.f("ix_notifications_clock"), table_name="notifications")
    op.drop_index(op.f("ix_notifications_about"), table_name="notifications")
    op.drop_table("notifications")
    op.drop_index(op.f("ix_needs_org_state"), table_name="needs")
    op.drop_index(op.f("ix_needs_clock"), table_name="needs")
    op.drop_table("needs")
    op.drop_index(op.f("ix_matches_org_state"), table_name="matches")
    op.drop_index(op.f("ix_matches_clock"), table_name="matches")
    op.drop_index(op.f("ix_matches_about"), table_name="matches")
    op.drop_table("matches")
    op.drop_table("mailbox")
    op.drop_table("leases")
    op.drop_index(op.f("ix_keys_org"), table_name="keys")
    op.drop_table("keys")
    op.drop_index(op.f("ix_jobs_state_due_at"), table_name="jobs")
    op.drop_table("jobs")
    op.drop_index(op.f("ix_inbox_source_id"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_history_subject"), table_name="history")
    op.drop_index(op.f("ix_history_partition_key"), table_name="history")
    op.drop_index(op.f("ix_history_id"), table_name="history")
    op.drop_index(op.f("ix_history_correlation_id"), table_name="history")
    op.drop_table("history")
    op.drop_index(op.f("ix_gaps_org_state"), table_name="gaps")
    op.drop_index(op.f("ix_gaps_clock"), table_name="gaps")
    op.drop_index(op.f("ix_gaps_about"), table_name="gaps")
    op.drop_table("gaps")
    op.drop_index(op.f("ix_due_at"), table_name="due")
    op.drop_table("due")
    op.drop_table("cursors")
    op.drop_index(op.f("ix_curricula_org_state"), table_name="curricula")
    op.drop_index(op.f("ix_curricula_clock"), table_name="curricula")
    op.drop_table("curricula")
    op.drop_index(op.f("ix_counters_org_state"), table_name="counters")
    op.drop_index(op.f("ix_counters_clock"), table_name="counters")
    op.drop_table("counters")

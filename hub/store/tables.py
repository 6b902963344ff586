"""Every table, for the migrations and for the test that compares them with a migrated database. Queries do not use it.

Instants are fixed-width UTC text (they sort), JSON is text, so that both engines hold the same and queries are one text.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
WholeNumber = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in a column typed INTEGER


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


# What was said: log, trace and audit in one. Never changed, never deleted from.
history = Table(
    "history",
    metadata,
    Column("seq", WholeNumber, Identity(always=False)),
    _text("source"),
    _text("id"),
    _text("type"),
    _text("subject"),
    _text("partition_key"),
    _text("topic"),
    _text("tenant"),
    _text("key_id", optional=True),
    _text("time"),
    _text("received_at"),
    _text("correlation_id"),
    _text("causation_id", optional=True),
    _text("handler", optional=True),
    _text("hash"),
    _text("extensions", optional=True),
    _text("data"),
    PrimaryKeyConstraint("seq"),
    UniqueConstraint("source", "id"),
    Index(None, "correlation_id"),
    Index(None, "subject"),
    Index(None, "partition_key"),
    Index(None, "id"),
    sqlite_autoincrement=True,
)

# Rows of `history` that the relay has still to send; the cluster only.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, autoincrement=False),
    _text("topic"),
    PrimaryKeyConstraint("seq"),
)

# Partners who speak Kafka; their passwords are the broker's matter.
tenants = Table(
    "tenants",
    metadata,
    _text("org"),
    _text("scopes"),
    _text("sources"),
    _text("types"),
    _text("created_at"),
    PrimaryKeyConstraint("org"),
)

# Rows of `history` that are still to be sent to partners; `part` is 1 for what a provider may know before agreement.
shares = Table(
    "shares",
    metadata,
    Column("seq", BigInteger, autoincrement=False),
    _text("tenant"),
    Column("part", Integer, nullable=False),
    PrimaryKeyConstraint("seq", "tenant"),
)

# How far a group has read the embedded log.
cursors = Table(
    "cursors",
    metadata,
    _text("grp"),
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("grp"),
)

# ESCO, part by part as it was imported; only editions that are current are read.
esco_parts = Table(
    "esco_parts",
    metadata,
    Column("edition", WholeNumber, Identity(always=False)),
    *(_text(name) for name in ("version", "part", "language", "state", "digest")),
    Column("entries", BigInteger, nullable=False),
    _text("imported_at"),
    PrimaryKeyConstraint("edition"),
    sqlite_autoincrement=True,
)
esco_concepts = Table(
    "esco_concepts",
    metadata,
    Column("edition", BigInteger, nullable=False),
    *(_text(name) for name in ("uri", "kind", "skill_type", "reuse_level", "code", "status")),
    PrimaryKeyConstraint("edition", "uri"),
)
esco_names = Table(
    "esco_names",
    metadata,
    Column("edition", BigInteger, nullable=False),
    *(_text(name) for name in ("uri", "kind", "words", "folded")),
    Index(None, "folded"),
    Index(None, "uri"),
    Index(None, "edition"),
)
esco_relations = Table(
    "esco_relations",
    metadata,
    Column("edition", BigInteger, nullable=False),
    *(_text(name) for name in ("origin", "kind", "target")),
    Index(None, "origin"),
    Index(None, "target"),
    Index(None, "edition"),
)

# Which group has taken which event, and what came of it.
inbox = Table(
    "inbox",
    metadata,
    _text("grp"),
    Column("epoch", Integer, nullable=False),
    _text("source"),
    _text("id"),
    _text("at"),
    _text("outcome"),
    _text("note", optional=True),
    PrimaryKeyConstraint("grp", "epoch", "source", "id"),
    Index(None, "source", "id"),
    sqlite_with_rowid=False,
)

# Events that wait for something missing, that failed, or that stand behind one that failed.
parked = Table(
    "parked",
    metadata,
    _text("parked_id"),
    _text("grp"),
    Column("epoch", Integer, nullable=False),
    _text("partition_name"),
    _text("partition_key"),
    Column("seq", BigInteger, nullable=True),
    _text("source"),
    _text("id"),
    _text("type"),
    _text("state"),
    Column("blocks", Integer, nullable=False),
    _text("waits_for", optional=True),
    Column("attempts", Integer, nullable=False),
    _text("first_at"),
    _text("next_at", optional=True),
    _text("reason"),
    _text("error", optional=True),
    Column("raw", LargeBinary, nullable=True),
    Column("lot", BigInteger, nullable=True),
    PrimaryKeyConstraint("parked_id"),
    Index(None, "id"),
    Index(None, "lot"),
    Index(None, "grp", "partition_key"),
    Index(None, "grp", "next_at"),
    Index("ix_parked_waits_for", "waits_for", sqlite_where=text("waits_for IS NOT NULL")),
)

# What couriers carry out of the building.
jobs = Table(
    "jobs",
    metadata,
    _text("job_id"),
    _text("dedupe_key"),
    _text("channel"),
    _text("kind"),
    _text("body"),
    _text("correlation_id"),
    _text("event_id"),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _text("due_at"),
    _text("lease_until", optional=True),
    _text("created_at"),
    _text("answer", optional=True),
    PrimaryKeyConstraint("job_id"),
    UniqueConstraint("dedupe_key"),
    Index(None, "event_id"),
    Index(None, "state", "due_at"),
    Index("ix_jobs_listed", "channel", "created_at", "job_id"),
)

# What falls due when; the scheduler says it.
due = Table(
    "due",
    metadata,
    _text("kind"),
    _text("about"),
    _text("at"),
    _text("partition_key"),
    _text("correlation_id"),
    _text("event_id"),
    PrimaryKeyConstraint("kind", "about"),
    Index(None, "at"),
)

# Who is the one active relay; the token fences a predecessor that wakes up late.
leases = Table(
    "leases",
    metadata,
    _text("name"),
    _text("holder"),
    Column("token", BigInteger, nullable=False),
    _text("until"),
    PrimaryKeyConstraint("name"),
)

# What operators did: who, when, what, on what, what came of it. Added to, never changed; no names, no addresses.
audit = Table(
    "audit",
    metadata,
    Column("seq", WholeNumber, Identity(always=False)),
    _text("at"),
    _text("who"),
    _text("act"),
    _text("about"),
    _text("result"),
    _text("detail"),
    PrimaryKeyConstraint("seq"),
    Index(None, "about"),
    sqlite_autoincrement=True,
)

# How each group stood every few seconds of the last hour: whether it moves is judged by several of these, not by one look.
samples = Table(
    "samples",
    metadata,
    _text("grp"),
    _text("at"),
    Column("events", BigInteger, nullable=False),
    _text("oldest", optional=True),
    Column("newest", BigInteger, nullable=False),
    Column("came", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    PrimaryKeyConstraint("grp", "at"),
)

# Replays of groups that send nothing. The highest epoch of a group is the one it takes events under.
replays = Table(
    "replays",
    metadata,
    _text("grp"),
    Column("epoch", Integer, nullable=False),
    _text("at"),
    _text("who"),
    _text("state"),
    Column("after", BigInteger, nullable=False),
    Column("upto", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("handled", BigInteger, nullable=False),
    Column("rate", Integer, nullable=True),
    _text("ended_at", optional=True),
    PrimaryKeyConstraint("grp", "epoch"),
)

# The oldest schema whose code may work on this one; kept by the migrations.
schema_terms = Table("schema_terms", metadata, _text("oldest"), PrimaryKeyConstraint("oldest"))

# SQLite's clock for rows that others follow; PostgreSQL uses its transaction ids.
ticks = Table(
    "ticks",
    metadata,
    Column("one", Integer, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("one"),
)

# Access. A key's secret is kept as a hash only.
keys = Table(
    "keys",
    metadata,
    _text("key_id"),
    _text("secret_hash"),
    _text("org"),
    _text("scopes"),
    _text("sources"),
    _text("created_at"),
    _text("revoked_at", optional=True),
    PrimaryKeyConstraint("key_id"),
    Index(None, "org"),
)

# The only place with names and addresses.
people = Table(
    "people",
    metadata,
    _text("ref"),
    _text("org"),
    _text("kind"),
    _text("name"),
    _text("email"),
    _text("language"),
    _text("timezone"),
    _text("phone", optional=True),
    _text("birth_date", optional=True),
    _text("created_at"),
    PrimaryKeyConstraint("ref"),
    Index(None, "org", "kind"),
)

# Mails kept here when no mail server is set.
mailbox = Table(
    "mailbox",
    metadata,
    _text("message_id"),
    _text("at"),
    Column("source", LargeBinary, nullable=False),
    PrimaryKeyConstraint("message_id"),
)

# Rendered documents, each written once per agreement and version and served as stored. They hold names, as `people` does.
documents = Table(
    "documents",
    metadata,
    _text("agreement_id"),
    Column("version", Integer, nullable=False),
    _text("sha256"),
    _text("created_at"),
    _text("unfilled"),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("agreement_id", "version"),
)

# Links that let somebody into the console once. Only the hash of what stands in the link is kept.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    _text("link_hash"),
    _text("org"),
    _text("role"),
    _text("person_ref", optional=True),
    _text("created_at"),
    _text("expires_at"),
    _text("used_at", optional=True),
    PrimaryKeyConstraint("link_hash"),
)

# Where needs and offers are: each region of theirs and those it lies in (PT11A, PT11, PT1, PT), for coordinators' lists.
# Kept by triggers, so that it cannot differ from what the rows say.
places = Table(
    "places",
    metadata,
    _text("region"),
    _text("key"),
    PrimaryKeyConstraint("region", "key"),
    sqlite_with_rowid=False,
)

# Who is signed in to the console. Only the hash of the cookie is kept.
console_sessions = Table(
    "console_sessions",
    metadata,
    _text("session_hash"),
    _text("org"),
    _text("role"),
    _text("person_ref", optional=True),
    _text("created_at"),
    _text("seen_at"),
    _text("expires_at"),
    PrimaryKeyConstraint("session_hash"),
)


def noun(name: str, *searched: str, live: str = "", listed: bool = False) -> Table:
    """Declare one noun's table: all have the same shape, so loading and saving are written once.

    `live` is the condition of the few rows that digests look through, which have an index of their own; `listed` nouns
    stand in the console's lists, by state and with what moved last first.
    """
    only = text(live)
    few = [Index(f"ix_{name}_live", "key", sqlite_where=only, postgresql_where=only)] if live else []
    return Table(
        name,
        metadata,
        _text("key"),
        _text("org"),
        _text("state"),
        Column("version", BigInteger, nullable=False),
        Column("clock", BigInteger, nullable=False),
        *(_text(column, optional=True) for column in searched),
        _text("body"),
        PrimaryKeyConstraint("key"),
        Index(None, "clock"),
        Index(None, "org", "state"),
        *(Index(None, column) for column in searched),
        *few,
        *([Index(f"ix_{name}_listed", "state", "clock", "key")] if listed else []),
    )


organisations = noun("organisations")
curricula = noun("curricula")
sessions = noun("sessions", "curriculum")
needs = noun("needs", listed=True)
matches = noun("matches", "about", live="state = 'open'")
gaps = noun("gaps", "about", listed=True)
requests = noun("requests", "match_id", "about", live="state NOT IN ('closed', 'expired', 'declined')", listed=True)
seats = noun("seats", "curriculum")
notifications = noun("notifications", "about", live="state = 'failed'")
counters = noun("counters")
offers = noun("offers")
cooperations = noun("cooperations", "about", "provider_id")
nominations = noun("nominations", "match_id")
agreements = noun("agreements", "about", "match_id", "learner_ref")
digests = noun("digests")

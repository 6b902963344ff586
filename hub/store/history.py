"""The history: every event that was ever said, in the order it was stored. Log, trace and audit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from events.envelope import Envelope
from hub.clock import instant, stamp
from hub.store.session import Bulk, Columns, Session, each, listed, spread, values

COLUMNS = (
    ("source", "text"),
    ("id", "text"),
    ("type", "text"),
    ("subject", "text"),
    ("partition_key", "text"),
    ("topic", "text"),
    ("tenant", "text"),
    ("key_id", "text"),
    ("time", "text"),
    ("received_at", "text"),
    ("correlation_id", "text"),
    ("causation_id", "text"),
    ("handler", "text"),
    ("hash", "text"),
    ("extensions", "text"),
    ("data", "text"),
)
NAMES = ", ".join(f"h.{name}" for name, _ in COLUMNS)
IN_SQLITE = Bulk("INSERT INTO history", COLUMNS, "ON CONFLICT (source, id) DO NOTHING")
# Sequence numbers are drawn before the commit. Without a lock a later number of one key could become visible, and be
# sent, before an earlier one. Sorted, so that two writers cannot wait for each other; and joined to the rows, so that no
# row draws its number before all locks are held.
LOCKED = (
    "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT "
    "hashtextextended(coalesce(key, ''), 0) AS k FROM unnest(CAST(:partition_key AS text[])) AS key ORDER BY k) AS keys)"
)
ONCE_LOCKED = "CROSS JOIN (SELECT count(*) FROM locked) AS held ON CONFLICT (source, id) DO NOTHING"
ONLY_HISTORY = Bulk(f"{LOCKED} INSERT INTO history", COLUMNS, ONCE_LOCKED)
WITH_OUTBOX = Bulk(
    f"{LOCKED}, said AS (INSERT INTO history",
    COLUMNS,
    f"{ONCE_LOCKED} RETURNING seq, topic) INSERT INTO outbox (seq, topic) SELECT seq, topic FROM said ORDER BY seq",
)


class Entry(NamedTuple):
    """An envelope about to be stored: the topic it goes to, the handler that said it, its content by meaning."""

    envelope: Envelope
    topic: str
    handler: str | None = None
    hash: str = ""
    joins_story: bool = False  # take the correlation id of the subject's own story, not the cause's


async def append(session: Session, entries: Sequence[Entry], *, outbox: bool) -> int:
    """Store events in the order given; ones already stored under (source, id) are left as they are."""
    if not entries:
        return 0
    if session.engine == "sqlite":
        return await session.many(IN_SQLITE, _columns(entries))
    return await session.many(WITH_OUTBOX if outbox else ONLY_HISTORY, _columns(entries))


def _columns(entries: Sequence[Entry]) -> Columns:
    envelopes = [entry.envelope for entry in entries]
    return {
        "source": [e.source for e in envelopes],
        "id": [e.id for e in envelopes],
        "type": [e.type for e in envelopes],
        "subject": [e.subject for e in envelopes],
        "partition_key": [e.partition_key for e in envelopes],
        "topic": [entry.topic for entry in entries],
        "tenant": [e.tenant for e in envelopes],
        "key_id": [e.key_id for e in envelopes],
        "time": [stamp(e.time) if e.time else None for e in envelopes],
        "received_at": [stamp(e.received_at) if e.received_at else None for e in envelopes],
        "correlation_id": [e.correlation_id for e in envelopes],
        "causation_id": [e.causation_id for e in envelopes],
        "handler": [entry.handler for entry in entries],
        "hash": [entry.hash for entry in entries],
        "extensions": [orjson.dumps(dict(e.extensions)).decode() if e.extensions else None for e in envelopes],
        "data": [e.data.decode() for e in envelopes],
    }


async def known(session: Session, events: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the content hash of those of the (source, id) pairs that are stored."""
    sources, ids = [source for source, _ in events], [event_id for _, event_id in events]
    rows = await session.rows(
        f"SELECT h.source, h.id, h.hash FROM {each(session.engine, source='text', id='text')} "
        "JOIN history h ON h.source = t.source AND h.id = t.id",
        **spread(session.engine, source=sources, id=ids),
    )
    return {(row.source, row.id): row.hash for row in rows}


async def after(session: Session, position: int, *, types: Sequence[str], limit: int) -> tuple[list[Envelope], int]:
    """Return up to `limit` events of the types after a position, and the position read up to."""
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.seq > :position AND h.type IN {listed(session.engine, 'types')} "
        "ORDER BY h.seq LIMIT :limit",
        position=position,
        types=values(session.engine, types),
        limit=limit,
    )
    if len(rows) == limit:
        return [envelope(row) for row in rows], rows[-1].seq
    return [envelope(row) for row in rows], max(position, await last_seq(session))


async def last_seq(session: Session) -> int:
    """Return the number of the newest event, 0 when there is none."""
    return int((await session.rows("SELECT coalesce(max(seq), 0) AS seq FROM history"))[0].seq)


async def unsent(session: Session, *, limit: int) -> list[tuple[str, Envelope]]:
    """Return (topic, event) for the oldest events the relay has not sent."""
    rows = await session.rows(
        f"SELECT o.topic AS sent_to, h.seq, {NAMES} FROM outbox o JOIN history h ON h.seq = o.seq "
        "ORDER BY o.seq LIMIT :limit",
        limit=limit,
    )
    return [(row.sent_to, envelope(row)) for row in rows]


async def sent(session: Session, seqs: Sequence[int], *, lease: str, token: int) -> int:
    """Forget sent rows, but only while the lease still carries our token."""
    return await session.run(
        f"DELETE FROM outbox WHERE seq IN {listed(session.engine, 'seqs', 'bigint')} "
        "AND EXISTS (SELECT 1 FROM leases WHERE name = :lease AND token = :token)",
        seqs=values(session.engine, seqs),
        lease=lease,
        token=token,
    )


async def outbox_age(session: Session, *, most: int = 10_000_000) -> tuple[int, datetime | None]:
    """Return how many rows are unsent, at the most so many, and when the oldest was stored."""
    row = (
        await session.rows(
            "SELECT count(*) AS n, (SELECT h.received_at FROM outbox o JOIN history h ON h.seq = o.seq "
            "ORDER BY o.seq LIMIT 1) AS oldest FROM (SELECT 1 FROM outbox LIMIT :most) AS unsent",
            most=most,
        )
    )[0]
    return int(row.n), instant(row.oldest) if row.oldest else None


async def story(session: Session, *, correlation_ids: Sequence[str], limit: int = 10_000) -> list[Envelope]:
    """Return every event of the stories, in order."""
    return [said for said, _ in await told(session, correlation_ids=correlation_ids, limit=limit)]


async def told(
    session: Session, *, correlation_ids: Sequence[str], limit: int = 10_000
) -> list[tuple[Envelope, str | None]]:
    """Return every event of the stories, in order, each with the handler that said it."""
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.correlation_id IN {listed(session.engine, 'ids')} "
        "ORDER BY h.seq LIMIT :limit",
        ids=values(session.engine, correlation_ids),
        limit=limit,
    )
    return [(envelope(row), row.handler) for row in rows]


async def stories_of(session: Session, ref_or_id: str) -> list[str]:
    """Return the correlation ids of everything that a subject, event id or correlation id belongs to."""
    rows = await session.rows(
        "SELECT DISTINCT correlation_id FROM history WHERE subject = :word OR id = :word OR correlation_id = :word "
        "OR partition_key = :word",
        word=ref_or_id,
    )
    return [row.correlation_id for row in rows]


async def beginnings(session: Session, subjects: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return (correlation id, partition key) of the first event about each subject that has one."""
    rows = await session.rows(
        "SELECT h.subject, h.correlation_id, h.partition_key FROM history h JOIN "
        f"(SELECT subject, min(seq) AS seq FROM history WHERE subject IN {listed(session.engine, 'subjects')} "
        "GROUP BY subject) AS first ON first.seq = h.seq",
        subjects=values(session.engine, subjects),
    )
    return {row.subject: (row.correlation_id, row.partition_key) for row in rows}


async def joined(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Give entries that join another story its correlation id."""
    subjects = sorted({entry.envelope.subject for entry in entries if entry.joins_story})
    if not subjects:
        return list(entries)
    begun = await beginnings(session, subjects)
    return [
        entry._replace(envelope=replace(entry.envelope, correlation_id=begun[entry.envelope.subject][0]))
        if entry.joins_story and entry.envelope.subject in begun
        else entry
        for entry in entries
    ]


async def tail(
    session: Session, *, after_seq: int, limit: int, types: Sequence[str] = (), subject: str = ""
) -> list[Envelope]:
    """Return events after a number, optionally of some types or about one subject."""
    only = f"AND h.type IN {listed(session.engine, 'types')}" if types else ""
    about = "AND h.subject = :subject" if subject else ""
    params: dict[str, Any] = {"after": after_seq, "limit": limit}
    if types:
        params["types"] = values(session.engine, types)
    if subject:
        params["subject"] = subject
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.seq > :after {only} {about} ORDER BY h.seq LIMIT :limit",
        **params,
    )
    return [envelope(row) for row in rows]


async def one(session: Session, source: str, event_id: str) -> Envelope | None:
    """Return one event, None when it is not stored."""
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.source = :source AND h.id = :id", source=source, id=event_id
    )
    return envelope(rows[0]) if rows else None


def envelope(row: Any) -> Envelope:
    """Make the envelope of a history row."""
    return Envelope(
        id=row.id,
        source=row.source,
        type=row.type,
        subject=row.subject,
        time=instant(row.time),
        data=row.data.encode(),
        extensions=orjson.loads(row.extensions) if row.extensions else {},
        seq=row.seq,
        tenant=row.tenant,
        key_id=row.key_id,
        received_at=instant(row.received_at),
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        partition_key=row.partition_key,
    )

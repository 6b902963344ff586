"""Parked events: waiting for a row, failed, or standing behind a failed one of the same partition key.

A row that `blocks` keeps later events of its key behind it; a waiting row does not. Whether a row may run is derived
(due, and no earlier blocking row of its key that is not), never handed on: a claim that ran at the same time as the head
went through could otherwise leave a row behind nothing, for ever. Rows are locked while they are tried and changed in
place, so that a release by somebody who saves what they wait for meanwhile is not lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from events.envelope import Envelope
from events.topics import DEAD
from hub.store.history import NAMES, envelope
from hub.store.session import Bulk, Session, escaped, like_type, listed, values

COLUMNS = (
    ("parked_id", "text"),
    ("grp", "text"),
    ("epoch", "integer"),
    ("partition_name", "text"),
    ("partition_key", "text"),
    ("seq", "bigint"),
    ("source", "text"),
    ("id", "text"),
    ("type", "text"),
    ("state", "text"),
    ("blocks", "integer"),
    ("waits_for", "text"),
    ("attempts", "integer"),
    ("first_at", "text"),
    ("next_at", "text"),
    ("reason", "text"),
    ("error", "text"),
    ("raw", "bytea"),
)
SHORTEST = 6  # characters by which people may name a row
UPSERT = Bulk(
    "INSERT INTO parked",
    COLUMNS,
    "ON CONFLICT (parked_id) DO UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}"
        for name in ("state", "blocks", "waits_for", "attempts", "next_at", "reason", "error")
    ),
)
MAY_RUN = (
    "p.next_at <= :now AND (p.blocks = 0 OR NOT EXISTS (SELECT 1 FROM parked f WHERE f.grp = p.grp "
    "AND f.partition_key = p.partition_key AND f.blocks = 1 AND f.seq < p.seq "
    "AND (f.next_at IS NULL OR f.next_at > :now)))"
)

BEHIND = (
    "CASE WHEN p.blocks = 1 THEN (SELECT count(*) FROM parked b WHERE b.grp = p.grp "
    "AND b.partition_key = p.partition_key AND b.state = 'behind') ELSE 0 END AS waiting_behind"
)


@dataclass(frozen=True, slots=True)
class Which:
    """What operators choose among the parked: words of the reason or the error, the rest exactly; empty is anything.

    `types` may have `*` for anything, as in `need.*`. What stands behind something else goes with it and is not chosen.
    """

    group: str = ""
    state: str = ""
    types: str = ""
    key: str = ""
    reason: str = ""

    def words(self) -> dict[str, str]:
        """Return what was chosen by, for addresses, the audit and people."""
        return {each.name: chosen for each in fields(self) if (chosen := getattr(self, each.name))}

    def sql(self) -> tuple[str, dict[str, str]]:
        """Return a condition on `parked p` and its parameters."""
        wanted = ["p.state <> 'behind'"]
        given = {}
        for name, column in (("group", "grp"), ("state", "state"), ("key", "partition_key")):
            if chosen := getattr(self, name):
                wanted.append(f"p.{column} = :{name}")
                given[name] = chosen
        if self.types:
            wanted.append("p.type LIKE :types ESCAPE '!'")
            given["types"] = like_type(self.types)
        if self.reason:
            wanted.append("lower(p.reason || ' ' || coalesce(p.error, '')) LIKE :reason ESCAPE '!'")
            given["reason"] = f"%{escaped(self.reason.lower())}%"
        return " AND ".join(wanted), given


ALL = Which()


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """One parked event. `state` is waiting, retrying, needs_operator or behind; instants are stamps."""

    parked_id: str
    grp: str
    epoch: int
    partition_name: str
    partition_key: str
    seq: int | None
    source: str
    id: str
    type: str
    state: str
    blocks: int
    waits_for: str | None
    attempts: int
    first_at: str
    next_at: str | None
    reason: str
    error: str | None = None
    raw: bytes | None = None


async def park(session: Session, rows: Sequence[ParkedRow]) -> None:
    """Put events aside, or put them back after they were tried."""
    await session.many(UPSERT, {name: [getattr(row, name) for row in rows] for name, _ in COLUMNS})


async def lock(session: Session, parked_ids: Sequence[str], *, now: str) -> set[str]:
    """Lock rows to try them again; those somebody else is trying or has just tried, or that are gone, are left out.

    Of a key's blocking rows only an unbroken run from the oldest on is returned: the second statement sees whatever
    another process, whose lock made us skip a row, has not finished with.
    """
    engine = session.engine
    skip = "FOR UPDATE SKIP LOCKED" if engine == "postgresql" else ""
    ids = values(engine, parked_ids)
    rows = await session.rows(
        f"SELECT parked_id, blocks, grp, partition_key FROM parked WHERE parked_id IN {listed(engine, 'ids')} "
        f"AND next_at <= :now ORDER BY seq {skip}",
        ids=ids,
        now=now,
    )
    locked = {row.parked_id for row in rows}
    heads = {(row.grp, row.partition_key) for row in rows if row.blocks}
    if not heads:
        return locked
    standing = await session.rows(
        "SELECT parked_id, grp, partition_key FROM parked WHERE blocks = 1 "
        f"AND partition_key IN {listed(engine, 'keys')} ORDER BY seq",
        keys=values(engine, sorted({key for _, key in heads})),
    )
    broken: set[tuple[str, str]] = set()
    for row in standing:
        if row.parked_id not in locked:
            broken.add((row.grp, row.partition_key))
        elif (row.grp, row.partition_key) in broken:
            locked.discard(row.parked_id)
    return locked


async def through(session: Session, parked_ids: Sequence[str]) -> None:
    """Forget rows whose event is done with."""
    await session.run(
        f"DELETE FROM parked WHERE parked_id IN {listed(session.engine, 'ids')}", ids=values(session.engine, parked_ids)
    )


async def blocked(session: Session, keys: Sequence[str], *, grp: str) -> set[str]:
    """Return those of the partition keys behind which events of the group must wait."""
    rows = await session.rows(
        f"SELECT DISTINCT partition_key FROM parked WHERE grp = :grp AND blocks = 1 "
        f"AND partition_key IN {listed(session.engine, 'keys')}",
        grp=grp,
        keys=values(session.engine, keys),
    )
    return {row.partition_key for row in rows}


async def release(session: Session, waits_for: Sequence[str], *, now: str) -> int:
    """Wake what waits for rows that were just saved, in any group."""
    return await session.run(
        f"UPDATE parked SET next_at = :now, state = 'waiting' WHERE waits_for IN {listed(session.engine, 'saved')}",
        now=now,
        saved=values(session.engine, waits_for),
    )


async def any_waiting(session: Session, waits_for: Sequence[str]) -> bool:
    """Return whether anything is put aside until one of these is there."""
    rows = await session.rows(
        f"SELECT 1 AS one FROM parked WHERE waits_for IN {listed(session.engine, 'named')} LIMIT 1",
        named=values(session.engine, waits_for),
    )
    return bool(rows)


async def ready(session: Session, *, grp: str, now: str, limit: int, partitions: Sequence[str]) -> list[Any]:
    """Return rows that may be tried now, with their events, oldest first."""
    return await session.rows(
        f"SELECT p.parked_id, p.state, p.attempts, p.first_at, p.partition_name, h.seq, {NAMES} "
        f"FROM parked p JOIN history h ON h.seq = p.seq WHERE p.grp = :grp AND {MAY_RUN} "
        f"AND p.partition_name IN {listed(session.engine, 'partitions')} ORDER BY h.seq LIMIT :limit",
        grp=grp,
        now=now,
        limit=limit,
        partitions=values(session.engine, partitions),
    )


def parked_envelope(row: Any) -> Envelope:
    """Return the event of a row that `ready` found."""
    return envelope(row)


async def listing(session: Session, *, limit: int = 1000, which: Which = ALL) -> list[Any]:
    """Return what is parked, oldest first, with how many events stand behind each; those behind are not listed."""
    only, given = which.sql()
    return await session.rows(
        f"SELECT p.*, {BEHIND} FROM parked p WHERE {only} ORDER BY p.first_at, p.parked_id LIMIT :limit",
        limit=limit,
        **given,
    )


async def behind(session: Session, *, grp: str, key: str, limit: int) -> list[Any]:
    """Return what stands behind the failed events of a key in a group, oldest first."""
    return await session.rows(
        "SELECT parked_id, id, type, first_at FROM parked WHERE grp = :grp AND partition_key = :key "
        "AND state = 'behind' ORDER BY seq LIMIT :limit",
        grp=grp,
        key=key,
        limit=limit,
    )


async def find(session: Session, parked_id: str) -> Any | None:
    """Return one parked row by its id or the beginning of it (at least six characters), None when there is none."""
    whole = await session.rows("SELECT * FROM parked WHERE parked_id = :id", id=parked_id)
    if whole or len(parked_id) < SHORTEST:
        return whole[0] if whole else None
    rows = await session.rows(
        "SELECT * FROM parked WHERE substr(parked_id, 1, length(:id)) = :id LIMIT 2", id=parked_id
    )
    return rows[0] if len(rows) == 1 else None


async def named(session: Session, word: str, *, grp: str = "") -> list[Any]:
    """Return the rows of an event's id or a row's own id, in every group or one, with how many stand behind each."""
    only = "AND p.grp = :grp " if grp else ""
    return await session.rows(
        f"SELECT p.*, {BEHIND} FROM parked p WHERE (p.id = :word OR p.parked_id = :word) {only}"
        "AND p.state <> 'behind' ORDER BY p.grp LIMIT 20",
        word=word,
        **({"grp": grp} if grp else {}),
    )


async def of_events(session: Session, event_ids: Sequence[str]) -> list[Any]:
    """Return the rows of events, in any group."""
    return await session.rows(
        f"SELECT p.* FROM parked p WHERE p.id IN {listed(session.engine, 'ids')}",
        ids=values(session.engine, list(event_ids)),
    )


async def retry(session: Session, parked_id: str, *, now: str) -> int:
    """Make a row due now, with its attempts counted from the start."""
    return await session.run(
        "UPDATE parked SET next_at = :now, attempts = 0, lot = NULL, state = CASE WHEN blocks = 1 THEN 'retrying' ELSE 'waiting' END "
        "WHERE parked_id = :id AND seq IS NOT NULL",
        id=parked_id,
        now=now,
    )


async def skip(session: Session, parked_id: str, *, reason: str, now: str) -> int:
    """Give an event up, with the operator's reason in the inbox; what stood behind it becomes due.

    On the cluster a copy of it leaves for the topic of what was given up; bytes nobody can read stay in the database.
    """
    rows = await _settled(session, parked_id, outcome="skipped", note=reason, now=now)
    for row in rows:
        if session.engine == "postgresql" and row.seq is not None:
            # An event still on its first way out, or given up by two groups at once, goes once.
            await session.run(
                "INSERT INTO outbox (seq, topic) VALUES (:seq, :topic) ON CONFLICT DO NOTHING", seq=row.seq, topic=DEAD
            )
    return len(rows)


async def replace(session: Session, parked_id: str, *, by: str, now: str) -> int:
    """Take an event out because an edited copy was published in its place; what stood behind it becomes due."""
    return len(await _settled(session, parked_id, outcome="replaced", note=f"replaced by {by}", now=now))


async def _settled(session: Session, parked_id: str, *, outcome: str, note: str, now: str) -> list[Any]:
    rows = await session.rows(
        "DELETE FROM parked WHERE parked_id = :id RETURNING grp, epoch, source, id, seq", id=parked_id
    )
    for row in rows:
        await session.run(
            "UPDATE inbox SET outcome = :outcome, note = :note, at = :now "
            "WHERE grp = :grp AND epoch = :epoch AND source = :source AND id = :id",
            outcome=outcome,
            note=note,
            now=now,
            grp=row.grp,
            epoch=row.epoch,
            source=row.source,
            id=row.id,
        )
    return rows


async def due_before(session: Session, *, at: str) -> int:
    """Return how many parked events will be tried before an instant, if all goes well with those they stand behind."""
    rows = await session.rows(f"SELECT count(*) AS n FROM parked p WHERE {MAY_RUN}", now=at)
    return int(rows[0].n)


async def counts(session: Session) -> list[Any]:
    """Return how many events are parked, by group and state."""
    return await session.rows("SELECT grp, state, count(*) AS n FROM parked GROUP BY grp, state ORDER BY grp, state")

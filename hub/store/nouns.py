"""Loading and saving the nouns: one shape for all tables, so each function is written once."""

from collections.abc import Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import TypeVar

from hub.errors import FlushConflict
from hub.rows import Row
from hub.store.recent import keep, row_of
from hub.store.session import Bulk, Columns, Session, listed, values

R = TypeVar("R", bound=Row)
CLOCK = {
    # SQLite has one writer, so a counter is a commit order. PostgreSQL's transaction id is compared with a snapshot's
    # oldest running one (`changed`), because transactions do not end in the order they began.
    "sqlite": "(SELECT n FROM ticks)",
    "postgresql": "CAST(CAST(pg_current_xact_id() AS text) AS bigint)",
}


async def load(session: Session, kind: type[R], keys: Sequence[str]) -> dict[str, R]:
    """Return the rows that exist, by key."""
    rows = await session.rows(
        f"SELECT key, body FROM {kind.TABLE} WHERE key IN {listed(session.engine, 'keys')}",
        keys=values(session.engine, keys),
    )
    return {key: row_of(kind, key, body) for key, body in rows}


async def load_all(session: Session, wanted: Mapping[type[Row], Sequence[str]]) -> dict[tuple[type[Row], str], Row]:
    """Return the rows that exist, of several kinds, in one statement."""
    kinds = {kind.TABLE: kind for kind in sorted(wanted, key=attrgetter("TABLE"))}
    if not kinds:
        return {}
    rows = await session.rows(
        " UNION ALL ".join(
            f"SELECT '{table}' AS noun, key, body FROM {table} WHERE key IN {listed(session.engine, table)}"
            for table in kinds
        ),
        **{table: values(session.engine, wanted[kind]) for table, kind in kinds.items()},
    )
    return {(kinds[table], key): row_of(kinds[table], key, body) for table, key, body in rows}


async def where(session: Session, kind: type[R], column: str, value: str) -> list[R]:
    """Return all rows whose searched column has the value, by key."""
    rows = await session.rows(f"SELECT key, body FROM {kind.TABLE} WHERE {column} = :value ORDER BY key", value=value)
    return [row_of(kind, key, body) for key, body in rows]


async def page(session: Session, kind: type[R], *, after: str = "", limit: int = 100, org: str = "") -> list[R]:
    """Return rows after a key, in key order, optionally of one organisation."""
    only = "AND org = :org" if org else ""
    params = {"org": org} if org else {}
    rows = await session.rows(
        f"SELECT key, body FROM {kind.TABLE} WHERE key > :after {only} ORDER BY key LIMIT :limit",
        after=after,
        limit=limit,
        **params,
    )
    return [row_of(kind, key, body) for key, body in rows]


async def save(session: Session, kind: type[Row], rows: Sequence[Row]) -> None:
    """Write rows whose version is one more than the version they were read at; raises FlushConflict otherwise."""
    ordered = sorted(rows, key=attrgetter("key"))
    columns: Columns = {
        "key": [row.key for row in ordered],
        "org": [row.org for row in ordered],
        "state": [row.state for row in ordered],
        "version": [row.version for row in ordered],
        **{name: [getattr(row, name) for row in ordered] for name in kind.SEARCHED},
        "body": [keep(row) for row in ordered],
    }
    written = await session.many(_upsert(kind, CLOCK[session.engine]), columns)
    if written != len(ordered):
        raise FlushConflict(
            f"{len(ordered) - written} of {len(ordered)} {kind.TABLE} were saved by somebody else first"
        )


@cache
def _upsert(kind: type[Row], clock: str) -> Bulk:
    names = ("key", "org", "state", "version", *kind.SEARCHED, "body")
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return Bulk(
        f"INSERT INTO {kind.TABLE}",
        tuple((name, "bigint" if name == "version" else "text") for name in names),
        f"ON CONFLICT (key) DO UPDATE SET {changes}, clock = excluded.clock "
        f"WHERE {kind.TABLE}.version = excluded.version - 1",
        (("clock", clock),),
    )


async def tick(session: Session) -> None:
    """Move SQLite's clock; every transaction that saves a row does it once, before saving."""
    if session.engine == "sqlite":
        await session.run("INSERT INTO ticks (one, n) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET n = ticks.n + 1")


async def clock_now(session: Session) -> tuple[int, int]:
    """Return where to read on from, and which changes a batch that begins now has seen by its end.

    Every change not visible in this snapshot will have at least the first clock; whatever the batch saves itself is
    below the second one where the engine can tell (SQLite: one writer, so its tick is the next).
    """
    if session.engine == "sqlite":
        rows = await session.rows("SELECT n FROM ticks")
        last = int(rows[0].n) if rows else 0
        return last + 1, last + 2
    rows = await session.rows("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS n")
    return int(rows[0].n), int(rows[0].n)


async def changed(session: Session, since: int, *kinds: type[Row]) -> list[tuple[Row, int]]:
    """Return (row, clock) for rows changed since a clock that `clock_now` gave; a row may come twice, never never."""
    selects = (
        f"SELECT {nth} AS nth, key, body, clock FROM {kind.TABLE} WHERE clock >= :since"
        for nth, kind in enumerate(kinds)
    )
    rows = await session.rows(f"{' UNION ALL '.join(selects)} ORDER BY nth, key", since=since)
    return [(row_of(kinds[nth], key, body), int(clock)) for nth, key, body, clock in rows]


async def count(session: Session, kind: type[Row]) -> dict[str, int]:
    """Return how many rows there are, by state."""
    rows = await session.rows(f"SELECT state, count(*) AS n FROM {kind.TABLE} GROUP BY state")
    return {row.state: int(row.n) for row in rows}

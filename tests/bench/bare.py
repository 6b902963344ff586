"""The bare loops: by hand, close to the driver, everything the executor does to the same tables, and nothing else.

Decode with pydantic, insert into the inbox and see what is new, look which keys are blocked, read the companies and the
rows, change these as plain dicts, write rows, history (and outbox), all of a batch in one transaction. No handlers, no
waiting, no parking.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import orjson

from events.needs import NeedRematchDue, NeedUpdated
from hub.clock import stamp
from hub.ids import said_id
from tests.bench.workload import BECAUSE, HANDLER

GRP = "bench"
HISTORY = (
    "source, id, type, subject, partition_key, topic, tenant, key_id, time, received_at, correlation_id, causation_id, "
    "handler, hash, extensions, data"
)
UPSERT = (
    "ON CONFLICT (key) DO UPDATE SET org = excluded.org, state = excluded.state, version = excluded.version, "
    "body = excluded.body, clock = excluded.clock WHERE needs.version = excluded.version - 1"
)


class Said(Protocol):
    """What the loops need to know of an event: an envelope, or what a loop made of a record."""

    @property
    def source(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def partition_key(self) -> str | None: ...
    @property
    def correlation_id(self) -> str | None: ...
    @property
    def seq(self) -> int | None: ...
    @property
    def data(self) -> bytes: ...


def react(
    said: Sequence[Said], companies: dict[str, Any], rows: dict[str, dict[str, Any]], at: str
) -> tuple[list[Any], list[Any]]:
    """Change the rows and say one event each; returns the changed rows and the history's, as the tables want them."""
    changed: dict[str, dict[str, Any]] = {}
    history = []
    for envelope in said:
        event = NeedUpdated.model_validate_json(envelope.data, extra="ignore")
        if event.company_id not in companies:
            raise NotImplementedError("the bare loop does not wait")
        key = f"{event.company_id}/{event.need_id}"
        row = rows[key]
        row["state"], row["told_seq"] = "open", envelope.seq or 0
        changed[key] = row
        answer = NeedRematchDue(need_ref=key, because=BECAUSE)
        history.append(
            (
                "/hub",
                said_id(envelope.source, envelope.id, HANDLER, 0),
                "eu.vethub.need.rematch-due.v1",
                key,
                key,
                "hub.cooperation.v1",
                "hub",
                None,
                at,
                at,
                envelope.correlation_id,
                envelope.id,
                HANDLER,
                "",
                None,
                answer.model_dump_json(exclude_none=True),
            )
        )
    for row in changed.values():
        row["version"] += 1
    ordered = [
        (key, row["org"], row["state"], row["version"], orjson.dumps(row).decode())
        for key, row in sorted(changed.items())
    ]
    return ordered, history


def org_of(envelope: Said) -> str:
    """Name the organisation that an event is about."""
    return envelope.subject.partition("/")[0]


class BareLite:
    """The loop on the standard library's SQLite."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")

    def batch(self, said: Sequence[Said], position: int) -> None:
        """Take one batch, in one transaction."""
        run, at = self._connection.execute, stamp(datetime.now(UTC))
        run("BEGIN IMMEDIATE")
        taken = run(
            "INSERT INTO inbox (grp, epoch, source, id, at, outcome) SELECT ?, 0, value ->> 0, value ->> 1, ?, 'done' "
            "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING RETURNING source, id",
            (GRP, at, orjson.dumps([(one.source, one.id) for one in said]).decode()),
        )
        fresh = set(taken.fetchall())
        todo = [one for one in said if (one.source, one.id) in fresh]
        keys = orjson.dumps(sorted({one.partition_key or "" for one in todo})).decode()
        blocked = run(
            "SELECT DISTINCT partition_key FROM parked WHERE grp = ? AND blocks = 1 "
            "AND partition_key IN (SELECT value FROM json_each(?))",
            (GRP, keys),
        ).fetchall()
        if blocked:
            raise NotImplementedError("the bare loop does not park")
        companies = self._bodies("organisations", orjson.dumps(sorted({org_of(one) for one in todo})).decode())
        changed, history = react(todo, companies, self._bodies("needs", keys), at)
        run("INSERT INTO ticks (one, n) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET n = ticks.n + 1")
        saved = self._connection.executemany(
            "INSERT INTO needs (key, org, state, version, body, clock) "
            f"VALUES (?, ?, ?, ?, ?, (SELECT n FROM ticks)) {UPSERT}",
            changed,
        )
        if saved.rowcount != len(changed):
            raise RuntimeError("somebody else saved a row")
        self._connection.executemany(
            f"INSERT INTO history ({HISTORY}) VALUES ({', '.join('?' * 16)}) ON CONFLICT (source, id) DO NOTHING",
            history,
        )
        run(
            "INSERT INTO cursors (grp, position) VALUES (?, ?) ON CONFLICT (grp) DO UPDATE "
            "SET position = excluded.position WHERE cursors.position < excluded.position",
            (GRP, position),
        )
        run("COMMIT")

    def _bodies(self, table: str, keys: str) -> dict[str, Any]:
        rows = self._connection.execute(
            f"SELECT key, body FROM {table} WHERE key IN (SELECT value FROM json_each(?))", (keys,)
        )
        return {key: orjson.loads(body) for key, body in rows}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class BarePostgres:
    """The loop on asyncpg."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, url: str) -> "BarePostgres":
        """Open one connection to a database."""
        return cls(await asyncpg.connect(url.replace("+asyncpg", "")))

    async def batch(self, said: Sequence[Said]) -> None:
        """Take one batch, in one transaction."""
        async with self._connection.transaction():
            await self._in_transaction(said)

    async def _in_transaction(self, said: Sequence[Said]) -> None:
        fetch, at = self._connection.fetch, stamp(datetime.now(UTC))
        taken = await fetch(
            "INSERT INTO inbox (grp, epoch, source, id, at, outcome) SELECT $1, 0, t.source, t.id, $2, 'done' "
            "FROM unnest($3::text[], $4::text[]) AS t(source, id) ON CONFLICT DO NOTHING RETURNING source, id",
            GRP,
            at,
            [one.source for one in said],
            [one.id for one in said],
        )
        fresh = {(row[0], row[1]) for row in taken}
        todo = [one for one in said if (one.source, one.id) in fresh]
        keys = sorted({one.partition_key or "" for one in todo})
        blocked = await fetch(
            "SELECT DISTINCT partition_key FROM parked WHERE grp = $1 AND blocks = 1 "
            "AND partition_key IN (SELECT unnest($2::text[]))",
            GRP,
            keys,
        )
        if blocked:
            raise NotImplementedError("the bare loop does not park")
        companies = await self._bodies("organisations", sorted({org_of(one) for one in todo}))
        changed, history = react(todo, companies, await self._bodies("needs", keys), at)
        saved = await self._connection.execute(
            "INSERT INTO needs (key, org, state, version, body, clock) SELECT t.*, "
            "CAST(CAST(pg_current_xact_id() AS text) AS bigint) "
            f"FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) AS t {UPSERT}",
            *(list(column) for column in zip(*changed, strict=True)),
        )
        if saved != f"INSERT 0 {len(changed)}":
            raise RuntimeError("somebody else saved a row")
        await self._connection.execute(
            f"WITH said AS (INSERT INTO history ({HISTORY}) SELECT t.* FROM "
            f"unnest({', '.join(f'${n}::text[]' for n in range(1, 17))}) AS t "
            "ON CONFLICT (source, id) DO NOTHING RETURNING seq, topic) "
            "INSERT INTO outbox (seq, topic) SELECT seq, topic FROM said ORDER BY seq",
            *(list(column) for column in zip(*history, strict=True)),
        )

    async def _bodies(self, table: str, keys: Sequence[str]) -> dict[str, Any]:
        sql = f"SELECT key, body FROM {table} WHERE key IN (SELECT unnest($1::text[]))"
        return {row[0]: orjson.loads(row[1]) for row in await self._connection.fetch(sql, keys)}

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

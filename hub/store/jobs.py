"""Jobs for couriers: leased, so that a job of a dead courier is taken up by another; unique by their dedupe key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from hub.store.session import Bulk, Session, each, listed, spread, storable, values
from hub.tracing import HOPS, Trace

COLUMNS = tuple(
    (name, "text")
    for name in (
        "job_id",
        "dedupe_key",
        "channel",
        "kind",
        "body",
        "correlation_id",
        "event_id",
        "state",
        "due_at",
        "created_at",
    )
)
INSERT = Bulk("INSERT INTO jobs", COLUMNS, "ON CONFLICT DO NOTHING", (("attempts", "0"),))
FIELDS = (
    "job_id, dedupe_key, channel, kind, body, correlation_id, event_id, state, attempts, due_at, created_at, answer"
)


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job. `state` is due, running, done or failed; `event_id` names the event that caused it."""

    job_id: str
    dedupe_key: str
    channel: str
    kind: str
    body: dict[str, Any]
    correlation_id: str
    event_id: str
    state: str
    attempts: int
    due_at: str
    created_at: str
    answer: str | None
    trace: Trace = field(default_factory=dict)
    """Where in its trace the job was left."""


async def put(session: Session, rows: Sequence[dict[str, str]]) -> None:
    """Add jobs; one whose dedupe key exists is left as it is."""
    if rows:
        await session.many(INSERT, {name: [row[name] for row in rows] for name, _ in COLUMNS})


async def of_events(session: Session, event_ids: Sequence[str]) -> list[JobRow]:
    """Return the jobs that events caused, oldest first."""
    rows = await session.rows(
        f"SELECT {FIELDS} FROM jobs WHERE event_id IN {listed(session.engine, 'ids')} ORDER BY created_at, job_id",
        ids=values(session.engine, list(event_ids)),
    )
    return [_job(row) for row in rows]


async def any_due(session: Session, *, channel: str, now: str) -> bool:
    """Return whether a look for jobs would find one."""
    rows = await session.rows(
        "SELECT 1 FROM jobs WHERE channel = :channel AND ((state = 'due' AND due_at <= :now) OR "
        "(state = 'running' AND lease_until <= :now)) LIMIT 1",
        channel=channel,
        now=now,
    )
    return bool(rows)


async def lease(session: Session, *, channel: str, now: str, until: str, limit: int) -> list[JobRow]:
    """Take due jobs, and running ones whose courier let the lease run out; each taking is an attempt."""
    skip = "FOR UPDATE SKIP LOCKED" if session.engine == "postgresql" else ""
    # Materialised: in a plain IN (… LIMIT) PostgreSQL may ask again for each row, and then takes more than the limit.
    rows = await session.rows(
        "WITH taken AS MATERIALIZED (SELECT job_id FROM jobs WHERE channel = :channel "
        "AND ((state = 'due' AND due_at <= :now) OR (state = 'running' AND lease_until <= :now)) "
        f"ORDER BY due_at, job_id LIMIT :limit {skip}) "
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = :until "
        f"WHERE job_id IN (SELECT job_id FROM taken) RETURNING {FIELDS}",
        channel=channel,
        now=now,
        until=until,
        limit=limit,
    )
    return sorted((_job(row) for row in rows), key=lambda job: (job.due_at, job.job_id))


class Ended(NamedTuple):
    """What came of one attempt at a job; without `due_at` it stays due when it was."""

    job: JobRow
    state: str
    answer: str
    due_at: str | None = None


async def finish(session: Session, ended: Sequence[Ended]) -> set[str]:
    """Write down what came of attempts; returns the jobs whose lease had not passed to another courier meanwhile."""
    engine, ended = session.engine, sorted(ended, key=lambda one: one.job.job_id)
    rows = await session.rows(
        "UPDATE jobs SET state = t.now_state, answer = t.now_answer, due_at = coalesce(t.now_due, due_at), "
        "lease_until = NULL FROM "
        f"{each(engine, now_id='text', now_attempts='integer', now_state='text', now_answer='text', now_due='text')} "
        "WHERE job_id = t.now_id AND state = 'running' AND attempts = t.now_attempts RETURNING job_id",
        **spread(
            engine,
            now_id=[one.job.job_id for one in ended],
            now_attempts=[one.job.attempts for one in ended],
            now_state=[one.state for one in ended],
            now_answer=[storable(one.answer) for one in ended],
            now_due=[one.due_at for one in ended],
        ),
    )
    return {row.job_id for row in rows}


async def renew(session: Session, job_ids: Sequence[str], *, until: str) -> None:
    """Keep the lease of jobs that take longer."""
    await session.run(
        f"UPDATE jobs SET lease_until = :until WHERE state = 'running' AND job_id IN {listed(session.engine, 'ids')}",
        until=until,
        ids=values(session.engine, job_ids),
    )


async def retry(session: Session, job_id: str, *, now: str) -> int:
    """Make a failed job due again."""
    return await session.run(
        "UPDATE jobs SET state = 'due', due_at = :now WHERE job_id = :id AND state IN ('failed', 'due')",
        id=job_id,
        now=now,
    )


async def listing(session: Session, *, channel: str = "", limit: int = 1000) -> list[JobRow]:
    """Return jobs, oldest first."""
    only = "WHERE channel = :channel" if channel else ""
    params = {"channel": channel} if channel else {}
    rows = await session.rows(
        f"SELECT {FIELDS} FROM jobs {only} ORDER BY created_at, job_id LIMIT :limit", limit=limit, **params
    )
    return [_job(row) for row in rows]


async def newest(
    session: Session, *, channel: str, limit: int, state: str = "", before: tuple[str, str] | None = None
) -> list[JobRow]:
    """Return jobs, newest first, after a cursor of (created_at, job_id), optionally in one state."""
    only, given = "", dict[str, Any](channel=channel, limit=limit)
    if state:
        only, given = " AND state = :state", given | {"state": state}
    if before:
        only += " AND (created_at, job_id) < (:created_at, :job_id)"
        given |= {"created_at": before[0], "job_id": before[1]}
    rows = await session.rows(
        f"SELECT {FIELDS} FROM jobs WHERE channel = :channel{only} ORDER BY created_at DESC, job_id DESC LIMIT :limit",
        **given,
    )
    return [_job(row) for row in rows]


async def find(session: Session, job_id: str) -> JobRow | None:
    """Return one job by its id or the beginning of it, None when there is none or more than one."""
    rows = await session.rows(
        f"SELECT {FIELDS} FROM jobs WHERE job_id = :id OR (length(:id) >= 6 AND substr(job_id, 1, length(:id)) = :id) "
        "LIMIT 2",
        id=job_id,
    )
    return _job(rows[0]) if len(rows) == 1 else None


async def notifications_to(session: Session, recipient_ref: str) -> list[str]:
    """Return the ids of the notifications that were mailed to a person. Reads every mail's job: for seldom use."""
    field = {"sqlite": "body ->> '$.{0}'", "postgresql": "CAST(body AS json) ->> '{0}'"}[session.engine]
    rows = await session.rows(
        f"SELECT {field.format('notification_id')} AS id FROM jobs "
        f"WHERE channel = 'mail' AND {field.format('recipient_ref')} = :ref",
        ref=recipient_ref,
    )
    return [row.id for row in rows]


async def counts(session: Session) -> dict[str, int]:
    """Return how many jobs there are, by state."""
    rows = await session.rows("SELECT state, count(*) AS n FROM jobs GROUP BY state")
    return {row.state: int(row.n) for row in rows}


def _job(row: Any) -> JobRow:
    body = orjson.loads(row.body)
    trace = {name: body.pop(name) for name in HOPS if name in body}
    return JobRow(
        row.job_id,
        row.dedupe_key,
        row.channel,
        row.kind,
        body,
        row.correlation_id,
        row.event_id,
        row.state,
        row.attempts,
        row.due_at,
        row.created_at,
        row.answer,
        trace,
    )

"""The two ends of a batch's transaction as query functions: taking the events, and writing all they led to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import orjson

from hub.clock import stamp
from hub.dispatch.batch import Batch, Task, Wanted
from hub.dispatch.parking import name_of
from hub.dispatch.unit_of_work import Job, Memory, Reminder, Search
from hub.failpoints import reach
from hub.rows import KINDS, Row
from hub.store import cursors, due, epochs, history, inbox, jobs, nouns, parked, shares
from hub.store.history import Entry
from hub.store.session import Session
from hub.tracing import trace_of

WRITERS = frozenset(kind.WRITER for kind in KINDS)


class WrongWriter(Exception):
    """Two groups would write one table: they have no order between them, so one word would overwrite the other."""


class Appender(Protocol):
    """The writing half of a log."""

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        """Store events inside the open transaction."""
        ...

    def appended(self) -> None:
        """Tell readers that a commit brought something new."""
        ...


async def claim(session: Session, tasks: Sequence[Task], batch: Batch, wanted: Iterable[Wanted]) -> list[Task]:
    """Take the tasks that nobody took, learn which keys are blocked, load what the payloads name."""
    fresh = [task for task in tasks if task.delivery.parked is None]
    again = [task for task in tasks if task.delivery.parked is not None]
    named = [(name_of(task.delivery), task) for task in fresh]
    names = sorted({name for name, _ in named})
    if batch.silent:
        batch.epoch = await epochs.joined(session, batch.group)
    new = await inbox.claim(session, names, grp=batch.group, epoch=batch.epoch, at=stamp(batch.now))
    # Only now: the insert above waits for whoever holds the same events, and what they parked must be seen here.
    ids = [task.delivery.parked.parked_id for task in again if task.delivery.parked]
    taken = await parked.lock(session, ids, now=stamp(batch.now)) if ids else set()
    if fresh:
        batch.blocked = await parked.blocked(session, sorted({task.key for task in fresh}), grp=batch.group)
    await load(session, batch.memory, wanted)
    todo = [task for task in again if task.delivery.parked and task.delivery.parked.parked_id in taken]
    for name, task in named:
        if name in new:
            new.discard(name)  # the same record twice in one batch is one event
            todo.append(task)
    return todo


async def load(session: Session, memory: Memory, wanted: Iterable[Wanted]) -> None:
    """Load rows by key, all in one statement, and by search, each in one."""
    by_kind: dict[type[Row], list[str]] = {}
    for want in wanted:
        if isinstance(want, Search):
            rows = await nouns.where(session, want.kind, want.column, want.value)
            memory.found[want] = tuple(row.key for row in rows)
            for row in rows:
                memory.loaded.setdefault((want.kind, row.key), row)
        elif want not in memory.loaded:
            by_kind.setdefault(want[0], []).append(want[1])
    found = await nouns.load_all(session, by_kind)
    memory.loaded.update({(kind, key): found.get((kind, key)) for kind, keys in by_kind.items() for key in keys})


async def flush(session: Session, batch: Batch, log: Appender, position: int | None) -> None:
    """Write everything a batch led to. Parks first and releases after, so that a wait this batch ends is ended."""
    _require_silence(batch)
    saved = await _save(session, batch.memory, batch.group)
    await log.append(session, await history.joined(session, batch.said))
    await jobs.put(session, [_job(job, batch.now) for job in batch.memory.jobs])
    await due.put(session, [_reminder(reminder) for reminder in batch.memory.reminders])
    if batch.memory.shares:
        await shares.put(session, batch.memory.shares)
    await inbox.settle(session, batch.settled, grp=batch.group, epoch=batch.epoch, at=stamp(batch.now))
    if batch.parked:
        await parked.park(session, batch.parked)
    if saved:
        batch.released = await parked.release(session, saved, now=stamp(batch.now))
    if batch.through:
        await parked.through(session, batch.through)
    if position is not None:
        await cursors.move(session, batch.group, position)
    reach("executor.flushed")


async def _save(session: Session, memory: Memory, group: str) -> list[str]:
    by_kind: dict[type[Row], list[Row]] = {}
    for (kind, key), row in memory.saved.items():
        next_version = memory.seen_version((kind, key)) + 1
        by_kind.setdefault(kind, []).append(row.model_copy(update={"version": next_version}))
    if by_kind:
        _require_writer(group, by_kind)
        await nouns.tick(session)
    for kind in sorted(by_kind, key=lambda kind: kind.TABLE):
        await nouns.save(session, kind, by_kind[kind])
    return [f"{kind.NOUN}:{row.key}" for kind, rows in by_kind.items() for row in rows]


def _require_writer(group: str, kinds: Iterable[type[Row]]) -> None:
    foreign = [kind for kind in kinds if group != kind.WRITER]
    if foreign and group in WRITERS:
        kind = foreign[0]
        raise WrongWriter(f"group {group} saves {kind.NOUN}, which {kind.WRITER} writes; say an event that it hears")


def _require_silence(batch: Batch) -> None:
    """Refuse that a replayed group sends: its handlers declare no event, and a job or a reminder is as good as one."""
    if batch.silent and batch.epoch and (batch.memory.jobs or batch.memory.reminders):
        raise WrongWriter(f"group {batch.group} leaves jobs or reminders, and was replayed as one that sends nothing")


def _job(job: Job, now: datetime) -> dict[str, str]:
    return {
        "job_id": job.job_id,
        "dedupe_key": job.dedupe_key,
        "channel": job.channel,
        "kind": job.kind,
        "body": orjson.dumps({**job.body, **trace_of(job.cause)}).decode(),
        "correlation_id": job.cause.correlation_id or job.cause.id,
        "event_id": job.cause.id,
        "state": "due",
        # Whatever moment its event is about: what there is to carry is carried now.
        "due_at": stamp(min(job.due_at, now)),
        "created_at": stamp(job.due_at),
    }


def _reminder(reminder: Reminder) -> dict[str, str]:
    return {
        "kind": reminder.kind,
        "about": reminder.about,
        "at": stamp(reminder.at),
        "partition_key": reminder.key,
        "correlation_id": reminder.cause.correlation_id or reminder.cause.id,
        "event_id": reminder.cause.id,
    }

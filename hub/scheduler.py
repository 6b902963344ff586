"""The scheduler only says what is due: `reminder.due` under a deterministic id. Any number of schedulers is harmless."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import structlog

from events.catalogue import dump
from events.envelope import HUB_SOURCE, Envelope
from events.refusals import ReminderDue
from hub.clock import Clock, instant, stamp
from hub.dispatch.runner import pause_after
from hub.errors import ServiceAway
from hub.ids import due_id
from hub.log.port import Log
from hub.store import due
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session

log = structlog.get_logger()
POLL = 1.0  # seconds
LIMIT = 500  # reminders said in one transaction
SWEEP = "sweep"  # the reminder that makes the matcher look over what missed a change


class Scheduler:
    """Turns what is due into events."""

    def __init__(self, store: Store, appender: Log, clock: Clock, *, sweep: timedelta) -> None:
        self._store = store
        self._log = appender
        self._clock = clock
        self._sweep = sweep
        self._swept: datetime | None = None

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        failures = 0
        while True:
            try:
                said = await self.say_due(self._clock.now())
                failures = 0
            except ServiceAway as away:
                failures += 1
                if failures & (failures - 1) == 0:
                    log.warning("scheduler.away", failures=failures, reason=str(away))
                await asyncio.sleep(pause_after(failures))
                continue
            if said < LIMIT:
                await asyncio.sleep(POLL)

    async def say_due(self, now: datetime) -> int:
        """Say everything that is due at an instant; returns how much that was."""
        slot = self._slot(now)
        next_at = await self._store.read(due.next_at)
        if self._swept == slot and (next_at is None or next_at > stamp(now)):
            return 0
        said = await self._store.write(self._say, now, slot)
        self._swept = slot
        self._log.appended()
        return said

    async def _say(self, session: Session, now: datetime, slot: datetime) -> int:
        rows = await due.take(session, now=stamp(now), limit=LIMIT)
        entries = [_entry(row, now) for row in rows]
        entries.append(say(SWEEP, "hub", slot, partition_key=SWEEP, now=now))
        await self._log.append(session, entries)
        return len(rows)

    def _slot(self, now: datetime) -> datetime:
        # The slot's beginning is the sweep's time and id: whoever says it first in a slot has said it for all.
        seconds = self._sweep.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


def say(
    kind: str,
    about: str,
    at: datetime,
    *,
    partition_key: str,
    now: datetime,
    cause: str | None = None,
    correlation: str | None = None,
) -> Entry:
    """Make the event that says that something is due."""
    event = ReminderDue(kind=kind, about=about, at=at)
    said_as = due_id(kind, about, stamp(at))
    envelope = Envelope(
        id=said_as,
        source=HUB_SOURCE,
        type=event.wire_type(),
        subject=about,
        time=at,
        data=dump(event),
        tenant="hub",
        received_at=now,
        correlation_id=correlation or said_as,
        causation_id=cause,
        partition_key=partition_key,
    )
    return Entry(envelope, event.TOPIC, "scheduler")


def _entry(row: Any, now: datetime) -> Entry:
    return say(
        row.kind,
        row.about,
        instant(row.at),
        partition_key=row.partition_key,
        now=now,
        cause=row.event_id,
        correlation=row.correlation_id,
    )

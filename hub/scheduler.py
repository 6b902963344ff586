"""The scheduler only says what is due: `reminder.due` under a deterministic id. Any number of schedulers is harmless."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import structlog

from events.catalogue import dump
from events.envelope import HUB_SOURCE, Envelope
from events.refusals import ReminderDue
from hub.clock import Clock, instant, stamp
from hub.dispatch.runner import pause_after, say_rarely
from hub.errors import ServiceAway
from hub.ids import due_id
from hub.log.port import Log
from hub.loop import in_turns
from hub.mornings import MORNING, come_since, next_anywhere
from hub.store import due, people
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session

log = structlog.get_logger()
POLL = 1.0  # seconds
LIMIT = 500  # reminders said in one transaction
SWEEP = "sweep"  # the reminder that makes the matcher look over what missed a change
DIGEST = "digest"  # a coordinator's morning has come; about the person


class Scheduler:
    """Turns what is due into events."""

    def __init__(
        self, store: Store, appender: Log, clock: Clock, *, sweep: timedelta, digest_at: time = MORNING
    ) -> None:
        self._store = store
        self._log = appender
        self._clock = clock
        self._sweep = sweep
        self._swept: datetime | None = None
        self._digest_at = digest_at
        self._looked: datetime | None = None  # for mornings
        self._next_morning: datetime | None = None  # anywhere

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        failures = 0
        while True:
            try:
                said = await self.say_due(self._clock.now())
                failures = 0
            except ServiceAway as away:
                failures += 1
                say_rarely("scheduler.away", failures, str(away))
                await asyncio.sleep(pause_after(failures))
                continue
            if said < LIMIT:
                await asyncio.sleep(POLL)

    async def say_due(self, now: datetime) -> int:
        """Say everything that is due at an instant; returns how much that was."""
        return await self._say_reminders(now) + await self._say_mornings(now)

    async def _say_reminders(self, now: datetime) -> int:
        slot = self._slot(now)
        next_at = await self._store.glance(due.next_at)
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

    async def _say_mornings(self, now: datetime) -> int:
        """Say to which coordinators the morning has come since the last look: after a start, those of their present day."""
        if self._next_morning is not None and now < self._next_morning:
            return 0
        come = come_since(self._looked, now, self._digest_at)
        readers = await self._store.read(people.coordinators, sorted(come)) if come else []
        # Who came into the vault later in the day begins with the next morning, however often the hub starts again.
        waking = [each for each in readers if each.created_at <= stamp(come[each.timezone])]
        for start in range(0, len(waking), LIMIT):
            lot = waking[start : start + LIMIT]
            said = [_morning(each, come[each.timezone], now) async for each in in_turns(lot)]
            await self._store.write(self._append, said)
            self._log.appended()
        self._looked, self._next_morning = now, next_anywhere(now, self._digest_at)
        return len(waking)

    async def _append(self, session: Session, entries: Sequence[Entry]) -> None:
        await self._log.append(session, entries)

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


def _morning(reader: people.Reader, at: datetime, now: datetime) -> Entry:
    return say(DIGEST, reader.ref, at, partition_key=reader.ref, now=now)

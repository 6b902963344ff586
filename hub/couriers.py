"""Couriers carry jobs out of the building and report what they learnt as events. They hold no transaction meanwhile.

A job is leased: a courier that dies leaves it to another after the lease. The report's id comes from the job and the
attempt, so a repeated report changes nothing. What leaves, leaves at least once, with a stable name (Message-ID).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from events.base import Event
from events.catalogue import dump
from events.envelope import HUB_SOURCE, Envelope
from hub.clock import Clock, stamp
from hub.dispatch.runner import let_end, pause_after, say_rarely, woken_within
from hub.errors import ServiceAway
from hub.failpoints import reach
from hub.ids import attempt_id
from hub.log.port import Log
from hub.store import jobs
from hub.store.history import Entry
from hub.store.jobs import Ended, JobRow
from hub.store.port import Store
from hub.store.session import Session
from hub.together import Together
from hub.tracing import Trace, Tracing

log = structlog.get_logger()
Came = TypeVar("Came")
LEASE = timedelta(minutes=2)
POLL = 0.5  # seconds
FINISH_LIMIT = 8.0  # seconds a stop waits for what is being carried
TAKEN = 40  # jobs leased at once
AT_ONCE = 8  # jobs a courier carries at the same time


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of one attempt: done, failed for good, or due again at `again_at`; and what is to be said about it."""

    state: str
    answer: str
    event: Event | None = None
    again_at: datetime | None = None
    trace: Trace = field(default_factory=dict)
    """Where in its trace the attempt stands, for the event that tells of it."""


class Channel(Protocol):
    """Carries the jobs of one channel: mails and documents now, webhooks later."""

    async def carry(self, job: JobRow, *, now: datetime) -> Carried:
        """Try once; trouble outside is an answer, not an exception."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Courier:
    """Takes due jobs of its channels, carries them, writes down and says what came of it."""

    def __init__(
        self, store: Store, appender: Log, clock: Clock, channels: Mapping[str, Channel], tracing: Tracing | None = None
    ) -> None:
        self._store = store
        self._log = appender
        self._clock = clock
        self._channels = channels
        self._tracing = tracing
        self._wake = asyncio.Event()
        self._hands = asyncio.Semaphore(AT_ONCE)
        self._failures = 0  # in a row, of anything that needs the database
        self._written: Together[tuple[JobRow, Carried], None] = Together(self._write_down)
        self.wrote_down: list[Callable[[], None]] = []  # called when what came of a job was written down

    @property
    def channels(self) -> Collection[str]:
        """Names of the channels whose jobs it carries."""
        return self._channels.keys()

    def wake(self) -> None:
        """Look for jobs now."""
        self._wake.set()

    async def run(self) -> None:
        """Carry jobs until cancelled."""
        try:
            await self._carry_on()
        finally:
            await self._written.close()
            for channel in self._channels.values():
                await channel.close()

    async def _carry_on(self) -> None:
        while True:
            try:
                carried = await let_end(self.once(), FINISH_LIMIT)
                self._failures = 0
            except ServiceAway as away:
                await self._wait_for_store(away)
                continue
            if not carried:
                await woken_within(POLL, self._wake)
                self._wake.clear()

    async def once(self) -> int:
        """Carry one lot of due jobs; returns how many."""
        carried = 0
        for name, channel in self._channels.items():
            taken = await self._take(name)
            await asyncio.gather(*(self._carry(channel, job) for job in taken))
            carried += len(taken)
        return carried

    async def _take(self, channel: str) -> Sequence[JobRow]:
        now = self._clock.now()
        if not await self._store.glance(jobs.any_due, channel=channel, now=stamp(now)):
            return ()
        return await self._store.write(
            jobs.lease, channel=channel, now=stamp(now), until=stamp(now + LEASE), limit=TAKEN
        )

    async def _carry(self, channel: Channel, job: JobRow) -> None:
        until = asyncio.get_running_loop().time() + LEASE.total_seconds()
        carried = await self._insist(lambda: self._traced(channel, job), until)
        reach("courier.carried")
        await self._insist(lambda: self._written.ask((job, carried)), until)

    async def _insist(self, step: Callable[[], Awaitable[Came]], until: float) -> Came:
        """Take a step again while the database is away: left alone, the job would lie until its lease ends, and a mail
        that left already would leave twice."""
        while True:
            try:
                return await step()
            except ServiceAway as away:
                if asyncio.get_running_loop().time() >= until:
                    raise
                await self._wait_for_store(away)

    async def _wait_for_store(self, away: ServiceAway) -> None:
        self._failures += 1
        say_rarely("courier.away", self._failures, str(away))
        await asyncio.sleep(pause_after(self._failures))

    async def _traced(self, channel: Channel, job: JobRow) -> Carried:
        if self._tracing is None:
            return replace(await self._try(channel, job), trace=job.trace)
        about = {"job_kind": job.kind, "job_id": job.job_id, "event_id": job.event_id}
        span = self._tracing.begin(f"carry {job.channel}", job.trace, "client", **about)
        carried = await self._try(channel, job)
        span.end(carried.state)
        return replace(carried, trace=span.trace)

    async def _try(self, channel: Channel, job: JobRow) -> Carried:
        try:
            async with self._hands:
                return await channel.carry(job, now=self._clock.now())
        except ServiceAway:
            raise
        except Exception as error:  # noqa: BLE001 - a template's bug parks its job, with the reason, and nothing else
            # No traceback: its frames may hold what people wrote.
            log.warning(
                "job.failed",
                job=job.job_id,
                kind=job.kind,
                event_id=job.event_id,
                correlation_id=job.correlation_id,
                error=type(error).__name__,
            )
            return Carried("failed", f"{type(error).__name__}: {error}"[:500])

    async def _write_down(self, carried: Sequence[tuple[JobRow, Carried]]) -> Sequence[None]:
        await self._store.write(self._finish, carried)
        self._log.appended()
        self._failures = 0
        for wake in self.wrote_down:
            wake()
        return [None] * len(carried)

    async def _finish(self, session: Session, carried: Sequence[tuple[JobRow, Carried]]) -> None:
        ended = [Ended(job, *_stands(came)) for job, came in carried]
        ours = await jobs.finish(session, ended)
        # Where the lease ran out another courier has the job: its report counts.
        reports = [
            self._report(job, came.event, came.trace) for job, came in carried if came.event and job.job_id in ours
        ]
        await self._log.append(session, reports)

    def _report(self, job: JobRow, event: Event, trace: Trace) -> Entry:
        now = self._clock.now()
        envelope = Envelope(
            id=attempt_id(job.job_id, job.attempts),
            source=HUB_SOURCE,
            type=event.wire_type(),
            subject=event.own_subject() or job.job_id,
            time=now,
            data=dump(event),
            extensions=trace,
            tenant="hub",
            received_at=now,
            correlation_id=job.correlation_id,
            causation_id=job.event_id,
            partition_key=event.partition_key(cause_key=None),
        )
        return Entry(envelope, event.TOPIC, "courier")


def _stands(carried: Carried) -> tuple[str, str, str | None]:
    """Return the state, answer and due time that a job has after an attempt."""
    if carried.again_at is None:
        return carried.state, carried.answer, None
    return "due", carried.answer, stamp(carried.again_at)

"""One group at work in one process: batches from the log and rows from the parked table, one after the other.

When the database is away it backs off and brings the same batch again; nothing is counted, nothing is given up.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog

from events.catalogue import EVENTS
from hub.clock import Clock, stamp
from hub.dispatch.delivery import REPLAYED, Delivery, Parked
from hub.dispatch.executor import Executor
from hub.dispatch.outcomes import of_type
from hub.dispatch.router import Group
from hub.errors import ServiceAway
from hub.store import parked
from hub.store.history import envelope
from hub.store.port import Store

log = structlog.get_logger()
Answer = TypeVar("Answer")
Trouble = tuple[datetime, str]
STUCK = "stuck"
FIRST_PAUSE = 0.2  # seconds
LONGEST_PAUSE = 5.0  # seconds; with what waits meanwhile, a hub is as before well within 20 s of the database
PARKED_POLL = 0.25  # seconds between looks at the parked rows
PARKED_LIMIT = 200  # rows a look takes at the most


def pause_after(failures: int) -> float:
    """Return how long to wait after so many failures in a row: doubling, with jitter, never hot."""
    longest: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 16), LONGEST_PAUSE)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads processes, guards no secret


async def woken_within(seconds: float, event: asyncio.Event) -> None:
    """Wait for an event, but not longer. Python 3.11's `wait_for` may swallow a cancellation, and then nothing stops."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def say_rarely(action: str, failures: int, reason: str, **more: str) -> None:
    """Log the 1st, 2nd, 4th, 8th … failure in a row: an outage of an hour is a handful of lines."""
    if failures & (failures - 1) == 0:
        log.warning(action, failures=failures, reason=reason, **more)


async def let_end(work: Coroutine[Any, Any, Answer], seconds: float) -> Answer:
    """Await a piece of work; told to stop meanwhile, let it end first, but not for longer than some seconds."""
    working = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working], timeout=seconds)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        raise


async def _moves() -> bool:
    return True


@dataclass
class Runner:
    """Runs one group in this process."""

    group: Group
    executor: Executor
    store: Store
    clock: Clock
    last_done: datetime | None = None
    partitions: Callable[[], Sequence[str]] = field(default=lambda: ("history",))
    moves: Callable[[], Awaitable[bool]] = field(default=_moves)
    stopping: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _troubles: dict[object, Trouble] = field(default_factory=dict)

    @property
    def trouble(self) -> Trouble | None:
        """Since when and why the group stands still, for readiness; None while it goes on."""
        return min(self._troubles.values(), default=None)

    @property
    def is_away(self) -> bool:
        """Whether it waits for a service, and tries again by itself."""
        return bool(self._troubles.keys() - {STUCK})

    def stands_still(self, still: bool) -> None:
        """Note, for readiness and metrics, whether it has something to take and takes nothing."""
        if not still:
            self._troubles.pop(STUCK, None)
        elif STUCK not in self._troubles:
            self._troubles[STUCK] = (self.clock.now(), "holds partitions, has records to read and takes none")

    async def take(self, deliveries: Sequence[Delivery], position: int | None = None) -> int:
        """Take a batch through the executor; returns only when it is committed, and how many events it took."""
        this_batch, failures = object(), 0
        try:
            while True:
                try:
                    async with self._turn:
                        taken = await self.executor.run(self.group, deliveries, position)
                except Exception as error:  # noqa: BLE001 - to go on would lose the batch: stand still, and say so
                    failures += 1
                    self._in_trouble(this_batch, error, failures)
                    await asyncio.sleep(pause_after(failures))
                else:
                    self.last_done = self.clock.now()
                    return taken
        finally:
            self._troubles.pop(this_batch, None)

    async def look_at_parked(self) -> None:
        """Try again what is parked and due, until cancelled."""
        failures, ours = 0, None
        while not self.stopping:
            try:
                if ours != (now_ours := frozenset(self.partitions())):
                    await self._release_known()
                    ours = now_ours
                taken = await self.try_parked()
            except Exception as error:  # noqa: BLE001 - nobody else looks at them: stay, and say so
                failures += 1
                self._in_trouble("parked", error, failures)
                await asyncio.sleep(pause_after(failures))
                continue
            failures = 0
            self._troubles.pop("parked", None)
            if not taken:
                await woken_within(PARKED_POLL, self._wake)
                self._wake.clear()

    async def _release_known(self) -> None:
        """Take over what an older release, which had our partitions before, could not read."""
        known = [of_type(event.wire_type()) for event in EVENTS.values()]
        if await self.store.glance(parked.any_waiting, known):
            await self.store.write(parked.release, known, now=stamp(self.clock.now()))

    async def try_parked(self) -> int:
        """Try one lot of due parked rows of our partitions; returns how many nobody else was trying."""
        rows = await self.store.glance(
            parked.ready,
            grp=self.group.name,
            now=stamp(self.clock.now()),
            limit=PARKED_LIMIT,
            partitions=[*self.partitions(), *((REPLAYED,) if self.group.silent else ())],
        )
        return await self.take([_again(row) for row in rows]) if rows else 0

    async def finish(self) -> None:
        """Begin nothing new, and return when what is in work is committed; at once where the group stands still."""
        self.stopping = True
        if self.trouble is None:
            async with self._turn:
                pass

    def wake(self) -> None:
        """Look at the parked rows now: a commit may have released one."""
        self._wake.set()

    def _in_trouble(self, what: object, error: Exception, failures: int) -> None:
        # What is not the hub's own sentence may repeat what people wrote.
        reason = str(error) if isinstance(error, ServiceAway) else type(error).__name__
        since, _ = self._troubles.get(what, (self.clock.now(), ""))
        self._troubles[what] = (since, reason)
        say_rarely("group.away", failures, reason, group=self.group.name)


def _again(row: object) -> Delivery:
    said = envelope(row)
    return Delivery(
        partition=row.partition_name,  # type: ignore[attr-defined]
        position=said.seq or 0,
        envelope=said,
        parked=Parked(row.parked_id, row.state, row.attempts, row.first_at),  # type: ignore[attr-defined]
    )

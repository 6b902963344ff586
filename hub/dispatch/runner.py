"""One group at work in one process: batches from the log and rows from the parked table, one after the other.

When the database is away it backs off and brings the same batch again; nothing is counted, nothing is given up.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from hub.clock import Clock, stamp
from hub.dispatch.delivery import Delivery, Parked
from hub.dispatch.executor import Executor
from hub.dispatch.router import Group
from hub.errors import ServiceAway
from hub.store import parked
from hub.store.history import envelope
from hub.store.port import Store

log = structlog.get_logger()
FIRST_PAUSE = 0.2  # seconds
LONGEST_PAUSE = 15.0  # seconds
PARKED_POLL = 0.25  # seconds between looks at the parked rows
PARKED_LIMIT = 200  # rows a look takes at the most


def pause_after(failures: int) -> float:
    """Return how long to wait after so many failures in a row: doubling, with jitter, never hot."""
    longest: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 16), LONGEST_PAUSE)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads processes, guards no secret


@dataclass
class Runner:
    """Runs one group; `trouble` says since when and why it stands still, for readiness."""

    group: Group
    executor: Executor
    store: Store
    clock: Clock
    trouble: tuple[datetime, str] | None = None
    last_done: datetime | None = None
    partitions: Callable[[], Sequence[str]] = field(default=lambda: ("history",))
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, deliveries: Sequence[Delivery], position: int | None = None) -> None:
        """Take a batch through the executor; returns only when it is committed."""
        failures = 0
        while True:
            try:
                async with self._turn:
                    await self.executor.run(self.group, deliveries, position)
            except ServiceAway as away:
                failures += 1
                self._in_trouble(away, failures)
                await asyncio.sleep(pause_after(failures))
            else:
                self.trouble = None
                self.last_done = self.clock.now()
                return

    async def look_at_parked(self) -> None:
        """Try again what is parked and due, until cancelled."""
        failures = 0
        while True:
            try:
                found = await self.try_parked()
            except ServiceAway as away:
                failures += 1
                self._in_trouble(away, failures)
                await asyncio.sleep(pause_after(failures))
                continue
            failures = 0
            if not found:
                await self._until_woken(PARKED_POLL)

    async def try_parked(self) -> int:
        """Try one lot of due parked rows of our partitions; returns how many there were."""
        rows = await self.store.read(
            parked.ready,
            grp=self.group.name,
            now=stamp(self.clock.now()),
            limit=PARKED_LIMIT,
            partitions=self.partitions(),
        )
        if rows:
            await self.take([_again(row) for row in rows])
        return len(rows)

    def wake(self) -> None:
        """Look at the parked rows now: a commit may have released one."""
        self._wake.set()

    async def _until_woken(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()

    def _in_trouble(self, away: ServiceAway, failures: int) -> None:
        if self.trouble is None:
            self.trouble = (self.clock.now(), str(away))
        if failures & (failures - 1) == 0:  # 1, 2, 4, 8 …: an outage of an hour is a handful of lines
            log.warning("group.away", group=self.group.name, failures=failures, reason=str(away))


def _again(row: object) -> Delivery:
    said = envelope(row)
    return Delivery(
        partition=row.partition_name,  # type: ignore[attr-defined]
        position=said.seq or 0,
        envelope=said,
        parked=Parked(row.parked_id, row.state, row.attempts, row.first_at),  # type: ignore[attr-defined]
    )

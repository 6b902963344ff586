"""Needs a second through the cluster as it is run, and what a long history costs.

Needs are posted at a steady rate over HTTP; the clock of one runs from the moment its post is due until another
connection sees the first request to a provider in the history. Rates rise step by step until the slowest hundredth waits
longer than a second, or a group has not caught up soon after the last post; the last rate that was held counts.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from hub.parts import reactions
from hub.settings import load
from hub.store import history
from hub.store.postgres import PostgresStore
from hub.store.session import Session, each, spread
from tests.bench import web
from tests.bench.fleet import connect, fleet, publish_catalogue, running
from tests.bench.harness import Bench, Figure, Ground, Samples, Services
from tests.bench.posting import Connection, Target, request
from tests.bench.services import database, topics

REQUESTED, PROPOSED = "eu.vethub.match.requested.v1", "eu.vethub.match.proposed.v1"
NEEDS = Figure("needs_a_second", "needs a second through four groups in processes of their own", "needs/s", 120, 300)
P50 = Figure("post_to_match_p50", "post to committed match, 100 a second, in processes: p50", "ms", 60, 40, most=True)
P99 = Figure("post_to_match_p99", "post to committed match, 100 a second, in processes: p99", "ms", 400, 200, most=True)
PAST = Figure("history_cost", "what 10⁶ events of history cost against 10⁵", "% slower", 10, 5, most=True)
A_SECOND = 100
SHORT, LONG = 100_000, 1_000_000  # events of history
BURST = 800  # needs posted at once
FIRST, STEP, MOST = 60.0, 1.25, 700.0  # needs a second
STRETCH = 5.0  # seconds at one rate
LIMIT = 1.0  # seconds from post to committed request, for 99 of 100
LOOK = 0.01  # seconds
SETTLED = 1.0  # seconds within which an earlier event can still become visible after a later one
CATCH_UP = 2.0  # seconds after the last request in which every group must be through
HEARS: dict[str, set[str]] = {}
for _reaction in reactions(load()):
    HEARS.setdefault(_reaction.group, set()).update(heard.wire_type() for heard in _reaction.hears)
PATIENCE = 60.0  # seconds for the last answer


@dataclass
class Door:
    """The client: connections to the web process, one to the database, and the number of the next need."""

    target: Target
    lines: Sequence[Connection]
    store: PostgresStore
    next: int = 0

    async def stretch(self, rate: float, count: int, *, until: str = REQUESTED) -> list[float]:
        """Post needs at a rate; return the seconds each took to its first such event in the history, shortest first."""
        first, self.next = self.next, self.next + count
        refs = [f"betangible/N-{first + n}" for n in range(count)]
        made = [request(self.target, web.event(first + n)) for n in range(count)]
        free = asyncio.Queue[Connection]()
        for line in self.lines:
            free.put_nowait(line)
        looking = asyncio.ensure_future(self._seen(set(refs), until))
        began = perf_counter()
        posts = []
        for n, body in enumerate(made):
            await asyncio.sleep(began + n / rate - perf_counter())
            posts.append(asyncio.ensure_future(_post(free, body)))
        await asyncio.gather(*posts)
        seen = await looking
        return sorted(seen[ref] - began - n / rate for n, ref in enumerate(refs))

    async def capacity(self, count: int) -> float:
        """Post needs as fast as they are taken; return how many a second come through every group."""
        before = await self.store.read(history.last_seq)
        began = perf_counter()
        await self.stretch(math.inf, count)
        if not await self.caught_up(before, within=PATIENCE):
            raise AssertionError("the groups do not catch up")
        return count / (perf_counter() - began)

    async def _seen(self, wanted: set[str], until: str) -> Mapping[str, float]:
        seen: dict[str, float] = {}
        position = await self.store.read(history.last_seq)
        settled = deque([(perf_counter(), position)])
        last = perf_counter()
        while not wanted <= seen.keys():
            rows = await self.store.glance(_told, after=settled[0][1], told=until)
            now = perf_counter()
            for row in rows:
                position = max(position, row.seq)
                if row.partition_key not in seen:
                    seen[row.partition_key], last = now, now
            settled.append((now, position))
            while len(settled) > 1 and settled[0][0] < now - SETTLED:
                settled.popleft()
            if now - last > PATIENCE:
                raise AssertionError(f"{len(wanted - seen.keys())} needs have no request after {PATIENCE} s")
            await asyncio.sleep(LOOK)
        return seen

    async def caught_up(self, after: int, *, within: float = CATCH_UP) -> bool:
        """Return whether every group is through with all it hears of what was stored after a number, soon."""
        until = perf_counter() + within
        while perf_counter() < until:
            if not await self.store.read(_untaken, after=after, hears=HEARS):
                return True
            await asyncio.sleep(LOOK)
        return False


async def _post(free: "asyncio.Queue[Connection]", made: bytes) -> None:
    line = await free.get()
    status = await line.post(made)
    free.put_nowait(line)
    if status != 202:
        raise AssertionError(f"a post was answered {status}")


async def _told(session: Session, *, after: int, told: str) -> list[Any]:
    return await session.rows(
        "SELECT seq, partition_key FROM history WHERE seq > :after AND type = :told", after=after, told=told
    )


async def _untaken(session: Session, *, after: int, hears: Mapping[str, Sequence[str]]) -> int:
    pairs = [(group, heard) for group, types in hears.items() for heard in types]
    rows = await session.rows(
        f"SELECT count(*) AS n FROM {each(session.engine, grp='text', type='text')} "  # noqa: S608 - our own words
        "JOIN history h ON h.seq > :after AND h.type = t.type WHERE NOT EXISTS "
        "(SELECT 1 FROM inbox i WHERE i.grp = t.grp AND i.epoch = 0 AND i.source = h.source AND i.id = h.id)",
        after=after,
        **spread(session.engine, grp=[group for group, _ in pairs], type=[heard for _, heard in pairs]),
    )
    return int(rows[0].n)


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the highest rate that was held."""
    async with fleet(ground.up) as (target, url), opened(target, url) as door:
        for repeat in range(-1, ground.repeats):
            held = await highest(door)
            if repeat >= 0:  # the first climb warms every process
                yield {NEEDS.name: held}


async def measure_latency(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how long a post takes to its committed match at a hundred a second."""
    async with fleet(ground.up) as (target, url), opened(target, url) as door:
        for repeat in range(-1, ground.repeats):
            waits = await door.stretch(A_SECOND, A_SECOND * 5, until=PROPOSED)
            if repeat >= 0:
                yield {P50.name: percentile(waits, 0.5) * 1000, P99.name: percentile(waits, 0.99) * 1000}


async def measure_past(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how much slower the same needs come through above a long history than above a short one."""
    async with AsyncExitStack() as stack:
        grounds = []
        for events in (SHORT, LONG):
            url, prefix = await _planted(stack, ground.up, events)
            grounds.append((url, prefix))
        for repeat in range(-1, ground.repeats):
            rates = []
            for url, prefix in grounds:
                async with (
                    running(ground.up, url, prefix) as target,
                    door_to(target, url, first=(repeat + 2) * 10**6) as door,
                ):
                    await door.stretch(FIRST, 120)
                    rates.append(await door.capacity(BURST))
            if repeat >= 0:
                yield {PAST.name: (1 - rates[1] / rates[0]) * 100}


async def _planted(stack: AsyncExitStack, services: Services, events: int) -> tuple[str, str]:
    """Make a database and topics whose history has so many events: some real ones, said over and over by others."""
    url, prefix = await stack.enter_async_context(database(services)), await stack.enter_async_context(topics(services))
    async with running(services, url, prefix) as target, opened(target, url) as door:
        await door.stretch(FIRST, 300)
        if not await door.caught_up(0, within=PATIENCE):
            raise AssertionError("the groups do not catch up")
        await door.store.write(_say_again, events=events)
    return url, prefix


async def _say_again(session: Session, *, events: int) -> None:
    before = await history.last_seq(session)
    times = events // before
    names = ", ".join(name for name, _ in history.COLUMNS)
    shifted = {"id", "subject", "partition_key", "correlation_id", "causation_id"}
    values = ", ".join(f"h.{name} || '~' || n" if name in shifted else f"h.{name}" for name, _ in history.COLUMNS)
    copies = f"generate_series(1, {times - 1}) AS n"
    await session.run(f"INSERT INTO history ({names}) SELECT {values} FROM history h, {copies} ORDER BY n, h.seq")  # noqa: S608 - our own columns
    await session.run(
        "INSERT INTO inbox (grp, epoch, source, id, at, outcome) "  # noqa: S608 - our own columns
        f"SELECT grp, epoch, source, id || '~' || n, at, outcome FROM inbox, {copies}"
    )


@asynccontextmanager
async def opened(target: Target, url: str) -> AsyncIterator[Door]:
    """Open the door, with the catalogue behind it."""
    async with door_to(target, url) as door:
        await publish_catalogue(door.lines[0], target)
        if not await door.caught_up(0, within=PATIENCE):
            raise AssertionError("the groups do not take the catalogue")
        yield door


@asynccontextmanager
async def door_to(target: Target, url: str, *, first: int = 0) -> AsyncIterator[Door]:
    """Connect to a web process and its database; `first` is the number of the first need."""
    store, lines = PostgresStore(url, pool=2), await connect(target)
    try:
        yield Door(target, lines, store, next=first)
    finally:
        for line in lines:
            await line.close()
        await store.stop()


def percentile(waits: Sequence[float], share: float) -> float:
    """Return the wait that a share of all stays below."""
    return waits[int(len(waits) * share)]


async def highest(door: Door) -> float:
    """Return the highest rate that the cluster holds."""
    held, rate = 0.0, FIRST
    while rate <= MOST:
        before = await door.store.read(history.last_seq)
        waits = await door.stretch(rate, int(rate * STRETCH))
        kept_up = await door.caught_up(before)
        if percentile(waits, 0.99) > LIMIT or not kept_up:
            await door.caught_up(before, within=PATIENCE)
            break
        held, rate = rate, rate * STEP
    return held


BENCHES = (
    Bench("sustained", (NEEDS,), measure, services=True),
    Bench("latency_processes", (P50, P99), measure_latency, services=True),
    Bench("history", (PAST,), measure_past, services=True),
)

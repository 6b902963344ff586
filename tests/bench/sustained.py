"""Needs a second through the cluster as it is run, and what a long history costs.

Needs are posted at a steady rate over HTTP; the clock of one runs from the moment its post is due until another
connection sees the first request to a provider in the history. Rates rise step by step until the slowest hundredth waits
longer than a second, or a group has not caught up soon after the last post; the last rate that was held counts.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from hub.parts import reactions
from hub.settings import load
from hub.store import history
from hub.store.postgres import PostgresStore
from hub.store.session import Session, each, spread
from tests.bench import web
from tests.bench.fleet import connect, fleet, publish_catalogue
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.posting import Connection, Target, request

NEEDS = Figure("needs_a_second", "needs a second through four groups in processes of their own", "needs/s", 120, 300)
FIRST, STEP, MOST = 60.0, 1.25, 700.0  # needs a second
STRETCH = 5.0  # seconds at one rate
LIMIT = 1.0  # seconds from post to committed request, for 99 of 100
LOOK = 0.025  # seconds
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
    posted: dict[str, float] = field(default_factory=dict)
    next: int = 0

    async def stretch(self, rate: float, seconds: float) -> list[float]:
        """Post at a rate; return the seconds each need took to its first committed request, in order of length."""
        count = int(rate * seconds)
        first, self.next = self.next, self.next + count
        refs = [f"betangible/N-{first + n}" for n in range(count)]
        made = [request(self.target, web.event(first + n)) for n in range(count)]
        free = asyncio.Queue[Connection]()
        for line in self.lines:
            free.put_nowait(line)
        looking = asyncio.ensure_future(self._requests(set(refs)))
        began = perf_counter()
        posts = []
        for n, body in enumerate(made):
            await asyncio.sleep(began + n / rate - perf_counter())
            posts.append(asyncio.ensure_future(_post(free, body)))
        await asyncio.gather(*posts)
        seen = await looking
        return sorted(seen[ref] - began - n / rate for n, ref in enumerate(refs))

    async def _requests(self, wanted: set[str]) -> Mapping[str, float]:
        seen: dict[str, float] = {}
        position = await self.store.read(history.last_seq)
        settled = deque([(perf_counter(), position)])
        last = perf_counter()
        while not wanted <= seen.keys():
            rows = await self.store.glance(_requested, after=settled[0][1])
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


async def _requested(session: Session, *, after: int) -> list[Any]:
    return await session.rows(
        "SELECT seq, partition_key FROM history WHERE seq > :after AND type = 'eu.vethub.match.requested.v1'",
        after=after,
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
        await door.stretch(FIRST, STRETCH)  # warms every process
        for _ in range(ground.repeats):
            yield {NEEDS.name: await highest(door)}


@asynccontextmanager
async def opened(target: Target, url: str) -> AsyncIterator[Door]:
    """Open the door, with the catalogue behind it."""
    store = PostgresStore(url, pool=2)
    lines = await connect(target)
    try:
        await publish_catalogue(lines[0], target)
        door = Door(target, lines, store)
        if not await door.caught_up(0, within=PATIENCE):
            raise AssertionError("the groups do not take the catalogue")
        yield door
    finally:
        for line in lines:
            await line.close()
        await store.stop()


async def highest(door: Door) -> float:
    """Return the highest rate that the cluster holds."""
    held, rate = 0.0, FIRST
    while rate <= MOST:
        before = await door.store.read(history.last_seq)
        waits = await door.stretch(rate, STRETCH)
        p99 = waits[int(len(waits) * 0.99)]
        kept_up = await door.caught_up(before)
        if p99 > LIMIT or not kept_up:
            await door.caught_up(before, within=PATIENCE)
            break
        held, rate = rate, rate * STEP
    return held


BENCHES = (Bench("sustained", (NEEDS,), measure, services=True),)

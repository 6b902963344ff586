"""From an HTTP post to the committed match, a hundred needs a second, embedded and on the cluster: the 99th percentile.

The clock of one need runs from the moment its post is written until another connection sees its match or gap in the
history, looked for every few milliseconds; both ends are in this process.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from time import perf_counter

from events.codec import to_structured
from hub.demo import story
from hub.settings import load
from hub.store import history
from hub.store.lite import LiteStore
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from tests.bench import web
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.posting import CONNECTIONS, Connection, Target, post_all, request, server
from tests.bench.ranking import NOBODY, TODAY
from tests.bench.services import database, topics

EMBEDDED = Figure(
    "post_to_match_embedded", "post to committed match, 100 a second, embedded: p99", "ms", 250, 120, most=True
)
CLUSTER = Figure(
    "post_to_match_cluster", "post to committed match, 100 a second, cluster: p99", "ms", 600, 300, most=True
)
A_SECOND = 100
NEEDS = 500
LOOK = 0.004  # seconds between looks
ANSWERS = ("eu.vethub.match.proposed.v1", "eu.vethub.need.unmatched.v1")
PATIENCE = 30.0  # seconds for the last answer


async def measure_embedded(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the percentile on SQLite."""
    settings = {"VET_HUB_DATA": str(ground.folder / "hub")}
    async with server("whole", settings) as target:
        store = LiteStore(load(data=ground.folder / "hub").sqlite_path, exclusive=False)
        async for value in _repeats(ground, target, store):
            yield {EMBEDDED.name: value}


async def measure_cluster(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the percentile on PostgreSQL and Kafka."""
    async with database(ground.up) as url, topics(ground.up) as prefix:
        settings = {
            "VET_HUB_DATABASE_URL": url,
            "VET_HUB_LOG_URL": f"kafka://{ground.up.bootstrap}",
            "VET_HUB_TOPIC_PREFIX": prefix,
        }
        async with server("whole", settings) as target:
            async for value in _repeats(ground, target, PostgresStore(url, pool=2)):
                yield {CLUSTER.name: value}


async def _repeats(ground: Ground, target: Target, store: Store) -> AsyncIterator[float]:
    await store.start()
    lines = [await Connection.to(target) for _ in range(CONNECTIONS)]
    try:
        await _publish_catalogue(lines, target)
        for repeat in range(-1, ground.repeats):
            value = await _percentile(lines, target, store, first=(repeat + 1) * NEEDS)
            if repeat >= 0:  # the first run warms the hub
                yield value
    finally:
        for line in lines:
            await line.close()
        await store.stop()


async def _publish_catalogue(lines: list[Connection], target: Target) -> None:
    for post in story.catalogue(TODAY, NOBODY):
        await post_all(lines[:1], [request(target, to_structured(envelope)) for envelope in post.envelopes])


async def _percentile(lines: list[Connection], target: Target, store: Store, *, first: int) -> float:
    posted: dict[str, float] = {}
    free = asyncio.Queue[Connection]()
    for line in lines:
        free.put_nowait(line)
    looking = asyncio.ensure_future(_answers(store, {f"betangible/N-{first + n}" for n in range(NEEDS)}))
    began = perf_counter()
    posts = []
    for n in range(NEEDS):
        await asyncio.sleep(max(0.0, began + n / A_SECOND - perf_counter()))
        posts.append(asyncio.ensure_future(_post(free, target, first + n, posted)))
    await asyncio.gather(*posts)
    seen = await looking
    waits = sorted(seen[ref] - posted[ref] for ref in seen)
    return waits[int(len(waits) * 0.99)] * 1000


async def _post(free: "asyncio.Queue[Connection]", target: Target, n: int, posted: dict[str, float]) -> None:
    made = request(target, web.event(n))
    line = await free.get()
    posted[f"betangible/N-{n}"] = perf_counter()
    status = await line.post(made)
    free.put_nowait(line)
    if status != 202:
        raise AssertionError(f"a post was answered {status}")


async def _answers(store: Store, wanted: set[str]) -> Mapping[str, float]:
    seen: dict[str, float] = {}
    position = await store.read(history.last_seq)
    until = perf_counter() + NEEDS / A_SECOND + PATIENCE
    while len(seen) < len(wanted):
        if perf_counter() > until:
            raise AssertionError(f"{len(wanted) - len(seen)} needs have no answer after {PATIENCE} s")
        # A later number can be visible before an earlier one on PostgreSQL, so a little is read again each time.
        found = await store.read(history.tail, after_seq=max(0, position - 200), limit=2000, types=ANSWERS)
        now = perf_counter()
        for envelope in found:
            position = max(position, envelope.seq or 0)
            if envelope.partition_key in wanted:
                seen.setdefault(envelope.partition_key, now)
        await asyncio.sleep(LOOK)
    return seen


BENCHES = (
    Bench("latency_embedded", (EMBEDDED,), measure_embedded),
    Bench("latency_cluster", (CLUSTER,), measure_cluster, services=True),
)

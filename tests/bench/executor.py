"""The executor against the bare loop, batch by batch in turns: SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter

from events.envelope import Envelope
from hub.clock import SystemClock
from hub.dispatch.executor import Executor
from hub.dispatch.flush import Appender
from hub.log.history import HistoryLog
from hub.log.outbox import OutboxLog
from hub.store.lite import LiteStore
from hub.store.migrate import migrate
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from tests.bench import workload
from tests.bench.bare import BareLite, BarePostgres
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.services import database

LITE = Figure("executor_sqlite", "executor against a bare loop, SQLite", "share of bare", 0.55, 0.70)
POSTGRES = Figure("executor_postgresql", "executor against a bare loop, PostgreSQL", "share of bare", 0.65, 0.80)


def batches(said: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    """Cut events into batches."""
    for start in range(0, len(said), workload.BATCH):
        yield list(said[start : start + workload.BATCH])


def executor_on(store: Store, appender: Appender) -> Executor:
    """Make the hub's own executor."""
    return Executor(store, appender, SystemClock())


async def measure_lite(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how quick the executor is beside the bare loop on SQLite."""
    said = workload.envelopes()
    for n in range(ground.repeats):
        ours, bare = ground.folder / f"ours{n}" / "hub.db", ground.folder / f"bare{n}" / "hub.db"
        for path in (ours, bare):
            await lite_with_rows(path)
        yield {LITE.name: await _lite_repeat(ours, bare, said)}


async def lite_with_rows(path: Path) -> None:
    """Make a database that holds the rows of the workload."""
    await migrate(f"sqlite:///{path}")
    store = LiteStore(path)
    await store.start()
    await workload.plant(store)
    await store.stop()


async def _lite_repeat(ours: Path, bare: Path, said: Sequence[Envelope]) -> float:
    store, loop, group = LiteStore(ours), BareLite(bare), workload.group()
    await store.start()
    executor = executor_on(store, HistoryLog())
    spent = [0.0, 0.0]
    for batch in batches(said):
        position = batch[-1].seq or 0
        began = perf_counter()
        loop.batch(batch, position)
        between = perf_counter()
        await executor.run(group, workload.deliveries(batch), position)
        spent[0] += between - began
        spent[1] += perf_counter() - between
    await store.stop()
    loop.close()
    await _agree_lite(ours, bare)
    return spent[0] / spent[1]


async def _agree_lite(*paths: Path) -> None:
    found = []
    for path in paths:
        store = LiteStore(path)
        await store.start()
        found.append(await store.read(workload.left_behind))
        await store.stop()
    if found[0] != found[1]:
        raise AssertionError("the executor and the bare loop did not write the same rows")


async def measure_postgres(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how quick the executor is beside the bare loop on PostgreSQL."""
    said = workload.envelopes()
    for _ in range(ground.repeats):
        async with AsyncExitStack() as stack:
            ours, bare = [await stack.enter_async_context(database(ground.up)) for _ in range(2)]
            yield {POSTGRES.name: await _postgres_repeat(ours, bare, said)}


async def _postgres_repeat(ours: str, bare: str, said: Sequence[Envelope]) -> float:
    stores = [PostgresStore(url) for url in (ours, bare)]
    for store in stores:
        await workload.plant(store)
    executor, group = executor_on(stores[0], OutboxLog()), workload.group()
    loop = await BarePostgres.connect(bare)
    spent = [0.0, 0.0]
    for batch in batches(said):
        began = perf_counter()
        await loop.batch(batch)
        between = perf_counter()
        await executor.run(group, workload.deliveries(batch))
        spent[0] += between - began
        spent[1] += perf_counter() - between
    await loop.close()
    found = await asyncio.gather(*(store.read(workload.left_behind) for store in stores))
    for store in stores:
        await store.stop()
    if found[0] != found[1]:
        raise AssertionError("the executor and the bare loop did not write the same rows")
    return spent[0] / spent[1]


BENCHES = (
    Bench("executor_sqlite", (LITE,), measure_lite),
    Bench("executor_postgresql", (POSTGRES,), measure_postgres, services=True),
)

"""One bug in two hundred events against none: the same executor, the same events, batch by batch in turns."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import perf_counter

from events.envelope import Envelope
from hub.log.history import HistoryLog
from hub.store.lite import LiteStore
from tests.bench import workload
from tests.bench.executor import batches, executor_on, lite_with_rows
from tests.bench.harness import Bench, Figure, Ground, Samples

BUG = Figure("one_bug", "one bug in 200 events against none", "× slower", 1.3, 1.1, most=True)


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how much longer the events take when one in two hundred meets a bug."""
    said = workload.envelopes()
    for n in range(ground.repeats):
        paths = [ground.folder / f"{kind}{n}" / "hub.db" for kind in ("bug", "none")]
        for path in paths:
            await lite_with_rows(path)
        yield {BUG.name: await _repeat(paths[0], paths[1], said)}


async def _repeat(with_bug: Path, without: Path, said: Sequence[Envelope]) -> float:
    stores = [LiteStore(path) for path in (with_bug, without)]
    for store in stores:
        await store.start()
    executors = [executor_on(store, HistoryLog()) for store in stores]
    groups = [workload.group(workload.restate_with_a_bug), workload.group()]
    spent = [0.0, 0.0]
    for batch in batches(said):
        for which in (0, 1):
            began = perf_counter()
            await executors[which].run(groups[which], workload.deliveries(batch), batch[-1].seq or 0)
            spent[which] += perf_counter() - began
    for store in stores:
        await store.stop()
    return spent[0] / spent[1]


BENCHES = (Bench("bug", (BUG,), measure),)

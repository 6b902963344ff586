"""The sampler on both stores: one sample a slot whoever takes it, and no look costs more because the history is long."""

import asyncio

from hub.lag import Sampler, Window, lags
from hub.store import cursors, inbox, samples
from hub.store.port import Store
from tests.delivery.toys import Bench, Toys, need, needs

WINDOW = Window(every=10, count=3, warn=10)
HEARS = {"toys": ["eu.vethub.need.published.v1"]}


def sampler(bench: Bench) -> Sampler:
    return Sampler(bench.store, bench.clock, HEARS, WINDOW)


async def told(store: Store) -> list[tuple[int, int, int]]:
    """Return what waited, came and was taken at each sample."""
    found = await store.read(samples.since, "")
    return [(each.events, each.came, each.taken) for each in found.get("toys", [])]


async def state(bench: Bench) -> str:
    (found,) = await lags(bench.store, HEARS, bench.clock.now(), WINDOW)
    return found.state


async def test_two_samplers_take_one_sample_a_slot(bench: Bench) -> None:
    await asyncio.gather(*(sampler(bench).take() for _ in range(3)))
    assert len(await told(bench.store)) == 1
    assert not await sampler(bench).take()

    bench.clock.advance(seconds=10)
    assert await sampler(bench).take()
    assert len(await told(bench.store)) == 2


async def test_a_sample_counts_what_came_and_what_was_taken_since_the_last(bench: Bench) -> None:
    toys = Toys()
    deliveries = await bench.tell(*needs(5))
    await sampler(bench).take()
    await bench.run(toys, deliveries[:3])
    await bench.tell(need("later", "z"))
    bench.clock.advance(seconds=10)
    await sampler(bench).take()

    assert await told(bench.store) == [(5, 0, 0), (3, 1, 3)]


async def test_a_group_that_takes_nothing_stops_and_moves_again(bench: Bench) -> None:
    toys = Toys()
    deliveries = await bench.tell(*needs(6))
    states = []
    for _ in range(4):
        bench.clock.advance(seconds=10)
        states.append(await state(bench))
        await sampler(bench).take()
    assert states == ["WARN", "WARN", "WARN", "STOP"]

    await bench.run(toys, deliveries[:1])
    assert await state(bench) == "WARN"
    await bench.run(toys, deliveries[1:])
    assert await state(bench) == "OK"


async def test_a_group_that_takes_less_than_comes_stalls(bench: Bench) -> None:
    toys = Toys()
    await bench.tell(*needs(3))
    for n in range(4):
        bench.clock.advance(seconds=10)
        await bench.run(toys, (await bench.tell(need(f"more{n}", "z"), need(f"and{n}", "z")))[:1])
        await sampler(bench).take()

    assert await state(bench) == "STALL"


async def test_the_cluster_is_looked_through_from_where_something_waits(bench: Bench) -> None:
    toys = Toys()
    deliveries = await bench.tell(*needs(6))
    await bench.run(toys, [*deliveries[:3], *deliveries[4:]])
    for _ in range(3):
        await sampler(bench).take()
        bench.clock.advance(minutes=4)
    await sampler(bench).take()

    moved = 3 if bench.store.engine == "postgresql" else 0  # the embedded log's own reader moves its cursor
    assert await bench.store.read(cursors.position, "toys") == moved
    waiting = await bench.store.read(inbox.untaken, grp="toys", types=HEARS["toys"])
    assert (waiting.events, waiting.first) == (1, deliveries[3].position)


async def test_samples_are_kept_for_an_hour(bench: Bench) -> None:
    await sampler(bench).take()
    bench.clock.advance(hours=2)
    await sampler(bench).take()

    assert len(await told(bench.store)) == 1

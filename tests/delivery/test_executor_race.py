"""Two processes at work on the same events at the same time, as after a rebalance that one of them did not notice.

PostgreSQL only: SQLite has one writer. The first process is stopped in the middle of its flush, the second is let run
until it waits or is through, and then the first goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from events.base import Event
from hub.dispatch.parking import BUG_DELAYS
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Counter
from hub.store.postgres import PostgresStore
from tests.delivery.toys import Bench, Interrupted, Toys, ask, gets, need, needs, raises, ref, saves, until

pytestmark = pytest.mark.services
ROW_A = f"toys:{ref('a')}"
BUG = ValueError("a handler's bug")
WAITERS = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def somebody_waits(store: PostgresStore) -> bool:
    return bool((await store.read(ask, WAITERS))[0].n)


class Halted:
    """A bench whose next flush stops half-way until it is told to go on."""

    def __init__(self, store: PostgresStore) -> None:
        self._go_on = asyncio.Event()
        self._log = Interrupted(self._stop)
        self.bench = Bench(store, self._log)

    async def _stop(self) -> None:
        async with asyncio.timeout(60):
            await self._go_on.wait()

    @asynccontextmanager
    async def during(self, work: Any) -> AsyncIterator[None]:
        """Start the work, run the block while it stands half-way through its flush, then let it end."""
        task = asyncio.ensure_future(work)
        await until(lambda: self._log.times)
        yield
        self._go_on.set()
        await task


@pytest.fixture
def zombie(postgres: PostgresStore) -> Halted:
    """The process that does not know that its partitions have moved."""
    return Halted(postgres)


@pytest.fixture
def bench(postgres: PostgresStore) -> Bench:
    """The process that has the partitions now."""
    return Bench(postgres)


async def test_of_two_processes_with_the_same_batch_one_has_the_effect(
    postgres: PostgresStore, zombie: Halted, bench: Bench
) -> None:
    toys, again = Toys(), Toys()
    deliveries = await bench.tell(*needs(6))

    async with zombie.during(zombie.bench.run(toys, deliveries)):
        second = asyncio.create_task(bench.run(again, deliveries))
        await until(lambda: somebody_waits(postgres))
        assert again.tries == []
    await second

    assert again.tries == []
    assert sorted((await bench.trails()).values()) == [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]


async def test_an_event_does_not_overtake_the_one_before_it_that_fails_elsewhere(
    postgres: PostgresStore, zombie: Halted, bench: Bench
) -> None:
    failing, sound = Toys(), Toys()
    failing.deeds["e1"] = raises(BUG)
    first, second = await bench.tell(need("e1"), need("e2"))

    async with zombie.during(zombie.bench.run(failing, [first])):
        running = asyncio.create_task(bench.run(sound, [first, second]))
        await until(lambda: somebody_waits(postgres))
    await running

    assert sound.runs == []
    assert await bench.parked() == {"e1": "retrying", "e2": "behind"}


async def test_what_stands_behind_is_not_tried_while_its_head_is_tried_elsewhere(zombie: Halted, bench: Bench) -> None:
    toys, other = Toys(), Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"), need("e2"))
    for each in (bench, zombie.bench):
        each.clock.advance(seconds=BUG_DELAYS[0])

    async with zombie.during(zombie.bench.retry(toys)):
        assert await bench.retry(other) == 0
    assert await bench.retry(other) == 0  # it has just failed again and rests

    assert other.tries == []
    assert await bench.parked() == {"e1": "retrying", "e2": "behind"}
    assert (await bench.parked_row("e1")).attempts == 2


async def test_an_event_read_while_the_head_of_its_key_gets_through_is_not_left_behind_nothing(
    zombie: Halted, bench: Bench
) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"))
    del toys.deeds["e1"]
    zombie.bench.clock.advance(seconds=BUG_DELAYS[0])
    late = await bench.tell(need("e2"))

    async with zombie.during(zombie.bench.retry(toys)):
        await bench.run(toys, late)  # still sees the head that is about to vanish
    assert await bench.parked() == {"e2": "behind"}

    assert await bench.retry(toys) == 1
    assert await bench.trails() == {ROW_A: ["e1", "e2"]}


async def test_a_save_while_the_waiting_event_is_being_tried_still_releases_it(
    postgres: PostgresStore, zombie: Halted, bench: Bench
) -> None:
    toys, other = Toys(), Toys("other")
    toys.deeds["e1"] = gets(other.row(ref("b")))
    await bench.handle(toys, need("e1"))
    for each in (bench, zombie.bench):
        each.clock.advance(seconds=1)
    said = await bench.tell(need("o1", "b"))

    async with zombie.during(zombie.bench.retry(toys)):  # looked, found nothing, and is about to park it again
        saving = asyncio.create_task(bench.run(other, said))
        await until(lambda: somebody_waits(postgres))
    await saving

    assert await bench.retry(toys) == 1
    assert (await bench.trails())[ROW_A] == ["e1"]


async def test_a_save_while_the_event_is_parked_for_the_first_time_is_found_at_the_next_look(
    zombie: Halted, bench: Bench
) -> None:
    toys, other = Toys(), Toys("other")
    toys.deeds["e1"] = gets(other.row(ref("b")))
    first, second = await bench.tell(need("e1"), need("o1", "b"))

    async with zombie.during(zombie.bench.run(toys, [first])):
        await bench.run(other, [second])  # cannot see the parked row, so it releases nobody
    assert await bench.retry(toys) == 0

    bench.clock.advance(seconds=1)
    assert await bench.retry(toys) == 1
    assert (await bench.trails())[ROW_A] == ["e1"]


async def test_two_processes_that_make_the_same_row_end_with_both_words(
    postgres: PostgresStore, zombie: Halted, bench: Bench
) -> None:
    one, two = Toys("one"), Toys("two")
    add = added("shared")
    one.deeds["e1"] = two.deeds["o1"] = add
    first, second = await bench.tell(need("e1"), need("o1", "b"))

    async with zombie.during(zombie.bench.run(one, [first])):
        running = asyncio.create_task(bench.run(two, [second]))
        await until(lambda: somebody_waits(postgres))
    await running

    assert (await bench.trails())["shared"] == ["e1", "o1"]


def added(key: str) -> Callable[[Event, UnitOfWork], None]:
    """Add one's id to a row that others add to as well."""

    def add(event: Event, uow: UnitOfWork) -> None:
        row = uow.find(Counter, key) or Counter(key=key, org="x", state="counting", name="")
        change = {"name": f"{row.name} {uow.envelope.id}".strip(), "count": row.count + 1}
        uow.save(row.model_copy(update=change))

    return add


async def test_a_new_row_that_was_there_after_all_is_saved_over_it(bench: Bench) -> None:
    toys = Toys()
    new = Counter(key="new", org="x", state="counting", name="e1", count=1)
    toys.deeds.update(e1=saves(new), e2=saves(new.model_copy(update={"name": "e2"})))
    await bench.handle(toys, need("e1"))

    await bench.handle(toys, need("e2"))

    assert (await bench.trails())["new"] == ["e2"]
    assert await bench.inbox() == {"e1": "done", "e2": "done"}

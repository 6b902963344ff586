"""One batch, one transaction: handlers that ask for more rows, conflicts, what a database refuses, and atomicity itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from events.base import Event
from hub import loop as loop_module
from hub.dispatch import executor as executor_module
from hub.dispatch import flush as flush_module
from hub.dispatch.batch import Task
from hub.dispatch.executor import Executor, named_rows
from hub.dispatch.flush import claim, flush, load
from hub.dispatch.router import Group
from hub.dispatch.unit_of_work import UnitOfWork
from hub.errors import FlushConflict
from hub.rows import Counter, Seats
from hub.store import nouns
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from tests.builders import AT
from tests.delivery.toys import Bench, Toys, ask, gets, need, needs, raises, ref, until

ROW_A, ROW_B = f"toys:{ref('a')}", f"toys:{ref('b')}"
SHARED = "toys:shared"
WAITERS = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def adds_to_shared(event: Event, uow: UnitOfWork) -> None:
    """Count in a row that all keys share."""
    row = uow.find(Counter, SHARED) or Counter(key=SHARED, org="x", state="counting", name="")
    uow.save(row.model_copy(update={"count": row.count + 1, "name": f"{row.name} {uow.envelope.id}".strip()}))


async def somebody_waits(store: Store) -> bool:
    return bool((await store.read(ask, WAITERS))[0].n)


# ---- rows that are not loaded --------------------------------------------------------------------------------------------


async def test_a_handler_that_asks_for_more_runs_again_and_its_key_keeps_its_order(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1"), need("o1", "b"), need("e2"))

    # Nothing in the payload names the trail's rows: the first of each key asks, the later ones are held meanwhile.
    assert toys.tries == ["e1", "o1", "e1", "o1", "e2"]
    assert await bench.trails() == {ROW_A: ["e1", "e2"], ROW_B: ["o1"]}


async def test_an_event_that_ran_again_says_things_once(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = adds_to_shared

    await bench.handle(toys, need("e1"))

    assert toys.tries == ["e1", "e1", "e1"]
    assert len(await bench.said()) == 1
    assert (await bench.trails())[SHARED] == ["e1"]


async def test_a_search_sees_what_the_batch_saved_so_far(bench: Bench) -> None:
    found: list[list[str]] = []

    def add_and_search(event: Event, uow: UnitOfWork) -> None:
        name = uow.envelope.id
        uow.find(Seats, name)
        uow.save(Seats(key=name, org="m", state="open", curriculum="m/C1", told_free=1))
        found.append([row.key for row in uow.all(Seats, curriculum="m/C1")])

    toys = Toys()
    toys.deeds.update(dict.fromkeys(("e1", "e2", "e3"), add_and_search))
    await bench.handle(toys, need("e1"))
    await bench.handle(toys, need("e2"), need("e3", "b"))

    assert found == [["e1"], ["e1", "e2"], ["e1", "e2", "e3"]]


async def test_a_handler_that_asks_for_ever_is_a_bug_of_its_event(bench: Bench) -> None:
    asked = iter(range(10_000))

    def ask_for_ever(event: Event, uow: UnitOfWork) -> None:
        uow.find(Counter, f"another-{next(asked)}")

    toys = Toys()
    toys.deeds["e1"] = ask_for_ever
    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying"}
    assert await bench.inbox() == {"e1": "parked", "o1": "done"}
    assert await bench.trails() == {ROW_B: ["o1"]}


# ---- conflicts --------------------------------------------------------------------------------------------------------------


@pytest.mark.services
async def test_a_row_saved_by_another_process_meanwhile_makes_the_batch_run_again(postgres: PostgresStore) -> None:
    bench, toys = Bench(postgres), Toys()
    toys.deeds["e1"] = adds_to_shared
    deliveries = await bench.tell(need("e1"), need("o1", "b"))
    theirs = Counter(key=SHARED, org="x", state="counting", name="theirs", count=1, version=1)

    async with postgres.transaction() as other:
        await other.do(nouns.save, Counter, [theirs])
        running = asyncio.create_task(bench.run(toys, deliveries))
        await until(lambda: somebody_waits(postgres))  # ours has loaded nothing and now waits to save
    await running

    assert await bench.trails() == {SHARED: ["theirs", "e1"], ROW_A: ["e1"], ROW_B: ["o1"]}
    assert await bench.inbox() == {"e1": "done", "o1": "done"}
    assert await bench.parked() == {}


@pytest.mark.services
async def test_processes_that_fight_over_one_row_lose_nothing(postgres: PostgresStore) -> None:
    benches = [Bench(postgres) for _ in range(4)]
    toys = Toys()
    deliveries = await benches[0].tell(*needs(24, "abcdefghijkl"))
    toys.deeds.update((str(d.envelope.id), adds_to_shared) for d in deliveries if d.envelope)
    lots = [[d for n, d in enumerate(deliveries) if n % 12 // 3 == lot] for lot in range(4)]

    async def handle_lot(bench: Bench, lot: Sequence[Any]) -> None:
        await bench.runner(toys).take(lot)

    await asyncio.gather(*(handle_lot(bench, lot) for bench, lot in zip(benches, lots, strict=True)))

    trails = await benches[0].trails()
    assert len(trails.pop(SHARED)) == 24
    assert all(trail == sorted(trail) and len(trail) == 2 for trail in trails.values())
    assert await benches[0].parked() == {}


async def test_a_batch_that_cannot_be_saved_whole_goes_event_by_event(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crowded(session: Session, batch: Any, log: Any, position: int | None) -> None:
        if len(batch.memory.saved) > 1:
            raise FlushConflict("somebody is always first")
        await flush(session, batch, log, position)

    monkeypatch.setattr(executor_module, "flush", crowded)
    toys = Toys()
    await bench.handle(toys, need("e1"), need("o1", "b"), need("e2"))

    assert await bench.trails() == {ROW_A: ["e1", "e2"], ROW_B: ["o1"]}
    assert await bench.parked() == {}


# ---- what a database or a helper refuses ---------------------------------------------------------------------------------


def nobody_takes(event: Event, uow: UnitOfWork) -> None:
    """Save a row that no engine takes: its organisation is null."""
    fields: dict[str, Any] = {"key": "toys:unsavable", "org": None, "state": "counting", "name": "", "version": 0}
    uow.find(Counter, "toys:unsavable")
    uow.save(Counter.model_construct(**fields))


async def test_an_event_that_the_database_refuses_is_parked_alone(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["b1"] = nobody_takes

    await bench.handle(toys, *needs(6))

    assert await bench.trails() == {ROW_A: ["a1", "a2"], f"toys:{ref('c')}": ["c1", "c2"]}
    assert await bench.parked() == {"b1": "retrying", "b2": "behind"}
    assert await bench.inbox() == {**dict.fromkeys(("a1", "a2", "c1", "c2"), "done"), "b1": "parked", "b2": "behind"}
    assert "IntegrityError" in (await bench.parked_row("b1")).reason


async def test_a_parked_event_that_the_database_refuses_again_stays_parked(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = nobody_takes
    await bench.handle(toys, need("e1"), need("e2"))

    bench.clock.advance(seconds=5)
    await bench.retry(toys)
    assert await bench.parked() == {"e1": "retrying", "e2": "behind"}
    assert (await bench.parked_row("e1")).attempts == 2

    del toys.deeds["e1"]
    bench.clock.advance(seconds=30)
    await bench.retry(toys)
    assert await bench.trails() == {ROW_A: ["e1", "e2"]}


UNSTORABLE = {
    "a NUL": lambda uow: uow.remind(AT, kind="nul", about="\x00"),
    "half a surrogate pair": lambda uow: uow.remind(AT, kind="half", about="\ud800"),
}


@pytest.mark.services
@pytest.mark.parametrize("what", UNSTORABLE)
async def test_text_that_postgresql_cannot_hold_is_a_bug_and_no_outage(postgres: PostgresStore, what: str) -> None:
    bench, toys = Bench(postgres), Toys()
    toys.deeds["e1"] = lambda event, uow: UNSTORABLE[what](uow)

    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying"}
    assert await bench.trails() == {ROW_B: ["o1"]}


@pytest.mark.services
async def test_a_number_that_postgresql_cannot_hold_is_no_outage_either(postgres: PostgresStore) -> None:
    bench, toys = Bench(postgres), Toys()
    stored = Counter(key=ROW_A, org="x", state="counting", name="", version=2**63 - 1)
    await postgres.write(nouns.save, Counter, [stored])

    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying"}
    assert await bench.trails() == {ROW_A: [], ROW_B: ["o1"]}


class Fragile:
    """A helper whose preparation fails for one event."""

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        if any(event.envelope.id == "b1" for event in events):
            raise ValueError("a helper's bug")


async def test_an_event_that_a_helper_cannot_prepare_is_parked_alone(bench: Bench) -> None:
    toys = Toys(helpers=[Fragile()])

    await bench.handle(toys, *needs(6))

    assert await bench.trails() == {ROW_A: ["a1", "a2"], f"toys:{ref('c')}": ["c1", "c2"]}
    assert await bench.parked() == {"b1": "retrying", "b2": "behind"}


# ---- atomicity ------------------------------------------------------------------------------------------------------------

TRACES = {
    "inbox": "inbox t WHERE t.id = 'e1'",
    "state": "counters t WHERE t.key = 'toys:betangible/N-a'",
    "history": "history t WHERE t.causation_id = 'e1'",
    "outbox": "outbox t JOIN history h ON h.seq = t.seq WHERE h.causation_id = 'e1'",
    "jobs": "jobs t WHERE t.event_id = 'e1'",
    "due": "due t WHERE t.event_id = 'e1'",
    "parked": "parked t WHERE t.id = 'o1'",
}


async def transactions_of_e1(store: Store) -> dict[str, str]:
    """Return which transaction left each trace of the event's batch; PostgreSQL writes it into every row."""
    found = {}
    for table, where in TRACES.items():
        (row,) = await store.read(ask, f"SELECT CAST(t.xmin AS text) AS xmin FROM {where}")  # noqa: S608 - ours
        found[table] = row.xmin
    return found


async def handle_with_everything(bench: Bench) -> None:
    """Handle one batch that leaves a trace in every table."""

    def ask_for(event: Event, uow: UnitOfWork) -> None:
        uow.job(channel="mail", kind="digest", body={}, dedupe_key="d1")
        uow.remind(AT, kind="match-expires", about="m1")

    toys = Toys()
    toys.deeds.update(e1=ask_for, o1=gets("missing"))
    await bench.handle(toys, need("e1"), need("o1", "b"))


async def in_two_transactions(
    self: Executor, group: Group, tasks: Sequence[Task], position: int | None, *, careful: bool
) -> int:
    """Do the executor's work as one that forgot what a transaction is for."""
    batch = self._batch(group)
    async with self._store.transaction() as tx:
        todo = taken = await tx.do(claim, tasks, batch, named_rows(tasks))
    while todo:
        todo, wanted = await batch.step(todo)
        await self._store.read(load, batch.memory, wanted)
    async with self._store.transaction() as tx:
        await tx.do(flush, batch, self._appender, position)
    return len(taken)


@pytest.mark.services
async def test_everything_that_a_batch_leads_to_is_one_transaction(postgres: PostgresStore) -> None:
    await handle_with_everything(Bench(postgres))

    found = await transactions_of_e1(postgres)

    assert set(found) == set(TRACES)
    assert len(set(found.values())) == 1, found


@pytest.mark.services
async def test_an_executor_with_two_transactions_would_be_found_out(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Executor, "_in_one_transaction", in_two_transactions)
    await handle_with_everything(Bench(postgres))

    found = await transactions_of_e1(postgres)

    assert found["inbox"] != found["state"]


PLACES = ("executor.claimed", "executor.flushed")


@pytest.mark.parametrize("place", PLACES)
async def test_a_batch_that_is_broken_off_leaves_nothing_and_comes_again(
    bench: Bench, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(name: str) -> None:
        if name == place:
            raise asyncio.CancelledError

    toys = Toys()
    deliveries = await bench.tell(*needs(6))
    with monkeypatch.context() as broken:
        broken.setattr(executor_module, "reach", break_off)
        broken.setattr(flush_module, "reach", break_off)
        with pytest.raises(asyncio.CancelledError):
            await bench.run(toys, deliveries, position=6)

    assert (await bench.trails(), await bench.inbox(), await bench.said()) == ({}, {}, [])

    await bench.run(toys, deliveries, position=6)
    assert sorted((await bench.trails()).values()) == [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]


@pytest.fixture
def always_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let long work give way before every event."""
    monkeypatch.setattr(loop_module, "TURN", -1.0)


@pytest.mark.usefixtures("always_gives_way")
async def test_a_batch_lets_others_run_between_its_events_and_is_one_transaction_all_the_same(bench: Bench) -> None:
    toys, seen, kept = Toys(), set[int](), set[int]()
    deliveries = await bench.tell(*needs(12))

    async def look_on() -> None:
        while True:
            seen.add(len(toys.runs))
            await asyncio.sleep(0)

    async def read_along() -> None:
        while True:
            kept.add(len(await bench.inbox()))

    others = [asyncio.create_task(each()) for each in (look_on, read_along)]
    await bench.run(toys, deliveries, position=12)
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)

    assert seen >= set(range(1, 12)), "nobody else ran between the batch's events"
    assert kept <= {0, 12}
    assert sorted((await bench.trails()).values()) == [[f"{key}{n}" for n in range(1, 5)] for key in "abc"]
    assert len(await bench.said()) == 12


@pytest.mark.usefixtures("always_gives_way")
async def test_a_batch_that_is_broken_off_between_two_events_leaves_nothing_and_comes_again(bench: Bench) -> None:
    toys = Toys()
    deliveries = await bench.tell(*needs(6))
    running = asyncio.create_task(bench.run(toys, deliveries, position=6))
    toys.deeds["b1"] = lambda _event, _uow: running.cancel() and None

    with pytest.raises(asyncio.CancelledError):
        await running

    assert "c1" not in toys.runs
    assert (await bench.trails(), await bench.inbox(), await bench.said()) == ({}, {}, [])

    toys.deeds.clear()
    await bench.run(toys, deliveries, position=6)
    assert sorted((await bench.trails()).values()) == [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]
    assert len(await bench.said()) == 6


async def test_the_process_is_asked_to_stop_and_no_handler_can_swallow_it(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(KeyboardInterrupt())
    deliveries = await bench.tell(need("e1"))

    with pytest.raises(KeyboardInterrupt):
        await bench.run(toys, deliveries)

    assert await bench.inbox() == {}

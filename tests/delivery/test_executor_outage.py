"""Databases that go away, lock up or fill up in the middle of a batch: nothing half done, nothing counted, then on as before."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from hub.dispatch import runner as runner_module
from hub.dispatch.runner import PARKED_POLL, Runner
from hub.errors import FlushConflict, ServiceAway
from hub.store import lite as lite_module
from hub.store import postgres as postgres_module
from hub.store.lite import LiteStore
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from tests.conftest import DATABASE
from tests.delivery.toys import Bench, Interrupted, Toys, ask, gets, need, needs, ref, until

ALL = [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]
OTHERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = '{}' AND pid <> pg_backend_pid() AND application_name = 'vet-hub'"
)


async def terminate(store: PostgresStore) -> None:
    """End every connection of the hub's, as a restart or failover of PostgreSQL does."""
    engine = create_async_engine(DATABASE, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(OTHERS.format(store.url.rpartition("/")[2]))
    await engine.dispose()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back off for hundredths of a second."""
    monkeypatch.setattr(runner_module, "FIRST_PAUSE", 0.01)


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.parametrize("before", [True, False])
async def test_connections_that_end_in_mid_batch_leave_nothing_half_done(
    postgres: PostgresStore, *, before: bool
) -> None:
    bench, toys = Bench(postgres, Interrupted(lambda: terminate(postgres), before=before)), Toys()
    deliveries = await Bench(postgres).tell(*needs(6))

    with pytest.raises(ServiceAway):
        await bench.run(toys, deliveries)

    assert (await bench.trails(), await bench.inbox(), await bench.said()) == ({}, {}, [])


@pytest.mark.services
@pytest.mark.usefixtures("hasty")
async def test_a_batch_that_an_outage_broke_off_comes_again_and_counts_no_attempt(postgres: PostgresStore) -> None:
    bench, toys = Bench(postgres, Interrupted(lambda: terminate(postgres))), Toys()
    deliveries = await Bench(postgres).tell(*needs(6))

    await bench.runner(toys).take(deliveries)

    assert sorted((await bench.trails()).values()) == ALL
    assert await bench.parked() == {}
    assert len(await bench.said()) == 6


@pytest.mark.services
async def test_a_process_that_stalls_in_a_transaction_loses_it_to_its_successor(
    shared_database: str, postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {**postgres_module.SERVER_SETTINGS, "idle_in_transaction_session_timeout": "100ms"}
    monkeypatch.setattr(postgres_module, "SERVER_SETTINGS", quick)
    gone_on = asyncio.Event()

    async def stall() -> None:
        async with asyncio.timeout(60):
            await gone_on.wait()

    log, stalling, toys = Interrupted(stall), PostgresStore(shared_database), Toys()
    stalled, successor = Bench(stalling, log), Bench(postgres)
    deliveries = await successor.tell(*needs(6))

    first = asyncio.create_task(stalled.run(toys, deliveries))
    await until(lambda: log.times)
    await successor.run(toys, deliveries)  # waits for the inbox rows until the server ends the first one's session
    gone_on.set()

    with pytest.raises(ServiceAway):
        await first
    await stalled.run(toys, deliveries)
    assert sorted((await successor.trails()).values()) == ALL
    assert await successor.parked() == {}
    await stalling.stop()


@pytest.fixture
async def strict(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresStore]:
    """A store on a server whose operator lets nobody wait long for a lock."""
    settings = {**postgres_module.SERVER_SETTINGS, "lock_timeout": "50ms"}
    monkeypatch.setattr(postgres_module, "SERVER_SETTINGS", settings)
    made = PostgresStore(shared_database)
    yield made
    await made.stop()


@pytest.mark.services
async def test_a_statement_that_the_server_breaks_off_is_away_and_not_a_bug(postgres: PostgresStore) -> None:
    async def take_too_long(session: Session) -> None:
        await session.rows("SELECT set_config('statement_timeout', '20ms', true)")
        await session.rows("SELECT pg_sleep(60)")

    with pytest.raises(ServiceAway):
        await postgres.read(take_too_long)


@pytest.mark.services
async def test_a_server_that_falls_silent_is_away_and_its_connection_is_given_up(
    shared_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait_for_ever(session: Session) -> None:
        await session.rows("SELECT pg_sleep(600)")

    monkeypatch.setattr(postgres_module, "STATEMENT_LIMIT", 0.2)
    store = PostgresStore(shared_database, pool=1)
    with pytest.raises(ServiceAway):
        await store.write(wait_for_ever)

    assert (await store.read(ask, "SELECT 1 AS n"))[0].n == 1
    await store.stop()


@pytest.mark.services
async def test_a_server_that_dies_while_one_begins_to_listen_is_away(
    shared_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(*_: object) -> None:
        raise asyncpg.InterfaceError("connection is closed")

    monkeypatch.setattr(asyncpg.Connection, "add_listener", hang_up)
    store = PostgresStore(shared_database, pool=1)

    with pytest.raises(ServiceAway):
        await store.listen(lambda _table: None)
    await store.stop()


@pytest.mark.services
async def test_a_lock_that_takes_too_long_makes_the_batch_come_again(
    postgres: PostgresStore, strict: PostgresStore
) -> None:
    bench, toys = Bench(strict), Toys()
    deliveries = await bench.tell(need("e1"))

    async with postgres.transaction() as slow:
        await slow.do(ask, "INSERT INTO inbox SELECT 'toys', 0, source, id, time, 'done' FROM history RETURNING id")
        with pytest.raises(FlushConflict):
            await bench.run(toys, deliveries)

    assert await bench.parked() == {}


@pytest.mark.services
async def test_a_deadlock_makes_one_of_the_two_come_again(postgres: PostgresStore) -> None:
    async def locks(*keys: int) -> None:
        async with postgres.transaction() as tx:
            await tx.do(ask, "SELECT set_config('deadlock_timeout', '20ms', true)")
            for key in keys:
                await tx.do(ask, "SELECT pg_advisory_xact_lock(:key)", key=key)
                held.add(key)
                await until(lambda: len(held) == 2)

    held: set[int] = set()
    outcomes = await asyncio.gather(locks(1, 2), locks(2, 1), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes].count(FlushConflict) == 1
    assert outcomes.count(None) == 1


async def test_a_database_that_is_not_there_is_away() -> None:
    nowhere = PostgresStore("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(ServiceAway, match="PostgreSQL does not answer"):
        await nowhere.start()
    await nowhere.stop()


@pytest.mark.services
async def test_a_database_that_nobody_made_is_told_with_its_cure(shared_database: str) -> None:
    unmade = PostgresStore(f"{shared_database}_nobody_made_this")

    with pytest.raises(
        ServiceAway,
        match=r'"[^"]*_nobody_made_this" does not exist; make that database for the role, or name another in VET_HUB',
    ):
        await unmade.start()
    await unmade.stop()


@pytest.mark.services
async def test_a_pool_that_is_used_up_is_away_and_not_a_bug(
    shared_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_module, "CONNECT_TIMEOUT", 0.05)
    small = PostgresStore(shared_database, pool=1)

    with pytest.raises(ServiceAway):
        async with small.transaction():
            await small.read(ask, "SELECT 1")
    await small.stop()


# ---- SQLite ---------------------------------------------------------------------------------------------------------------

HOLD = (
    "import sqlite3, sys\n"
    "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "connection.execute('BEGIN IMMEDIATE')\n"
    "print('held', flush=True)\n"
    "sys.stdin.readline()\n"
)


@asynccontextmanager
async def locked_by_another_process(store: LiteStore) -> AsyncIterator[None]:
    """Hold the file's write lock from another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(store.path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield
    finally:
        await process.communicate(b"\n")


@pytest.fixture
async def impatient(lite: LiteStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench on SQLite that waits a twentieth of a second for its turn instead of five seconds."""
    monkeypatch.setattr(lite_module, "BUSY_TIMEOUT", 0.05)
    store = LiteStore(lite.path, exclusive=False)
    await store.start()
    yield Bench(store)
    await store.stop()


async def test_a_file_locked_by_another_process_is_away_and_nothing_is_done(impatient: Bench) -> None:
    toys, store = Toys(), impatient.store
    assert isinstance(store, LiteStore)
    deliveries = await impatient.tell(*needs(6))

    async with locked_by_another_process(store):
        with pytest.raises(ServiceAway, match="database is locked"):
            await impatient.run(toys, deliveries)
        with pytest.raises(ServiceAway, match="database is locked"):
            await store.write(ask, "SELECT 1")
        assert await impatient.inbox() == {}  # readers are not held up

    await impatient.run(toys, deliveries)
    assert sorted((await impatient.trails()).values()) == ALL


@pytest.mark.usefixtures("hasty")
async def test_a_batch_that_found_the_file_locked_comes_again(impatient: Bench) -> None:
    toys, store = Toys(), impatient.store
    assert isinstance(store, LiteStore)
    runner = impatient.runner(toys)
    deliveries = await impatient.tell(*needs(6))

    async with locked_by_another_process(store):
        taking = asyncio.create_task(runner.take(deliveries))
        await until(lambda: runner.trouble)
        assert "database is locked" in str(runner.trouble)
    await taking

    assert runner.trouble is None
    assert sorted((await impatient.trails()).values()) == ALL
    assert await impatient.parked() == {}


async def limit_pages(session: Session, more: int) -> None:
    """Let the file grow by so many pages only."""
    (now,) = await session.rows("PRAGMA page_count")
    await session.rows(f"PRAGMA max_page_count = {now[0] + more}")


@pytest.mark.parametrize("more", [0, 1, 5])
async def test_a_full_disk_leaves_nothing_half_done(lite: LiteStore, more: int) -> None:
    bench, toys = Bench(lite), Toys()
    deliveries = await bench.tell(*needs(200, "abcdefghijklmnopqrst"))
    await lite.write(limit_pages, more)

    with pytest.raises(ServiceAway, match="full"):
        await bench.run(toys, deliveries, position=200)

    assert (await bench.trails(), await bench.inbox(), await bench.said()) == ({}, {}, [])
    await lite.write(limit_pages, 10_000)
    await bench.run(toys, deliveries, position=200)
    assert sum(len(trail) for trail in (await bench.trails()).values()) == 200
    check = sqlite3.connect(lite.path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


# ---- a runner in trouble -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hasty")
async def test_a_runner_says_since_when_it_stands_still_and_goes_on_by_itself(bench: Bench) -> None:
    class Moody:
        """A helper that needs a service which is away twice, and once fails in a way nobody foresaw."""

        moods = iter([ServiceAway("the encoder does not answer"), ServiceAway("nor now")])

        async def prepare(self, store: object, events: object) -> None:
            for mood in self.moods:
                seen.append(runner.trouble)
                raise mood

    seen: list[object] = []
    toys = Toys(helpers=[Moody()])
    runner = bench.runner(toys)

    await runner.take(await bench.tell(need("e1")))

    assert seen == [None, (bench.clock.now(), "the encoder does not answer")]
    assert runner.trouble is None
    assert runner.last_done == bench.clock.now()
    assert await bench.trails() == {f"toys:{ref('a')}": ["e1"]}


@pytest.mark.usefixtures("hasty")
async def test_a_batch_is_not_given_up_whatever_goes_wrong(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    toys = Toys()
    runner = bench.runner(toys)
    run, mishaps = bench.executor.run, iter([RuntimeError("the executor's own bug")] * 2)

    async def unreliable(*args: object) -> int:
        for mishap in mishaps:
            raise mishap
        return await run(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.executor, "run", unreliable)
    await runner.take(await bench.tell(need("e1")))

    assert await bench.trails() == {f"toys:{ref('a')}": ["e1"]}


@pytest.mark.usefixtures("hasty")
async def test_looking_at_parked_rows_survives_an_outage_and_ends_its_own_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys = Toys()
    runner = bench.runner(toys)
    look, seen = Runner.try_parked, [ServiceAway("away"), ValueError("a row that nobody can read")]

    async def sometimes(self: Runner) -> int:
        if seen:
            raise seen.pop()
        return await look(self)

    monkeypatch.setattr(Runner, "try_parked", sometimes)
    looking = asyncio.create_task(runner.look_at_parked())
    await until(lambda: runner.trouble)
    assert runner.trouble is not None
    await until(lambda: runner.trouble is None)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


@pytest.mark.services
async def test_rows_that_another_process_tries_are_not_asked_for_in_a_hot_loop(postgres: PostgresStore) -> None:
    bench, toys = Bench(postgres), Toys()
    toys.deeds["e1"] = gets("missing")
    runner, loop = bench.runner(toys), asyncio.get_running_loop()
    await bench.handle(toys, need("e1"))
    bench.clock.advance(seconds=1)

    async with postgres.transaction() as elsewhere:
        await elsewhere.do(ask, "SELECT 1 FROM parked FOR UPDATE")
        ran, looks, began = len(toys.tries), bench.executor.batches["toys"], loop.time()
        looking = asyncio.create_task(runner.look_at_parked())
        await until(lambda: bench.executor.batches["toys"] >= looks + 3)
        took = loop.time() - began
        looking.cancel()

    assert took >= 2 * PARKED_POLL
    assert len(toys.tries) == ran

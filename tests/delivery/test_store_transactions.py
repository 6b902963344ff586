"""The store's contract, the same on SQLite and PostgreSQL: all or nothing, the same answers, nothing half done."""

import asyncio
from threading import Event

import pytest

from hub.errors import FlushConflict
from hub.rows import Counter, Hold, Match, Row, Seats
from hub.store import cursors, nouns
from hub.store.lite import FirstComeQueue, LiteStore
from hub.store.port import Store
from hub.store.session import Session
from tests.delivery.toys import another, ask, until


def counter(key: str, count: int = 0, *, version: int = 1, org: str = "hub") -> Counter:
    return Counter(key=key, org=org, state="counting", name=key, count=count, version=version)


def seats(key: str, curriculum: str, *, version: int = 1) -> Seats:
    return Seats(key=key, org="movex", state="open", curriculum=curriculum, told_free=4, version=version)


async def save(session: Session, *rows: Row) -> None:
    await nouns.tick(session)
    for row in rows:
        await nouns.save(session, type(row), [row])


async def counts(store: Store) -> dict[str, int]:
    return {row.key: row.count for row in await store.read(nouns.page, Counter)}


# ---- transactions ---------------------------------------------------------------------------------------------------------


async def test_steps_of_a_transaction_are_kept_together(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.do(save, counter("a", 1))
        await tx.do(save, counter("b", 2))
        assert await counts(store) == {}  # nobody else sees it yet

    assert await counts(store) == {"a": 1, "b": 2}


async def test_steps_of_a_transaction_are_lost_together(store: Store) -> None:
    async def two_steps() -> None:
        async with store.transaction() as tx:
            await tx.do(save, counter("a", 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await two_steps()

    assert await counts(store) == {}
    await store.write(save, counter("b", 2))
    assert await counts(store) == {"b": 2}


async def test_one_write_is_kept_or_lost_as_a_whole(store: Store) -> None:
    async def half(session: Session) -> None:
        await save(session, counter("a", 1))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(half)

    assert await counts(store) == {}


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_works(store: Store) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with store.transaction() as tx:
            await tx.do(save, counter("a", 1))
            inside.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    await store.write(save, counter("b", 2))
    assert await counts(store) == {"b": 2}


async def test_a_transaction_cancelled_while_it_waits_for_another_process_leaves_the_store_usable(
    lite: LiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, begun, say = another(lite), Event(), lite._say
    await beside.start()

    def tell_and_say(sql: str) -> None:
        begun.set()
        say(sql)

    async def work() -> None:
        async with lite.transaction() as tx:
            await tx.do(save, counter("a", 1))

    monkeypatch.setattr(lite, "_say", tell_and_say)
    async with beside.transaction() as other:
        await other.do(save, counter("b", 2))
        task = asyncio.create_task(work())
        await until(begun.is_set)
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    await lite.write(save, counter("c", 3))
    assert await counts(lite) == {"b": 2, "c": 3}
    await beside.stop()


async def test_a_reader_sees_one_snapshot(store: Store) -> None:
    async def twice(session: Session) -> tuple[int, int]:
        first = await session.rows("SELECT count(*) AS n FROM counters")
        second = await session.rows("SELECT count(*) AS n FROM counters")
        return first[0].n, second[0].n

    await store.write(save, counter("a"))

    assert await store.read(twice) == (1, 1)


async def test_writers_of_one_process_never_lose_an_addition(store: Store) -> None:
    async def add(session: Session) -> None:
        row = (await nouns.load(session, Counter, ["a"]))["a"]
        await nouns.tick(session)
        await nouns.save(
            session, Counter, [row.model_copy(update={"count": row.count + 1, "version": row.version + 1})]
        )

    async def add_until_kept() -> None:
        while True:
            try:
                return await store.write(add)
            except FlushConflict:
                continue

    await store.write(save, counter("a"))
    await asyncio.gather(*(add_until_kept() for _ in range(20)))

    assert await counts(store) == {"a": 20}


async def test_urgent_writers_go_before_batches() -> None:
    queue, order = FirstComeQueue(), []

    async def work(name: str, *, urgent: bool) -> None:
        await queue.take(urgent=urgent)
        order.append(name)
        queue.leave()

    await queue.take(urgent=False)
    tasks = [
        asyncio.create_task(work(name, urgent=urgent))
        for name, urgent in (("batch", False), ("b2", False), ("post", True))
    ]
    await asyncio.sleep(0)
    queue.leave()
    await asyncio.gather(*tasks)

    assert order == ["post", "batch", "b2"]


async def test_a_turn_handed_to_somebody_who_was_just_cancelled_is_passed_on() -> None:
    queue = FirstComeQueue()
    await queue.take(urgent=False)
    gone, next_one = asyncio.create_task(queue.take(urgent=False)), asyncio.create_task(queue.take(urgent=False))
    await asyncio.sleep(0)

    queue.leave()  # hands the turn to `gone`, who is cancelled before it wakes up
    gone.cancel()

    await asyncio.wait_for(next_one, 60)
    assert gone.cancelled()


async def two_statements(session: Session) -> None:
    await session.rows("SELECT 1")
    await session.rows("SELECT 1")


async def writes(session: Session) -> None:
    await session.run("DELETE FROM counters")


async def test_a_glance_is_one_statement_that_reads(store: Store) -> None:
    await store.write(save, counter("a", 3))

    assert (await store.glance(nouns.load, Counter, ["a"]))["a"].count == 3
    for question in (two_statements, writes):
        with pytest.raises(RuntimeError, match="a glance"):
            await store.glance(question)
    assert await counts(store) == {"a": 3}


# ---- rows -----------------------------------------------------------------------------------------------------------------


async def test_rows_come_back_as_they_were_saved(store: Store) -> None:
    row = seats("movex/C07-1", "movex/C07").model_copy(
        update={"held": {"r1": Hold(about="a/N-1", seats=2, seq=9)}, "told_seq": 7}
    )
    await store.write(save, row, counter("ñ «quoted»", 3))

    assert await store.read(nouns.load, Seats, ["movex/C07-1", "absent"]) == {"movex/C07-1": row}
    assert await counts(store) == {"ñ «quoted»": 3}


async def test_rows_are_found_by_their_searched_column(store: Store) -> None:
    await store.write(save, seats("b", "movex/C1"), seats("a", "movex/C1"), seats("c", "movex/C2"))

    assert [row.key for row in await store.read(nouns.where, Seats, "curriculum", "movex/C1")] == ["a", "b"]
    assert await store.read(nouns.where, Match, "about", "betangible/N-1") == []


async def test_pages_follow_the_keys_order(store: Store) -> None:
    await store.write(save, counter("c"), counter("a"), counter("B", org="x"), counter("b"))

    first = await store.read(nouns.page, Counter, limit=2)
    rest = await store.read(nouns.page, Counter, after=first[-1].key)

    assert [row.key for row in first] == ["B", "a"]  # by code point on both engines, so that a page's end is a place
    assert [row.key for row in rest] == ["b", "c"]
    assert [row.key for row in await store.read(nouns.page, Counter, org="x")] == ["B"]


async def test_rows_are_counted_by_state(store: Store) -> None:
    await store.write(save, counter("a"), counter("b"))

    assert await store.read(nouns.count, Counter) == {"counting": 2}


async def test_a_group_never_moves_back(store: Store) -> None:
    await store.write(cursors.move, "matcher", 7)
    await store.write(cursors.move, "matcher", 3)

    assert await store.read(cursors.position, "matcher") == 7
    assert await store.read(cursors.position, "nobody") == 0
    assert await store.read(cursors.all_positions) == {"matcher": 7}


# ---- conflicts ------------------------------------------------------------------------------------------------------------


async def test_a_row_saved_by_somebody_else_first_is_a_conflict(store: Store) -> None:
    await store.write(save, counter("a", 1))
    await store.write(save, counter("a", 2, version=2))

    with pytest.raises(FlushConflict, match="1 of 1 counters"):
        await store.write(save, counter("a", 9, version=2))

    assert await counts(store) == {"a": 2}


async def test_a_row_that_was_not_there_when_we_looked_is_a_conflict(store: Store) -> None:
    await store.write(save, counter("a", 1))

    with pytest.raises(FlushConflict):
        await store.write(save, counter("a", 9))

    assert await counts(store) == {"a": 1}


async def test_a_conflict_in_one_row_keeps_none_of_the_batch(store: Store) -> None:
    async def both(session: Session) -> None:
        await nouns.tick(session)
        await nouns.save(session, Counter, [counter("a", 9, version=5), counter("b", 9)])

    await store.write(save, counter("a", 1))

    with pytest.raises(FlushConflict, match="1 of 2 counters"):
        await store.write(both)

    assert await counts(store) == {"a": 1}


# ---- following changes ------------------------------------------------------------------------------------------------------


async def test_a_follower_sees_every_change_that_is_committed(store: Store) -> None:
    since, _ = await store.read(nouns.clock_now)
    await store.write(save, counter("a"))
    await store.write(save, counter("b"))

    seen = [row.key for row, _ in await store.read(nouns.changed, since, Counter)]
    since, _ = await store.read(nouns.clock_now)
    await store.write(save, counter("b", version=2))

    assert seen == ["a", "b"]
    again = [row.key for row, _ in await store.read(nouns.changed, since, Counter)]
    assert "b" in again
    assert store.engine == "postgresql" or again == ["b"]  # there, an old transaction elsewhere makes rows come twice


@pytest.mark.services
async def test_a_follower_does_not_miss_a_row_whose_transaction_began_first_and_ended_last(postgres: Store) -> None:
    seen: list[str] = []
    since, _ = await postgres.read(nouns.clock_now)

    async def follow() -> None:
        nonlocal since
        before = since
        since, _ = await postgres.read(nouns.clock_now)  # the place first, then the rows
        seen.extend(row.key for row, _ in await postgres.read(nouns.changed, before, Counter))

    async with postgres.transaction() as early:
        await early.do(save, counter("early"))
        await postgres.write(save, counter("late"))
        await follow()
        assert seen == ["late"]

    await follow()
    assert set(seen) == {"late", "early"}


@pytest.mark.services
async def test_the_clock_stands_still_while_the_oldest_transaction_is_open(postgres: Store) -> None:
    async with postgres.transaction() as early:
        (row,) = await early.do(ask, "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint) AS xid")
        await postgres.write(save, counter("late"))

        assert (await postgres.read(nouns.clock_now))[0] <= row.xid

    async def moves_on() -> bool:
        return (await postgres.read(nouns.clock_now))[0] > int(row.xid)

    await until(moves_on)  # once no other database of the server holds an older transaction open either


# ---- other processes ----------------------------------------------------------------------------------------------------------


async def test_a_command_writes_beside_a_running_hub(lite: LiteStore) -> None:
    beside = another(lite)
    await beside.start()
    await beside.write(save, counter("a", 1))
    await beside.stop()

    assert await counts(lite) == {"a": 1}


async def test_what_was_written_is_there_after_closing_and_opening(store: Store) -> None:
    for version in (1, 2):
        process = another(store)
        await process.start()
        await process.write(save, counter("a", version, version=version))
        await process.stop()

    assert await counts(store) == {"a": 2}

"""Parked rows on both stores: which may be tried, who gets to try them, and that a release is never lost."""

import asyncio
from dataclasses import replace

import pytest

from events.topics import COOPERATION, DEAD
from hub.ids import parked_id
from hub.store import history, inbox, parked
from hub.store.history import Entry
from hub.store.lite import LiteStore
from hub.store.parked import ParkedRow, Which
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from tests.delivery.toys import ask, need, ref, until

EARLIER = "2026-11-23T07:00:00.000000Z"
NOW = "2026-11-23T08:00:00.000000Z"
LATER = "2026-11-23T09:00:00.000000Z"
WAITERS = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def put(
    store: Store,
    event_id: str,
    key: str = "a",
    *,
    state: str = "waiting",
    next_at: str | None = NOW,
    grp: str = "matcher",
    partition: str = "history",
    waits_for: str | None = None,
) -> ParkedRow:
    """Store an event and park it."""
    event = need(event_id, key)
    await store.write(history.append, [Entry(event, COOPERATION)], outbox=False)
    stored = await store.read(history.one, event.source, event_id)
    assert stored is not None
    row = ParkedRow(
        parked_id=parked_id(grp, 0, event.source, event_id),
        grp=grp,
        epoch=0,
        partition_name=partition,
        partition_key=ref(key),
        seq=stored.seq,
        source=event.source,
        id=event_id,
        type=event.type,
        state=state,
        blocks=int(state in ("retrying", "behind")),
        waits_for=waits_for,
        attempts=1,
        first_at=EARLIER,
        next_at=next_at,
        reason="a test put it there",
    )
    await store.write(parked.park, [row])
    return row


async def ready(store: Store, *, grp: str = "matcher", partitions: tuple[str, ...] = ("history",)) -> list[str]:
    return [row.id for row in await store.read(parked.ready, grp=grp, now=NOW, limit=100, partitions=partitions)]


async def somebody_waits(store: Store) -> bool:
    return bool((await store.read(ask, WAITERS))[0].n)


# ---- what may be tried -----------------------------------------------------------------------------------------------------


async def test_rows_that_are_due_are_ready_oldest_event_first(store: Store) -> None:
    for event_id, at in (("e1", NOW), ("e2", LATER), ("e3", EARLIER), ("e4", None)):
        await put(store, event_id, event_id, next_at=at)

    assert await ready(store) == ["e1", "e3"]


async def test_a_ready_row_brings_its_event(store: Store) -> None:
    row = await put(store, "e1")

    (found,) = await store.read(parked.ready, grp="matcher", now=NOW, limit=1, partitions=["history"])

    assert found.parked_id == row.parked_id
    assert parked.parked_envelope(found) == await store.read(history.one, row.source, "e1")


async def test_a_process_gets_only_rows_of_its_own_partitions_and_group(store: Store) -> None:
    await put(store, "e1", partition="hub.cooperation.v1/0")
    await put(store, "e2", partition="hub.cooperation.v1/1")
    await put(store, "e3", partition="hub.cooperation.v1/0", grp="workflow")

    assert await ready(store, partitions=("hub.cooperation.v1/0",)) == ["e1"]
    assert await ready(store, partitions=()) == []


async def test_what_stands_behind_a_failed_event_is_ready_only_with_it(store: Store) -> None:
    await put(store, "e1", state="retrying", next_at=LATER)
    await put(store, "e2", state="behind", next_at=EARLIER)
    await put(store, "e3", state="waiting", next_at=NOW)
    await put(store, "o1", "b", state="behind", next_at=EARLIER)

    assert await ready(store) == ["e3", "o1"]  # a waiting row blocks nobody; what stood behind a vanished row goes on

    await put(store, "e1", state="retrying", next_at=NOW)
    assert await ready(store) == ["e1", "e2", "e3", "o1"]


async def test_the_same_key_failed_in_another_group_blocks_nobody_here(store: Store) -> None:
    await put(store, "e1", state="retrying", next_at=None, grp="workflow")
    await put(store, "e2", state="behind", grp="matcher")

    assert await ready(store) == ["e2"]
    assert await store.read(parked.blocked, [ref("a"), ref("b")], grp="workflow") == {ref("a")}


async def test_only_failed_events_and_those_behind_them_block_their_key(store: Store) -> None:
    await put(store, "e1", "a", state="waiting")
    await put(store, "e2", "b", state="retrying")
    await put(store, "e3", "c", state="behind")

    assert await store.read(parked.blocked, [ref(key) for key in "abcd"], grp="matcher") == {ref("b"), ref("c")}


# ---- who gets to try them -----------------------------------------------------------------------------------------------


async def test_a_row_that_is_gone_cannot_be_locked(store: Store) -> None:
    here, gone = await put(store, "e1"), await put(store, "e2")
    await store.write(parked.through, [gone.parked_id])

    assert await store.write(parked.lock, [here.parked_id, gone.parked_id], now=LATER) == {here.parked_id}


async def test_a_follower_is_not_locked_without_those_before_it(store: Store) -> None:
    rows = [await put(store, f"e{n}", state="retrying" if n == 1 else "behind") for n in (1, 2, 3)]
    other = await put(store, "o1", "b", state="retrying")
    first, second, third = (row.parked_id for row in rows)

    assert await store.write(parked.lock, [second, third, other.parked_id], now=LATER) == {other.parked_id}
    assert await store.write(parked.lock, [first, third], now=LATER) == {first}
    assert await store.write(parked.lock, [first, second, third], now=LATER) == {first, second, third}


@pytest.mark.services
async def test_rows_that_somebody_else_tries_are_skipped_and_so_are_their_followers(postgres: PostgresStore) -> None:
    rows = [await put(postgres, f"e{n}", state="retrying" if n == 1 else "behind") for n in (1, 2)]
    waiting, other = await put(postgres, "e3"), await put(postgres, "o1", "b", state="retrying")
    everything = [row.parked_id for row in (*rows, waiting, other)]

    async with postgres.transaction() as elsewhere:
        assert await elsewhere.do(parked.lock, [rows[0].parked_id], now=LATER) == {rows[0].parked_id}
        assert await postgres.write(parked.lock, everything, now=LATER) == {waiting.parked_id, other.parked_id}


@pytest.mark.services
async def test_a_follower_cannot_be_taken_while_the_head_fails_again_elsewhere(postgres: PostgresStore) -> None:
    head, follower = await put(postgres, "e1", state="retrying"), await put(postgres, "e2", state="behind")

    async with postgres.transaction() as elsewhere:
        await elsewhere.do(parked.lock, [head.parked_id, follower.parked_id], now=LATER)
        await elsewhere.do(parked.park, [replace(head, next_at=LATER, attempts=2)])

    assert await ready(postgres) == []
    assert await postgres.write(parked.lock, [follower.parked_id], now=LATER) == set()


# ---- release ------------------------------------------------------------------------------------------------------------------


async def test_saving_a_row_releases_what_waits_for_it_in_every_group(store: Store) -> None:
    await put(store, "e1", next_at=LATER, waits_for="need:x")
    await put(store, "e2", next_at=LATER, waits_for="need:x", grp="workflow")
    await put(store, "e3", next_at=LATER, waits_for="need:y")

    assert await store.write(parked.release, ["need:x", "match:x"], now=NOW) == 2
    assert (await ready(store), await ready(store, grp="workflow")) == (["e1"], ["e2"])


async def test_an_event_that_an_operator_should_look_at_is_still_released(store: Store) -> None:
    await put(store, "e1", state="needs_operator", next_at=LATER, waits_for="need:x")

    await store.write(parked.release, ["need:x"], now=NOW)

    assert await ready(store) == ["e1"]
    assert (await store.read(parked.listing))[0].state == "waiting"


@pytest.mark.services
async def test_a_release_while_the_row_is_being_tried_is_not_lost(postgres: PostgresStore) -> None:
    row = await put(postgres, "e1", waits_for="need:x")

    async with postgres.transaction() as trying:
        await trying.do(
            parked.lock, [row.parked_id], now=LATER
        )  # it looked before the saver committed and found nothing
        released = asyncio.create_task(postgres.write(parked.release, ["need:x"], now=NOW))
        await until(lambda: somebody_waits(postgres))
        await trying.do(parked.park, [replace(row, next_at=LATER, attempts=2)])

    assert await released == 1
    assert await ready(postgres) == ["e1"]


@pytest.mark.services
async def test_a_release_of_a_row_that_got_through_meanwhile_changes_nothing(postgres: PostgresStore) -> None:
    row = await put(postgres, "e1", waits_for="need:x")

    async with postgres.transaction() as trying:
        await trying.do(parked.lock, [row.parked_id], now=LATER)
        released = asyncio.create_task(postgres.write(parked.release, ["need:x"], now=NOW))
        await until(lambda: somebody_waits(postgres))
        await trying.do(parked.through, [row.parked_id])

    assert await released == 0
    assert await postgres.read(parked.listing) == []


# ---- what operators do ------------------------------------------------------------------------------------------------------


async def test_parking_again_keeps_what_was_true_from_the_start(store: Store) -> None:
    row = await put(store, "e1")
    await store.write(parked.park, [replace(row, state="retrying", blocks=1, attempts=3, first_at=LATER, reason="new")])

    (found,) = await store.read(parked.listing)

    assert (found.state, found.blocks, found.attempts, found.reason, found.first_at) == (
        "retrying",
        1,
        3,
        "new",
        EARLIER,
    )


async def test_the_list_counts_what_stands_behind_and_does_not_show_it(store: Store) -> None:
    await put(store, "e1", state="retrying", next_at=None)
    for n in (2, 3):
        await put(store, f"e{n}", state="behind")
    await put(store, "w1", grp="workflow")

    found = await store.read(parked.listing)

    assert sorted((row.id, row.waiting_behind) for row in found) == [("e1", 2), ("w1", 0)]
    assert [row.id for row in await store.read(parked.listing, which=Which(group="workflow"))] == ["w1"]
    assert sorted((row.grp, row.state, row.n) for row in await store.read(parked.counts)) == [
        ("matcher", "behind", 2),
        ("matcher", "retrying", 1),
        ("workflow", "waiting", 1),
    ]


async def test_a_row_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    row = await put(store, "e1")

    assert (await store.read(parked.find, row.parked_id[:8])).id == "e1"  # type: ignore[union-attr]
    assert await store.read(parked.find, row.parked_id[:5]) is None
    assert await store.read(parked.find, "ffffffff") is None


async def test_an_operator_makes_a_row_due_with_a_fresh_count(store: Store) -> None:
    row = await put(store, "e1", state="retrying", next_at=None)

    assert await store.write(parked.retry, row.parked_id, now=NOW) == 1
    assert await ready(store) == ["e1"]
    assert (await store.read(parked.find, row.parked_id)).attempts == 0  # type: ignore[union-attr]


async def test_skipping_a_failed_event_says_so_and_lets_its_followers_go(store: Store) -> None:
    row = await put(store, "e1", state="retrying", next_at=None)
    await put(store, "e2", state="behind")
    await store.write(inbox.claim, [(row.source, "e1")], grp="matcher", epoch=0, at=NOW)

    assert await ready(store) == []
    assert await store.write(parked.skip, row.parked_id, reason="known and harmless", now=NOW) == 1
    assert await store.write(parked.skip, row.parked_id, reason="twice", now=NOW) == 0

    (step,) = await store.read(inbox.steps, [(row.source, "e1")])
    assert (step.outcome, step.note) == ("skipped", "known and harmless")
    assert await ready(store) == ["e2"]


@pytest.mark.services
async def test_a_copy_of_what_was_given_up_leaves_for_outside_tools(postgres: PostgresStore) -> None:
    given_up = await put(postgres, "e1", state="needs_operator", next_at=None)
    unreadable = replace(given_up, parked_id="unreadable", id="history@1", seq=None, raw=b"\xff")
    await postgres.write(parked.park, [unreadable])
    assert await postgres.glance(history.unsent, limit=10) == []

    for row in (given_up, unreadable):
        assert await postgres.write(parked.skip, row.parked_id, reason="known and harmless", now=NOW) == 1

    ((topic, copy),) = await postgres.glance(history.unsent, limit=10)
    assert (topic, copy.id, copy.partition_key) == (DEAD, "e1", given_up.partition_key)


async def test_what_is_given_up_in_one_process_stays_in_its_database(lite: LiteStore) -> None:
    row = await put(lite, "e1", state="needs_operator", next_at=None)
    await lite.write(parked.skip, row.parked_id, reason="known and harmless", now=NOW)

    assert await lite.glance(history.unsent, limit=10) == []


async def test_a_record_nobody_can_read_keeps_its_bytes_and_cannot_be_tried_again(store: Store) -> None:
    row = replace(await put(store, "e1"), parked_id="bytes", seq=None, next_at=None, raw=b"\x00\xff\xfe")
    await store.write(parked.park, [row])

    found = await store.read(parked.find, "bytes")

    assert found is not None
    assert bytes(found.raw) == b"\x00\xff\xfe"
    assert await store.write(parked.retry, "bytes", now=NOW) == 0

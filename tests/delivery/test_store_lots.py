"""Retries of a snapshot on both stores: what matches at one moment, at a rate, once, whoever asks and however often."""

import asyncio
from datetime import timedelta

import pytest

from hub import mending
from hub.clock import instant, stamp
from hub.errors import HubError
from hub.log.outbox import OutboxLog
from hub.store import audit, history, inbox, lots, parked
from hub.store.audit import Deed
from hub.store.lots import Lot
from hub.store.parked import ALL, Which
from hub.store.port import Store
from tests.delivery.test_store_parked import LATER, NOW, put

BY = Deed(NOW, "cli:1000", "parked.retry-all", "snapshot")


async def begun(store: Store, which: Which = ALL, *, rate: float = 10.0) -> Lot:
    number = await store.write(lots.start, BY, which, rate=rate)
    assert number is not None
    return await now(store, number)


async def now(store: Store, number: int) -> Lot:
    lot = await store.read(lots.find, number)
    assert lot is not None
    return lot


async def due(store: Store, *, after: float) -> list[str]:
    at = stamp(instant(NOW) + timedelta(seconds=after))
    return [row.id for row in await store.read(parked.ready, grp="matcher", now=at, limit=100, partitions=["history"])]


async def failed(store: Store, count: int) -> None:
    """Park events whose handler failed for the last time, each of a key of its own."""
    for n in range(count):
        await put(store, f"e{n}", f"k{n}", state="retrying", next_at=None)


async def test_each_event_has_its_moment_in_the_order_of_events(store: Store) -> None:
    await failed(store, 5)

    lot = await begun(store, rate=2.0)

    assert [await due(store, after=seconds) for seconds in (0, 0.4, 0.5, 2)] == [
        ["e0"],
        ["e0"],
        ["e0", "e1"],
        ["e0", "e1", "e2", "e3", "e4"],
    ]
    assert (lot.events, lot.due, lot.rate, lot.who) == (5, 5, 2.0, "cli:1000")
    assert lot.last_at == stamp(instant(NOW) + timedelta(seconds=2))


CHOICES = {
    "a group": (Which(group="workflow"), ["w"]),
    "a key": (Which(key="betangible/N-b"), ["b"]),
    "a state": (Which(state="waiting"), ["w"]),
    "types": (Which(types="need.*"), ["a", "b", "w"]),
    "no pattern of LIKE": (Which(types="need.p_blished"), []),
    "other types": (Which(types="match.*"), []),
    "words of the reason": (Which(reason="A TEST"), ["a", "b", "w"]),
    "a sign of LIKE": (Which(reason="%"), []),
    "all together": (Which(group="matcher", reason="put it", types="need.published"), ["a", "b"]),
}


@pytest.mark.parametrize(("which", "chosen"), CHOICES.values(), ids=CHOICES)
async def test_what_is_chosen_is_what_matches(store: Store, which: Which, chosen: list[str]) -> None:
    await put(store, "a", "a", state="needs_operator", next_at=LATER)
    await put(store, "b", "b", state="retrying", next_at=LATER)
    await put(store, "w", "w", state="waiting", next_at=LATER, grp="workflow")
    await put(store, "behind", "b", state="behind")

    assert sorted(row.id for row in await store.read(parked.listing, which=which)) == chosen
    assert await store.read(lots.matching, which) == len(chosen)
    number = await store.write(lots.start, BY, which, rate=10)
    assert (number is not None) == bool(chosen)


async def test_a_lot_is_what_was_parked_when_it_began(store: Store) -> None:
    await failed(store, 2)
    lot = await begun(store)

    await put(store, "new", "new", state="needs_operator", next_at=None)

    assert (await now(store, lot.number)).events == 2
    assert (await begun(store)).events == 1


async def test_two_operators_who_do_the_same_do_it_once(store: Store) -> None:
    await failed(store, 20)

    numbers = await asyncio.gather(*(store.write(lots.start, BY, ALL, rate=100) for _ in range(2)))

    (number,) = [each for each in numbers if each is not None]
    assert (await now(store, number)).due == 20
    assert await store.read(lots.matching, ALL) == 0


async def test_progress_says_what_went_through_and_what_failed_again(store: Store) -> None:
    await failed(store, 3)
    lot = await begun(store)
    first, second, _ = await store.read(parked.listing)

    await store.write(parked.through, [first.parked_id])
    await put(store, second.id, second.id.replace("e", "k"), state="retrying", next_at=LATER)

    told = await now(store, lot.number)
    assert (told.events, told.through, told.failed, told.due) == (3, 1, 1, 1)
    assert await store.read(lots.running) == [told]


async def test_what_failed_again_may_go_into_another_lot_and_what_is_to_come_may_not(store: Store) -> None:
    await failed(store, 2)
    await begun(store)
    await put(store, "e0", "k0", state="needs_operator", next_at=None)

    assert (await begun(store)).events == 1


async def test_a_stopped_lot_leaves_the_rest_as_it_was(store: Store) -> None:
    await failed(store, 2)
    await put(store, "w", "w", state="waiting", next_at=LATER)
    lot = await begun(store)
    (first, *_) = await store.read(parked.listing)
    await store.write(parked.through, [first.parked_id])

    assert await store.write(lots.stop, BY, lot.number) == 2
    assert await store.write(lots.stop, BY, lot.number) == 0

    told = await now(store, lot.number)
    assert (told.through, told.stopped, told.due, told.failed) == (1, 2, 0, 0)
    assert {row.id: row.state for row in await store.read(parked.listing)} == {"e1": "needs_operator", "w": "waiting"}
    assert await due(store, after=60) == []
    assert await store.read(lots.running) == []


async def test_one_that_is_tried_by_hand_leaves_its_lot(store: Store) -> None:
    await failed(store, 2)
    lot = await begun(store, rate=0.1)
    *_, last = await store.read(parked.listing)

    await store.write(parked.retry, last.parked_id, now=NOW)

    assert (await now(store, lot.number)).due == 1
    assert len(await due(store, after=0)) == 2


async def test_no_lot_has_a_number_of_something_else(store: Store) -> None:
    number = await store.write(audit.note, Deed(NOW, "cli:1000", "key.create", "k-1"))

    assert await store.read(lots.find, number) is None
    assert await store.read(lots.find, 10**6) is None


async def test_an_edited_copy_takes_the_originals_place_once(store: Store) -> None:
    row = await put(store, "e1", state="needs_operator", next_at=None)
    await store.write(inbox.claim, [(row.source, "e1")], grp="matcher", epoch=0, at=NOW)
    original = await store.read(history.one, row.source, "e1")
    assert original is not None
    copies = [mending.copy_with(original.data.decode().replace("3", str(n), 1), original) for n in (4, 5)]
    log = OutboxLog()

    done = await asyncio.gather(
        *(mending.mend(store, log, BY, row.parked_id, copy) for copy in copies), return_exceptions=True
    )

    (late,) = [each for each in done if isinstance(each, HubError)]
    assert "somebody was faster" in str(late)
    story = [each for each in await store.read(history.tail, after_seq=0, limit=10) if each.id != "e1"]
    assert [(each.id, each.causation_id, each.correlation_id) for each in story] == [
        ("e1.edited-1", "e1", original.correlation_id)
    ]
    (step,) = await store.read(inbox.steps, [(row.source, "e1")])
    assert (step.outcome, step.note) == ("replaced", "replaced by e1.edited-1")
    assert await store.read(parked.listing) == []
    assert [each.act for each in await store.read(audit.newest, limit=10)] == ["parked.edit"]

"""The log's contract, the same on the history table and on Kafka: order per key, nothing lost, nothing twice."""

import asyncio
from collections import Counter

from hub.dispatch.parking import BUG_DELAYS
from tests.delivery.rigs import Rig
from tests.delivery.toys import Toys, ask, gets, need, needs, raises, ref, trails, until

KEYS = "abcdefghij"


def every(count: int, keys: str = KEYS) -> dict[str, list[str]]:
    """Return the trails of `needs(count)` when every event was handled once and in order."""
    return {f"toys:{ref(key)}": [e.id for e in needs(count, keys) if e.id[0] == key] for key in keys}


async def handled(rig: Rig, expected: dict[str, list[str]]) -> None:
    """Wait until the trails are as expected; what comes too often or in another order never is."""
    await until(lambda: _same(rig, expected))


async def _same(rig: Rig, expected: dict[str, list[str]]) -> bool:
    found = await trails(rig.store)
    too_much = {key: trail for key, trail in found.items() if len(trail) > len(expected.get(key, ()))}
    assert not too_much
    return found == expected


async def test_events_of_one_key_are_handled_in_the_order_they_were_said(rig: Rig) -> None:
    said, toys = needs(300, KEYS), Toys()

    async with rig.group(toys):
        for begin in range(0, 300, 30):
            await rig.say(*said[begin : begin + 30])
        await handled(rig, every(300))

    assert len(toys.runs) == 300


async def test_events_said_by_many_at_once_keep_each_keys_order(rig: Rig) -> None:
    async def say_all(key: str) -> None:
        for n in range(1, 11):
            await rig.say(need(f"{key}{n}", key))

    async with rig.group(Toys()):
        await asyncio.gather(*(say_all(key) for key in KEYS))
        await handled(rig, every(100))


async def test_a_group_hears_what_was_said_before_it_ever_ran(rig: Rig) -> None:
    await rig.say(*needs(20, KEYS))

    async with rig.group(Toys()):
        await handled(rig, every(20))


async def test_a_group_goes_on_where_it_stopped(rig: Rig) -> None:
    said, first, second = needs(40, KEYS), Toys(), Toys()
    async with rig.group(first):
        await rig.say(*said[:20])
        await handled(rig, every(20))

    await rig.say(*said[20:])
    async with rig.group(second):
        await handled(rig, every(40))

    assert Counter(first.runs) == Counter(event.id for event in said[:20])
    assert Counter(second.runs) == Counter(event.id for event in said[20:])


async def test_what_comes_again_after_a_kill_has_no_second_effect(rig: Rig) -> None:
    said, first, second = needs(40, KEYS), Toys(), Toys()
    async with rig.forgetting(), rig.group(first):
        await rig.say(*said[:20])
        await handled(rig, every(20))

    async with rig.group(second):
        await rig.say(*said[20:])
        await handled(rig, every(40))

    assert Counter(second.runs) == Counter(event.id for event in said[20:])
    (spoken,) = await rig.store.read(ask, "SELECT count(*) AS n FROM history WHERE source = '/hub'")
    assert spoken.n == 40


async def test_groups_hear_everything_each_for_itself(rig: Rig) -> None:
    names = ("toys", "others", "thirds")
    expected = {key.replace("toys", name): trail for name in names for key, trail in every(60).items()}

    async with rig.group(Toys()), rig.group(Toys("others")), rig.group(Toys("thirds")):
        await rig.say(*needs(60, KEYS))
        await handled(rig, expected)


async def test_what_was_rolled_back_is_never_delivered(rig: Rig) -> None:
    toys = Toys()
    await rig.say(need("e1"))
    await rig.say_and_fail(need("e2"), need("o1", "b"))
    await rig.say(need("e3"))

    async with rig.group(toys):
        await handled(rig, {f"toys:{ref('a')}": ["e1", "e3"]})

    assert toys.runs == ["e1", "e3"]


async def test_an_event_stored_twice_is_delivered_once(rig: Rig) -> None:
    await rig.say(need("e1"))
    await rig.say(need("e1"), need("e2"))

    async with rig.group(Toys()):
        await handled(rig, {f"toys:{ref('a')}": ["e1", "e2"]})


async def test_a_bug_in_the_middle_holds_its_own_key_until_it_is_mended(rig: Rig) -> None:
    toys, expected = Toys(), every(60)
    toys.deeds["c2"] = raises(ValueError("a handler's bug"))
    c = f"toys:{ref('c')}"

    async with rig.group(toys):
        await rig.say(*needs(60, KEYS))
        await handled(rig, {**expected, c: ["c1"]})
        await until(lambda: "c2" in toys.runs)

        del toys.deeds["c2"]
        rig.clock.advance(seconds=BUG_DELAYS[0])
        await handled(rig, expected)


async def test_a_waiting_event_is_handled_as_soon_as_another_group_saves_what_it_lacks(rig: Rig) -> None:
    toys, others = Toys(), Toys("others")
    toys.deeds["e1"] = gets(others.row(ref("b")))

    async with rig.group(toys), rig.group(others):
        await rig.say(need("e1"))
        await until(lambda: rig.store.read(ask, "SELECT 1 FROM parked WHERE state = 'waiting'"))
        await rig.say(need("o1", "b"))
        await handled(
            rig,
            {
                f"toys:{ref('a')}": ["e1"],
                f"toys:{ref('b')}": ["o1"],
                others.row(ref("a")): ["e1"],
                others.row(ref("b")): ["o1"],
            },
        )

    assert await rig.store.read(ask, "SELECT 1 FROM parked") == []

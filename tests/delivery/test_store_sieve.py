"""The sieve on both stores: every filter takes out what it says and nothing else, alone and together, forwards and back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.clock import stamp
from hub.store import history, inbox, sieve
from hub.store.history import Entry
from hub.store.inbox import Settled
from hub.store.port import Store
from hub.store.sieve import Sieve
from tests.builders import AT
from tests.delivery.toys import need, ref

LATER = stamp(AT + timedelta(minutes=5))


async def told(store: Store) -> None:
    """Store six events, and let a group take two of them."""
    late = {"received_at": AT + timedelta(minutes=10)}
    events = [
        need("a1", "a"),
        need("a2", "a", short_type="need.updated"),
        need("b1", "b", tenant="belcinto", correlation_id="story"),
        need(
            "b2",
            "b",
            short_type="need.withdrawn",
            payload={"need_id": "N-b", "company_id": "x"},
            correlation_id="story",
        ),
        replace(need("m1", "a"), subject="m-1", type="eu.vethub.match.expired.v1", **late),
        need("c1", "c", **late),
    ]
    await store.write(history.append, [Entry(each, "hub.cooperation.v1") for each in events], outbox=False)
    names = [(each.source, each.id) for each in events]
    await store.write(inbox.claim, names[:2], grp="matcher", epoch=0, at=LATER)
    await store.write(inbox.settle, [Settled(*names[1], "refused")], grp="matcher", epoch=0, at=LATER)


SIFTED = {
    "anything": (Sieve(), "a1 a2 b1 b2 m1 c1"),
    "a type": (Sieve(types=("need.published",)), "a1 b1 c1"),
    "a type in full": (Sieve(types=("eu.vethub.need.updated.v1",)), "a2"),
    "a pattern": (Sieve(types=("need.*",)), "a1 a2 b1 b2 c1"),
    "several": (Sieve(types=("need.up*", "match.*")), "a2 m1"),
    "no pattern of LIKE": (Sieve(types=("need.p%",)), ""),
    "types left out": (Sieve(unless=("need.*",)), "m1"),
    "a subject": (Sieve(about="m-1"), "m1"),
    "a key": (Sieve(about=ref("a")), "a1 a2 m1"),
    "an organisation": (Sieve(org="belcinto"), "b1"),
    "a time": (Sieve(since=LATER), "m1 c1"),
    "a story": (Sieve(correlation="story"), "b1 b2"),
    "a group": (Sieve(group="matcher"), "a1 a2"),
    "an outcome": (Sieve(outcome="refused"), "a2"),
    "a group's outcome": (Sieve(group="workflow", outcome="refused"), ""),
    "all together": (Sieve(types=("need.*",), about=ref("a"), org="betangible", group="matcher", outcome="done"), "a1"),
}


@pytest.mark.parametrize(("wanted", "passes"), SIFTED.values(), ids=SIFTED)
async def test_what_passes_is_what_was_wanted(store: Store, wanted: Sieve, passes: str) -> None:
    await told(store)

    back, further = await store.read(sieve.newest, wanted, limit=100)
    on, position = await store.read(sieve.after, wanted, 0, limit=100)

    assert [each.id for each in on] == passes.split() == [each.id for each in reversed(back)]
    assert (further, position) == (None, 6)


async def test_pages_follow_one_another_in_both_directions(store: Store) -> None:
    await told(store)
    needs = Sieve(types=("need.*",))

    first, further = await store.read(sieve.newest, needs, limit=2)
    second, _ = await store.read(sieve.newest, needs, limit=2, before=further)
    on, position = await store.read(sieve.after, needs, 0, limit=2)
    more, _ = await store.read(sieve.after, needs, position, limit=2)

    assert [each.id for each in (*first, *second)] == ["c1", "b2", "b1", "a2"]
    assert [each.id for each in (*on, *more)] == ["a1", "a2", "b1", "b2"]


async def test_a_rare_event_is_looked_for_within_a_window_at_a_time(store: Store) -> None:
    await told(store)
    rare = Sieve(about="nothing")

    found, further = await store.read(sieve.newest, rare, limit=2, window=4)
    assert (found, further) == ([], 3)
    assert await store.read(sieve.newest, rare, limit=2, window=4, before=further) == ([], None)
    assert (await store.read(sieve.newest, Sieve(), limit=2, window=1))[1] == 5

"""Replays on both stores: rows made anew are those that were, whatever comes meanwhile and whoever stops in the middle."""

import asyncio
from datetime import UTC

import pytest

from events.needs import NeedPublished
from hub import replay as replaying
from hub.dispatch.router import Group, Router, bind
from hub.dispatch.runner import Runner
from hub.dispatch.unit_of_work import UnitOfWork
from hub.errors import HubError
from hub.replay import Replayer
from hub.rows import Counter
from hub.store import audit, inbox, leases, nouns, parked, replays
from hub.store.audit import Deed
from hub.store.port import Store
from hub.store.replays import DONE, RUNNING, STOPPED, Replay, Span
from tests.delivery.toys import Bench, Toys, need, needs, ref

BY = Deed("2026-11-23T08:00:00.000000Z", "cli:1000", "replay.start", "projector")
TYPES = ["eu.vethub.need.published.v1"]


class Tally:
    """A group that says nothing: it counts each need's events; `broken` makes it fail on some."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        router = Router("projector")

        @router.on("tally")
        def tally(event: NeedPublished, uow: UnitOfWork) -> None:
            if uow.envelope.id in self.broken:
                raise ZeroDivisionError
            key = f"{event.subject}@{uow.partition}"
            row = uow.find(Counter, key) or Counter(key=key, org="hub", state="counting", name=event.subject)
            uow.save(row.model_copy(update={"count": row.count + 1}))

        self.group: Group = bind([router])["projector"]


@pytest.fixture
def tally() -> Tally:
    return Tally()


async def counts(store: Store) -> dict[str, int]:
    """Return how often each need was counted, in all partitions together."""
    found: dict[str, int] = {}
    for row in await store.read(nouns.page, Counter, limit=1000):
        found[row.name] = found.get(row.name, 0) + row.count
    return found


def replayer(bench: Bench, tally: Tally) -> Replayer:
    return Replayer(bench.store, bench.executor, bench.clock, {"projector": tally.group})


async def begun(bench: Bench, tally: Tally, since: str = "", until: str = "", rate: int | None = None) -> Replay:
    span = await replaying.span_between(bench.store, since, until, UTC)
    return await replaying.begun(bench.store, BY, tally.group, span, rate=rate)


async def finished(bench: Bench, tally: Tally) -> Replay:
    going = replayer(bench, tally)
    while await going.step() is not None:
        pass
    (found, *_) = await bench.store.read(replays.newest)
    return found


async def live(bench: Bench, tally: Tally, count: int, keys: str = "abc") -> None:
    await bench.executor.run(tally.group, await bench.tell(*needs(count, keys)))


async def test_rows_that_are_made_anew_are_those_that_were(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 30)
    before = await counts(bench.store)

    await begun(bench, tally)
    assert await counts(bench.store) == {}
    done = await finished(bench, tally)

    assert before == {ref(key): 10 for key in "abc"} == await counts(bench.store)
    assert (done.state, done.handled, done.events, done.epoch) == (DONE, 30, 30, 1)
    assert [(step.grp, step.outcome) for step in await bench.store.read(inbox.steps, [(needs(1)[0].source, "a1")])] == [
        ("projector", "done")
    ]


async def test_what_is_replayed_again_and_again_stays_the_same(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 9)
    for _ in range(3):
        await begun(bench, tally)
        await finished(bench, tally)

    assert await counts(bench.store) == {ref(key): 3 for key in "abc"}
    assert [each.epoch for each in await bench.store.read(replays.newest)] == [3, 2, 1]


async def test_events_that_come_meanwhile_count_once(bench: Bench, tally: Tally) -> None:
    deliveries = await bench.tell(*needs(12))
    await bench.executor.run(tally.group, deliveries[:6])
    await begun(bench, tally)

    # Live, one lot of what lies before the replay's end and was not taken yet, and one that is new.
    await bench.executor.run(tally.group, deliveries[6:])
    await bench.executor.run(tally.group, await bench.tell(need("new", "a")))
    await finished(bench, tally)
    await bench.executor.run(tally.group, deliveries)

    assert await counts(bench.store) == {ref("a"): 5, ref("b"): 4, ref("c"): 4}


async def test_batches_that_run_while_a_replay_begins_count_once(bench: Bench, tally: Tally) -> None:
    deliveries = await bench.tell(*needs(120))

    async def stream() -> None:
        for start in range(0, 120, 6):
            await Runner(tally.group, bench.executor, bench.store, bench.clock).take(deliveries[start : start + 6])

    async def again() -> None:
        for _ in range(3):
            await begun(bench, tally)
            await finished(bench, tally)

    await asyncio.gather(stream(), again())

    assert await counts(bench.store) == {ref(key): 40 for key in "abc"}


async def test_after_a_crash_the_next_one_goes_on(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 30)
    await begun(bench, tally, rate=7)
    killed = replayer(bench, tally)
    assert await killed.step()

    assert await replayer(bench, tally).step() is None  # the dead one's lease stands
    await bench.store.write(leases.hold, "replay projector", holder=killed._holder, seconds=-1)
    done = await finished(bench, tally)

    assert (done.state, done.handled) == (DONE, 30)
    assert await counts(bench.store) == {ref(key): 10 for key in "abc"}


async def test_what_was_handled_and_not_written_down_is_not_handled_again(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 10)
    replay = await begun(bench, tally)
    await finished(bench, tally)
    await bench.store.write(_back_to, replay)

    await finished(bench, tally)

    assert sum((await counts(bench.store)).values()) == 10


async def _back_to(session: object, replay: Replay) -> None:
    await session.run(  # type: ignore[attr-defined]
        "UPDATE replays SET state = 'running', position = 0 WHERE epoch = :epoch", epoch=replay.epoch
    )


async def test_a_rate_makes_lots_small_and_rests_long(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 30)
    await begun(bench, tally, rate=10)

    rest = await replayer(bench, tally).step()

    (found,) = await bench.store.read(replays.newest)
    assert found.handled == 10
    assert rest is not None
    assert rest <= 1.0


async def test_of_a_part_the_rows_tell_that_part(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 9)
    plan = await replaying.planned(bench.store, tally.group, Span(3, 6))
    assert (plan.events, plan.left_out, plan.by_type, plan.rows) == (3, 6, {TYPES[0]: 3}, {"counters": 3})

    await begun(bench, tally, "4", "6")
    await finished(bench, tally)

    assert await counts(bench.store) == {ref(key): 1 for key in "abc"}
    if bench.store.engine == "postgresql":
        assert (await bench.store.read(inbox.untaken, grp="projector", types=TYPES)).events == 0


async def test_a_time_names_the_events_between(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 3)  # all of them stored at the same instant, 08:00

    async def span(since: str = "", until: str = "") -> Span:
        return await replaying.span_between(bench.store, since, until, UTC)

    at = needs(1)[0].received_at
    assert at is not None
    assert await span() == await span(at.isoformat()) == await span(at.isoformat(), at.isoformat()) == Span(0, 3)
    assert await span("2", "99") == Span(1, 3)
    assert await span("2099-01-01") == Span(3, 3)
    for since, until in (("yesterday", ""), ("3", "1"), ("", "2001-13-01")):
        with pytest.raises(HubError, match=r"neither|nothing lies"):
            await span(since, until)


async def test_what_was_parked_is_tried_anew_and_what_lies_outside_stays_parked(bench: Bench, tally: Tally) -> None:
    tally.broken = {"a1", "b2"}
    await live(bench, tally, 6, "abc")
    assert await bench.parked() == {"a1": "retrying", "a2": "behind", "b2": "retrying"}
    tally.broken = {"b2"}

    await begun(bench, tally, "1", "3")
    await finished(bench, tally)

    # What is handled anew does not overtake what its key still has parked; all of it goes in the order of events.
    assert await bench.parked() == {"a1": "behind", "b1": "behind", "a2": "behind", "b2": "retrying"}
    tally.broken = set()
    bench.clock.advance(minutes=10)
    await Runner(
        tally.group, bench.executor, bench.store, bench.clock, partitions=lambda: ("history", "replay")
    ).try_parked()
    assert await bench.parked() == {}
    assert await counts(bench.store) == {ref("a"): 2, ref("b"): 2, ref("c"): 1}
    assert {each.outcome for each in await bench.store.read(inbox.steps, [(needs(1)[0].source, "b2")])} == {"done"}


async def test_an_event_that_fails_in_a_replay_is_parked_where_somebody_looks(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 3)
    tally.broken = {"b1"}
    await begun(bench, tally)
    await finished(bench, tally)
    assert await bench.parked() == {"b1": "retrying"}

    tally.broken = set()
    bench.clock.advance(minutes=10)
    await Runner(tally.group, bench.executor, bench.store, bench.clock).try_parked()

    assert await counts(bench.store) == {ref(key): 1 for key in "abc"}


async def test_one_replay_at_a_time_and_it_can_be_stopped_and_resumed(bench: Bench, tally: Tally) -> None:
    await live(bench, tally, 6)
    outcomes = await asyncio.gather(*(begun(bench, tally) for _ in range(2)), return_exceptions=True)
    (late,) = [each for each in outcomes if isinstance(each, BaseException)]
    assert "runs already" in str(late)

    assert await bench.store.write(replays.turn, BY, "projector", state=STOPPED) == 1
    assert await replayer(bench, tally).step() is None
    assert await bench.store.write(replays.turn, BY, "projector", state=RUNNING) == 1
    assert await bench.store.write(replays.turn, BY, "projector", state=RUNNING) == 0
    assert (await finished(bench, tally)).state == DONE

    told = [each.act for each in await bench.store.read(audit.newest, limit=10)]
    assert told == ["replay.resume", "replay.stop", "replay.start"]


async def test_a_group_that_says_something_is_refused(bench: Bench) -> None:
    toys = Toys()
    assert not toys.group.silent

    with pytest.raises(HubError, match="only groups that say nothing"):
        await replaying.begun(bench.store, BY, toys.group, Span(0, 1), rate=None)

    assert await bench.store.read(replays.newest) == []


async def test_a_group_that_leaves_a_job_in_secret_is_caught_when_it_is_replayed(bench: Bench) -> None:
    router = Router("projector")

    @router.on("reminds")
    def reminds(event: NeedPublished, uow: UnitOfWork) -> None:
        uow.remind(uow.now, kind="need-expiry", about=event.subject)

    group = bind([router])["projector"]
    await bench.executor.run(group, await bench.tell(need("e1")))
    await replaying.begun(bench.store, BY, group, Span(0, 1), rate=None)

    await Replayer(bench.store, bench.executor, bench.clock, {"projector": group}).step()

    (row,) = await bench.store.read(parked.listing)
    assert "leaves jobs or reminders" in row.error

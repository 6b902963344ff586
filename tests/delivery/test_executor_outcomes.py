"""What may come of an event, on both stores: done, refused, waiting, or a bug; and what each does to its key."""

from collections.abc import Iterator
from datetime import timedelta

from structlog.testing import capture_logs

from events.needs import NeedPublished, NeedRematchDue
from hub.clock import stamp
from hub.dispatch.delivery import Delivery
from hub.dispatch.outcomes import Waiting
from hub.dispatch.parking import BUG_DELAYS
from hub.dispatch.router import Router, bind
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Counter
from hub.store import inbox, jobs, parked
from tests.builders import AT
from tests.delivery.toys import Bench, Toys, ask, gets, need, needs, raises, ref, refuses

ROW_A, ROW_B = f"toys:{ref('a')}", f"toys:{ref('b')}"
BUG = ValueError("a handler's bug")


# ---- done ---------------------------------------------------------------------------------------------------------------


async def test_a_handled_event_changes_state_and_says_what_follows(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1", correlation_id="story"))

    assert await bench.trails() == {ROW_A: ["e1"]}
    assert await bench.inbox() == {"e1": "done"}
    (said,) = await bench.said()
    assert (said.short_type, said.subject, said.partition_key) == ("need.rematch-due", ref("a"), ref("a"))
    assert (said.correlation_id, said.causation_id, said.time) == ("story", "e1", AT)


async def test_an_event_is_never_handled_twice(bench: Bench) -> None:
    toys = Toys()
    deliveries = await bench.tell(*needs(6))

    await bench.run(toys, [*deliveries, *deliveries])
    await bench.run(toys, deliveries)

    assert sorted((await bench.trails()).values()) == [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]
    assert toys.runs == ["a1", "b1", "c1", "a2", "b2", "c2"]
    assert len(await bench.said()) == 6


async def test_each_group_handles_an_event_for_itself(bench: Bench) -> None:
    one, two = Toys("one"), Toys("two")
    deliveries = await bench.tell(need("e1"))

    await bench.run(one, deliveries)
    await bench.run(two, deliveries)

    assert await bench.trails() == {f"one:{ref('a')}": ["e1"], f"two:{ref('a')}": ["e1"]}
    assert len(await bench.said()) == 2


async def test_the_same_event_makes_the_same_ids_in_a_fresh_store(bench: Bench) -> None:
    made: list[str] = []

    def make(event: object, uow: UnitOfWork) -> None:
        made.append(uow.new_id())
        made.append(uow.job(channel="mail", kind="digest", body={}, dedupe_key="d"))

    toys = Toys()
    toys.deeds["e1"] = make
    await bench.handle(toys, need("e1"), need("e2"))

    ids = [*made, *(envelope.id for envelope in await bench.said())]
    assert ids == [  # for ever: a replay, and the other engine, must make these again
        "e1982351-b1f7-5d99-a19c-ff97e0e25721",
        "38e0c8a4-23b7-558d-8263-25b96599597a",
        "2b37a674-be26-5b3c-83c0-78e352e63849",
        "8c49fa99-5430-5efc-a472-6c9350e2ac0e",
    ]


async def test_what_a_handler_asks_for_later_goes_with_its_event(bench: Bench) -> None:
    def ask_for(event: object, uow: UnitOfWork) -> None:
        uow.job(channel="mail", kind="digest", body={"n": 1}, dedupe_key="d1")
        uow.remind(AT + timedelta(days=1), kind="match-expires", about="m1")

    def ask_and_fail(event: object, uow: UnitOfWork) -> None:
        uow.job(channel="mail", kind="digest", body={}, dedupe_key="d2")
        uow.remind(AT, kind="match-expires", about="m2")
        raise BUG

    toys = Toys()
    toys.deeds.update(e1=ask_for, e2=ask_and_fail)
    await bench.handle(toys, need("e1"), need("e2", "b"))

    assert [(job.dedupe_key, job.state, job.event_id) for job in await bench.store.read(jobs.listing)] == [
        ("d1", "due", "e1")
    ]
    assert [row.about for row in await bench.store.read(ask, "SELECT about FROM due")] == ["m1"]


# ---- refused ------------------------------------------------------------------------------------------------------------


async def test_a_refusal_is_recorded_and_told_to_the_sender_while_the_key_goes_on(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = refuses("match_closed")

    await bench.handle(toys, need("e1"), need("e2"))

    assert await bench.inbox() == {"e1": "refused", "e2": "done"}
    assert await bench.trails() == {ROW_A: ["e2"]}
    (rejected,) = await bench.said("event.rejected")
    assert (rejected.causation_id, rejected.subject, rejected.partition_key) == ("e1", ref("a"), ref("a"))
    assert b'"reason_code":"match_closed"' in rejected.data
    (step,) = await bench.store.read(inbox.steps, [("/companies/betangible", "e1")])
    assert step.note == "match_closed"


async def test_a_refusal_in_two_groups_is_told_once(bench: Bench) -> None:
    one, two = Toys("one"), Toys("two")
    one.deeds["e1"] = two.deeds["e1"] = refuses("match_closed")
    deliveries = await bench.tell(need("e1"))

    for toys in (one, two):
        await bench.run(toys, deliveries)
        await bench.run(toys, deliveries)

    assert len(await bench.said("event.rejected")) == 1


async def test_a_refusal_of_what_the_hub_said_is_recorded_and_told_to_nobody(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = refuses()

    await bench.handle(toys, need("e1", source="/hub"))

    assert await bench.inbox() == {"e1": "refused"}
    assert [e.id for e in await bench.said()] == ["e1"]


async def test_a_late_waiter_does_not_put_an_older_word_back(bench: Bench) -> None:
    def tell_whole(event: object, uow: UnitOfWork) -> None:
        row = uow.find(Counter, "whole")
        uow.only_newer(row)
        if uow.envelope.id == "old":
            uow.get(Counter, "late")
        told = Counter(key="whole", org="x", state="counting", name=uow.envelope.id, told_seq=uow.seq, count=1)
        uow.save(told.model_copy(update={"version": row.version if row else 0}))

    toys, other = Toys(), Toys("other")
    toys.deeds.update(old=tell_whole, new=tell_whole)
    other.deeds["saver"] = lambda event, uow: uow.save(Counter(key="late", org="x", state="counting", name=""))
    await bench.handle(toys, need("old"), need("new"))
    await bench.handle(other, need("saver", "z"))

    await bench.retry(toys)

    (whole,) = await bench.store.read(ask, "SELECT body FROM counters WHERE key = 'whole'")
    assert '"name":"new"' in whole.body
    assert (await bench.inbox())["toys old"] == "refused"
    assert b'"reason_code":"superseded"' in (await bench.said("event.rejected"))[0].data


# ---- waiting ------------------------------------------------------------------------------------------------------------


async def test_an_event_waits_for_a_row_and_its_key_goes_on(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = gets("missing")

    await bench.handle(toys, need("e1"), need("e2"))

    assert await bench.trails() == {ROW_A: ["e2"]}
    assert await bench.inbox() == {"e1": "waiting", "e2": "done"}
    row = await bench.parked_row("e1")
    assert (row.state, row.waits_for, row.blocks, row.attempts) == ("waiting", "counter:missing", 0, 1)


async def test_a_save_in_another_group_releases_what_waits(bench: Bench) -> None:
    toys, other = Toys(), Toys("other")
    toys.deeds["e1"] = gets(other.row(ref("b")))
    await bench.handle(toys, need("e1"))
    assert await bench.retry(toys) == 0

    await bench.handle(other, need("o1", "b"))

    assert await bench.retry(toys) == 1
    assert (await bench.trails())[ROW_A] == ["e1"]
    assert (await bench.inbox())["toys e1"] == "done"
    assert await bench.parked() == {}


async def test_a_save_later_in_the_same_batch_releases_what_waits(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = gets(toys.row(ref("b")))

    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.retry(toys) == 1
    assert await bench.trails() == {ROW_A: ["e1"], ROW_B: ["o1"]}


async def test_what_waits_is_looked_at_again_even_when_nobody_releases_it(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = gets("missing")
    await bench.handle(toys, need("e1"))
    del toys.deeds["e1"]  # whoever saved the row did so between this event's look and its parking

    bench.clock.advance(seconds=0.9)
    assert await bench.retry(toys) == 0
    bench.clock.advance(seconds=0.1)
    assert await bench.retry(toys) == 1
    assert await bench.trails() == {ROW_A: ["e1"]}


async def test_what_waits_for_a_day_is_an_operators_matter_and_still_released(bench: Bench) -> None:
    toys, other = Toys(), Toys("other")
    toys.deeds["e1"] = gets(other.row(ref("b")))
    await bench.handle(toys, need("e1"))
    bench.clock.advance(hours=24)
    await bench.retry(toys)
    assert await bench.parked() == {"e1": "needs_operator"}

    await bench.handle(other, need("o1", "b"))
    await bench.retry(toys)

    assert (await bench.trails())[ROW_A] == ["e1"]


async def test_a_handler_may_say_itself_what_it_waits_for(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(Waiting("counter", ROW_B, "no contact person"))
    await bench.handle(toys, need("e1"))
    assert (await bench.parked_row("e1")).reason.endswith("no contact person")
    del toys.deeds["e1"]

    await bench.handle(toys, need("o1", "b"))

    assert await bench.retry(toys) == 1


# ---- a bug ----------------------------------------------------------------------------------------------------------------


async def test_a_bug_parks_its_event_and_holds_only_its_key(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["b1"] = raises(ValueError("a handler's bug"))

    await bench.handle(toys, *needs(9))

    assert await bench.trails() == {ROW_A: ["a1", "a2", "a3"], f"toys:{ref('c')}": ["c1", "c2", "c3"]}
    assert await bench.parked() == {"b1": "retrying", "b2": "behind", "b3": "behind"}
    assert await bench.inbox() == {
        **dict.fromkeys(("a1", "a2", "a3", "c1", "c2", "c3"), "done"),
        "b1": "parked",
        "b2": "behind",
        "b3": "behind",
    }
    row = await bench.parked_row("b1")
    assert "ValueError: a handler's bug" in row.error
    assert "tests.delivery.toys:" in row.error  # where the error was made
    assert row.reason == "ValueError in a handler"


async def test_a_bug_costs_the_rest_of_a_full_batch_nothing(bench: Bench) -> None:
    toys = Toys()
    keys = "abcdefghijklmnopqrst"
    toys.deeds["k3"] = raises(BUG)

    await bench.handle(toys, *needs(200, keys))

    assert bench.executor.batches["toys"] == 1
    assert sum(len(trail) for trail in (await bench.trails()).values()) == 200 - 8
    assert len(await bench.parked()) == 8


async def test_later_batches_stand_behind_a_bug_too(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"))

    await bench.handle(toys, need("e2"), need("o1", "b"))

    assert await bench.trails() == {ROW_B: ["o1"]}
    assert await bench.parked() == {"e1": "retrying", "e2": "behind"}


async def test_a_bug_in_one_group_holds_up_no_other(bench: Bench) -> None:
    toys, other = Toys(), Toys("other")
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"))

    await bench.handle(other, need("e2"))

    assert await bench.trails() == {other.row(ref("a")): ["e2"]}


async def test_a_retry_drains_the_key_in_order(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, *(need(f"e{n}") for n in range(1, 6)))
    del toys.deeds["e1"]
    assert await bench.retry(toys) == 0

    bench.clock.advance(seconds=BUG_DELAYS[0])
    assert await bench.retry(toys) == 5

    assert await bench.trails() == {ROW_A: ["e1", "e2", "e3", "e4", "e5"]}
    assert set((await bench.inbox()).values()) == {"done"}
    assert await bench.parked() == {}


async def test_a_second_bug_on_the_way_stops_the_key_there(bench: Bench) -> None:
    toys = Toys()
    toys.deeds.update(e1=raises(BUG), e3=raises(BUG))
    await bench.handle(toys, *(need(f"e{n}") for n in range(1, 5)))
    del toys.deeds["e1"]

    bench.clock.advance(seconds=BUG_DELAYS[0])
    await bench.retry(toys)

    assert await bench.trails() == {ROW_A: ["e1", "e2"]}
    assert await bench.parked() == {"e3": "retrying", "e4": "behind"}


async def test_a_bug_is_retried_ever_more_slowly_and_then_left_to_an_operator(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"), need("e2"))

    for delay in BUG_DELAYS:
        bench.clock.advance(seconds=delay - 1)
        assert await bench.retry(toys) == 0
        bench.clock.advance(seconds=1)
        assert await bench.retry(toys) == 2

    assert toys.runs == ["e1"] * (1 + len(BUG_DELAYS))
    assert await bench.parked() == {"e1": "needs_operator", "e2": "behind"}
    bench.clock.advance(days=30)
    assert await bench.retry(toys) == 0


async def test_an_operator_retries_one_event_and_the_key_follows(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"), need("e2"))
    del toys.deeds["e1"]

    row = await bench.parked_row("e1")
    await bench.store.write(parked.retry, row.parked_id, now=stamp(bench.clock.now()))
    await bench.retry(toys)

    assert await bench.trails() == {ROW_A: ["e1", "e2"]}


async def test_a_panic_in_a_library_is_a_bug_like_any_other(bench: Bench) -> None:
    class Panic(BaseException):
        """What a library in Rust throws is no Exception."""

    toys = Toys()
    toys.deeds["e1"] = raises(Panic("index out of bounds"))

    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying"}
    assert await bench.trails() == {ROW_B: ["o1"]}


async def test_a_bug_in_one_handler_forgets_what_the_others_did_with_the_event(bench: Bench) -> None:
    toys = Toys()
    second = Router("toys")

    @second.on("second")
    def second_handler(event: NeedPublished, uow: UnitOfWork) -> None:
        raise BUG

    toys.group.by_type["need.published"] += bind([second])["toys"].by_type["need.published"]  # type: ignore[index]
    await bench.handle(toys, need("e1"))

    assert await bench.trails() == {}
    assert await bench.said() == []
    assert await bench.parked() == {"e1": "retrying"}


async def test_a_handler_that_says_more_than_a_log_carries_is_a_bug_of_its_event(bench: Bench) -> None:
    toys, wordy = Toys(), Router("toys")

    @wordy.on("wordy")
    def say_too_much(event: NeedPublished, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
        yield NeedRematchDue(need_ref=event.subject, because="x" * (1_000_001 if uow.envelope.id == "e1" else 1))

    toys.group.by_type["need.published"] += bind([wordy])["toys"].by_type["need.published"]  # type: ignore[index]
    await bench.handle(toys, need("e1"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying"}
    assert "TooLarge: need.rematch-due of 100" in (await bench.parked_row("e1")).error
    assert await bench.inbox() == {"e1": "parked", "o1": "done"}


async def test_an_errors_words_are_kept_in_a_form_every_database_takes(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(ValueError("NUL \x00, half a pair \ud800, and much more " + "x" * 10_000))

    await bench.handle(toys, need("e1"))

    assert len((await bench.parked_row("e1")).error) < 700


async def test_a_reason_to_wait_is_kept_in_such_a_form_too(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(Waiting("counter", "missing", "NUL \x00 and half a pair \ud800"))

    await bench.handle(toys, need("e1"))

    assert await bench.parked() == {"e1": "waiting"}
    assert (await bench.parked_row("e1")).reason.endswith("NUL � and half a pair ?")


# ---- what cannot be read ------------------------------------------------------------------------------------------------


async def test_an_event_of_a_type_this_release_does_not_know_is_kept(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1", type="eu.vethub.need.celebrated.v1"), need("e2"), need("o1", "b"))

    assert await bench.parked() == {"e1": "waiting"}
    assert await bench.trails() == {ROW_A: ["e2"], ROW_B: ["o1"]}
    assert "need.celebrated.v1 is not known to this release" in (await bench.parked_row("e1")).reason


async def test_a_newer_version_of_a_known_type_is_kept(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1", type="eu.vethub.need.published.v2"), need("e2"), need("o1", "b"))

    assert await bench.parked() == {"e1": "retrying", "e2": "behind"}
    assert await bench.trails() == {ROW_B: ["o1"]}


async def test_an_event_whose_data_cannot_be_read_is_kept_with_its_bytes(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1", data=b'{"need_id": 7}'), need("e2"), need("o1", "b"))

    assert await bench.parked() == {"e1": "needs_operator"}
    row = await bench.parked_row("e1")
    assert (bytes(row.raw), row.blocks) == (b'{"need_id": 7}', 0)
    assert await bench.inbox() == {"e1": "parked", "e2": "done", "o1": "done"}


async def test_a_record_that_is_no_event_is_kept_with_its_bytes_and_place(bench: Bench) -> None:
    toys = Toys()
    broken = Delivery("hub.cooperation.v1/3", 17, None, b"\x00\xff", "the record has no value (a tombstone)")
    good = await bench.tell(need("e1"))

    await bench.run(toys, [broken, *good, broken])

    row = await bench.parked_row("hub.cooperation.v1/3@17")
    assert (bytes(row.raw), row.state) == (b"\x00\xff", "needs_operator")
    assert row.reason == "unreadable: the record has no value (a tombstone)"
    assert await bench.trails() == {ROW_A: ["e1"]}


async def test_an_event_nobody_in_the_group_hears_is_left_alone(bench: Bench) -> None:
    toys = Toys()

    await bench.handle(toys, need("e1", type="eu.vethub.match.answered.v1"), need("e2"))

    assert await bench.inbox() == {"e2": "done"}
    assert await bench.parked() == {}


async def test_a_parked_event_that_nobody_hears_any_more_is_settled(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(BUG)
    await bench.handle(toys, need("e1"), need("e2"))
    nobody = Toys()
    nobody.group.by_type.clear()  # type: ignore[attr-defined]

    bench.clock.advance(seconds=BUG_DELAYS[0])
    await bench.retry(nobody)

    assert await bench.parked() == {}
    assert await bench.inbox() == {"e1": "done", "e2": "done"}


# ---- the log of the process ----------------------------------------------------------------------------------------------


async def test_a_bugs_line_in_the_log_carries_the_ids_by_which_its_story_is_found(bench: Bench) -> None:
    toys = Toys()
    toys.deeds["e1"] = raises(ZeroDivisionError("said by a person"))
    with capture_logs() as logs:
        await bench.handle(toys, need("e1"), need("o1", "b"))

    assert logs[0] == {
        "event": "event.parked",
        "event_id": "e1",
        "log_level": "warning",
        "group": "toys",
        "source": need("e1").source,
        "type": need("e1").type,
        "correlation_id": need("e1").correlation_id,
        "reason": "ZeroDivisionError",
    }

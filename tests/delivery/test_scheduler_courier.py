"""Those who act on time and outside: two schedulers say a thing once, two couriers carry a job once and report it once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import orjson
import pytest

from hub import couriers as couriers_module
from hub.clock import FixedClock, stamp
from hub.couriers import Carried, Courier
from hub.errors import ServiceAway
from hub.ids import attempt_id, due_id
from hub.scheduler import Scheduler
from hub.store import due, history, jobs, people
from hub.store.jobs import JobRow
from hub.store.people import Person
from hub.store.port import Store
from hub.store.session import Session
from tests import builders
from tests.builders import AT
from tests.delivery.toys import another, appender_of, ask, until

SLOT = timedelta(minutes=10)
CHANNEL = "mail"


@pytest.fixture
async def processes(store: Store) -> AsyncIterator[list[Store]]:
    """Two stores over one database, as two processes have them."""
    async with AsyncExitStack() as stack:
        beside = another(store)
        await beside.start()
        stack.push_async_callback(beside.stop)
        yield [store, beside]


async def said(store: Store, short_type: str) -> list[str]:
    """Return the ids of the events of a type, in order."""
    return [e.id for e in await store.read(history.tail, after_seq=0, limit=1000) if e.short_type == short_type]


# ---- schedulers -------------------------------------------------------------------------------------------------------------


def scheduler(store: Store) -> Scheduler:
    return Scheduler(store, appender_of(store), FixedClock(AT), sweep=SLOT)


def reminder(about: str, **late: float) -> dict[str, str]:
    at = stamp(AT + timedelta(**late))
    return {
        "kind": "match-expires",
        "about": about,
        "at": at,
        "partition_key": "k",
        "correlation_id": "c",
        "event_id": "e",
    }


SWEEP_ID = due_id("sweep", "hub", stamp(AT))


async def test_two_schedulers_say_each_thing_once(processes: list[Store]) -> None:
    await processes[0].write(due.put, [reminder(f"m{n}") for n in range(20)])

    both = [scheduler(store) for store in processes]
    counts = await asyncio.gather(*(each.say_due(AT) for each in both))
    again = await asyncio.gather(*(each.say_due(AT) for each in both))

    assert sum(counts) == 20
    assert sum(again) == 0
    expected = [due_id("match-expires", f"m{n}", stamp(AT)) for n in range(20)]
    assert sorted(await said(processes[0], "reminder.due")) == sorted([*expected, SWEEP_ID])


async def test_what_is_said_carries_its_time_its_key_and_its_story(store: Store) -> None:
    await store.write(due.put, [reminder("m1", minutes=-5)])

    await scheduler(store).say_due(AT)

    event = await store.read(history.one, "/hub", due_id("match-expires", "m1", stamp(AT - timedelta(minutes=5))))
    assert event is not None
    assert (event.time, event.received_at) == (AT - timedelta(minutes=5), AT)
    assert (event.subject, event.partition_key, event.correlation_id, event.causation_id) == ("m1", "k", "c", "e")


async def test_nothing_is_said_before_its_time(store: Store) -> None:
    await store.write(due.put, [reminder("m1", seconds=1)])
    one = scheduler(store)

    assert await one.say_due(AT) == 0
    assert await said(store, "reminder.due") == [SWEEP_ID]
    assert await one.say_due(AT + timedelta(seconds=1)) == 1


async def test_a_sweep_is_said_once_a_slot_whoever_says_it(processes: list[Store]) -> None:
    schedulers = [scheduler(store) for store in processes]

    for minutes in (0, 1, 9, 10, 11):
        for each in schedulers:
            await each.say_due(AT + timedelta(minutes=minutes))

    assert await said(processes[0], "reminder.due") == [SWEEP_ID, due_id("sweep", "hub", stamp(AT + SLOT))]


async def test_what_could_not_be_said_is_still_due(store: Store) -> None:
    class Broken:
        """A log that fails after it has appended."""

        async def append(self, session: Session, entries: object) -> int:
            await appender_of(store).append(session, entries)  # type: ignore[arg-type]
            raise ServiceAway("the disk is full")

        def appended(self) -> None:
            """Wake nobody."""

    await store.write(due.put, [reminder("m1")])
    with pytest.raises(ServiceAway):
        await Scheduler(store, Broken(), FixedClock(AT), sweep=SLOT).say_due(AT)

    assert await said(store, "reminder.due") == []
    assert await scheduler(store).say_due(AT) == 1


async def coordinator(store: Store, ref: str, timezone: str = "Europe/Lisbon", *, since: str = "") -> str:
    person = Person(ref, "cec", "coordinator", "Hanne", f"{ref}@cec.example", "en", timezone, created_at=since)
    await store.write(people.put, person)
    return due_id("digest", ref, stamp(SEVEN if timezone == "Europe/Lisbon" else SEVEN - timedelta(hours=1)))


async def mornings(store: Store) -> list[str]:
    said = await store.read(history.tail, after_seq=0, limit=10_000)
    return [e.id for e in said if e.short_type == "reminder.due" and orjson.loads(e.data)["kind"] == "digest"]


SEVEN = AT - timedelta(hours=1)  # winter time in Lisbon is UTC


async def test_the_morning_comes_to_each_coordinator_at_seven_of_their_own(store: Store) -> None:
    warsaw, lisbon = await coordinator(store, "p-1", "Europe/Warsaw"), await coordinator(store, "p-2")
    one = scheduler(store)

    assert await one.say_due(SEVEN - timedelta(seconds=1)) == 1
    assert await mornings(store) == [warsaw]
    assert await one.say_due(SEVEN) == 1
    assert await one.say_due(SEVEN + timedelta(seconds=1)) == 0
    assert await mornings(store) == [warsaw, lisbon]


async def test_two_schedulers_and_one_that_starts_again_say_a_morning_once(processes: list[Store]) -> None:
    expected = [await coordinator(processes[0], f"p-{n:04}") for n in range(1000)]

    await asyncio.gather(*(scheduler(store).say_due(SEVEN) for store in processes))
    await scheduler(processes[0]).say_due(SEVEN + timedelta(minutes=5))

    assert sorted(await mornings(processes[0])) == sorted(expected)


async def test_a_hub_that_was_down_says_the_present_morning_and_none_before(store: Store) -> None:
    at = await coordinator(store, "p-1")

    one = scheduler(store)
    await one.say_due(AT - timedelta(days=14))
    before = await mornings(store)
    await one.say_due(AT)

    assert [morning for morning in await mornings(store) if morning not in before] == [at]


async def test_there_is_no_morning_on_weekends_nor_for_who_came_later_in_the_day(store: Store) -> None:
    await coordinator(store, "p-1", since=stamp(SEVEN + timedelta(minutes=1)))

    await scheduler(store).say_due(AT)
    await scheduler(store).say_due(AT + timedelta(days=5))  # a Saturday

    assert await mornings(store) == []


async def test_while_no_morning_comes_nobody_is_looked_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def counted(session: Session, timezones: object) -> list[people.Reader]:
        nonlocal looks
        looks += 1
        return []

    monkeypatch.setattr(people, "coordinators", counted)
    one = scheduler(store)
    for second in range(14 * 60):
        await one._say_mornings(AT + timedelta(seconds=second + 1))

    assert looks == 1  # the first look of a scheduler that starts


# ---- couriers -----------------------------------------------------------------------------------------------------------------


class Bag:
    """A channel that notes what it carries and answers as the test says."""

    def __init__(self, answer: Callable[[JobRow], Carried] | None = None) -> None:
        self.carried: list[str] = []
        self.answer = answer or delivered

    async def carry(self, job: JobRow, *, now: object) -> Carried:
        self.carried.append(job.job_id)
        return self.answer(job)

    async def close(self) -> None:
        """Hold nothing open."""


def delivered(job: JobRow) -> Carried:
    return Carried("done", "250 taken", builders.said("notification.delivered"))


def courier(store: Store, channel: Bag, *, late: timedelta = timedelta()) -> Courier:
    return Courier(store, appender_of(store), FixedClock(AT + late), {CHANNEL: channel})


async def put(store: Store, count: int = 1) -> None:
    texts = {"kind": "digest", "body": "{}", "correlation_id": "c", "event_id": "e", "state": "due", "channel": CHANNEL}
    rows = [{"job_id": f"j{n}", "dedupe_key": f"d{n}", **texts} for n in range(count)]
    await store.write(jobs.put, [{**row, "due_at": stamp(AT), "created_at": stamp(AT)} for row in rows])


async def states(store: Store) -> dict[str, tuple[str, int, str | None]]:
    return {row.job_id: (row.state, row.attempts, row.answer) for row in await store.read(jobs.listing)}


async def test_two_couriers_carry_and_report_each_job_once(processes: list[Store]) -> None:
    bags = [Bag(), Bag()]
    await put(processes[0], 60)

    couriers = [courier(store, bag) for store, bag in zip(processes, bags, strict=True)]
    while sum(await asyncio.gather(*(each.once() for each in couriers))):
        pass

    assert sorted(bags[0].carried + bags[1].carried) == sorted(f"j{n}" for n in range(60))
    assert set((await states(processes[0])).values()) == {("done", 1, "250 taken")}
    reports = await said(processes[0], "notification.delivered")
    assert sorted(reports) == sorted(attempt_id(f"j{n}", 1) for n in range(60))


async def test_a_report_belongs_to_the_story_of_its_job(store: Store) -> None:
    await put(store)

    await courier(store, Bag()).once()

    event = await store.read(history.one, "/hub", attempt_id("j0", 1))
    assert event is not None
    assert (event.correlation_id, event.causation_id) == ("c", "e")


async def test_a_job_of_a_courier_that_died_is_carried_again_after_its_lease(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == "courier.carried":
            raise asyncio.CancelledError

    bag = Bag()
    await put(store)
    with monkeypatch.context() as killed:
        killed.setattr(couriers_module, "reach", die)
        with pytest.raises(asyncio.CancelledError):
            await courier(store, bag).once()
    assert (await states(store))["j0"] == ("running", 1, None)

    assert await courier(store, bag).once() == 0
    assert await courier(store, bag, late=couriers_module.LEASE).once() == 1

    assert bag.carried == ["j0", "j0"]  # at least once: whoever receives it knows it by its stable name
    assert await said(store, "notification.delivered") == [attempt_id("j0", 2)]


async def test_the_report_of_a_courier_that_was_too_slow_does_not_count(processes: list[Store]) -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Bag):
        async def carry(self, job: JobRow, *, now: object) -> Carried:
            waiting.set()
            await go_on.wait()
            return Carried("failed", "too slow")

    await put(processes[0])
    slow = asyncio.create_task(courier(processes[0], Slow()).once())
    await waiting.wait()
    await courier(processes[1], Bag(), late=couriers_module.LEASE).once()
    go_on.set()
    await slow

    assert (await states(processes[0]))["j0"] == ("done", 2, "250 taken")
    assert await said(processes[0], "notification.delivered") == [attempt_id("j0", 2)]


async def test_a_job_that_is_to_be_tried_later_is_due_then(store: Store) -> None:
    later = timedelta(minutes=15)
    await put(store)

    await courier(store, Bag(lambda job: Carried("due", "451 later", again_at=AT + later))).once()

    assert (await states(store))["j0"] == ("due", 1, "451 later")
    assert await courier(store, Bag(), late=later - timedelta(seconds=1)).once() == 0
    assert await courier(store, Bag(), late=later).once() == 1


UNSTORABLE = "NUL \x00 and half a pair \ud800"


@pytest.mark.parametrize("where", ["answered", "raised"])
async def test_a_channels_bug_fails_its_job_only_whatever_its_words(store: Store, where: str) -> None:
    def answer(job: JobRow) -> Carried:
        if job.job_id != "j1":
            return delivered(job)
        if where == "raised":
            raise ValueError(UNSTORABLE)
        return Carried("failed", UNSTORABLE)

    await put(store, 3)

    await courier(store, Bag(answer)).once()

    found = await states(store)
    assert [found[f"j{n}"][0] for n in range(3)] == ["done", "failed", "done"]
    assert "half a pair" in str(found["j1"][2])


async def test_a_courier_goes_on_when_the_database_comes_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.dispatch.runner.FIRST_PAUSE", 0.01)
    bag, read = Bag(), store.read
    mishaps = iter([ServiceAway("away"), ServiceAway("still away")])

    async def unreliable(*args: object, **kwargs: object) -> object:
        for mishap in mishaps:
            raise mishap
        return await read(*args, **kwargs)  # type: ignore[arg-type]

    await put(store)
    monkeypatch.setattr(store, "read", unreliable)
    working = asyncio.create_task(courier(store, bag).run())
    await until(lambda: bag.carried)
    await until(lambda: read(ask, "SELECT 1 FROM jobs WHERE state = 'done'"))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_what_left_while_the_database_was_away_leaves_once_and_is_written_down(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.dispatch.runner.FIRST_PAUSE", 0.01)
    await put(store, 3)
    bag, write = Bag(), store.write
    carrier = courier(store, bag)
    mishaps = iter([ServiceAway("away"), ServiceAway("still away")])

    async def unreliable(question: object, *args: object, **kwargs: object) -> object:
        if question != jobs.lease:
            for mishap in mishaps:
                raise mishap
        return await write(question, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write", unreliable)
    assert await carrier.once() == 3

    assert sorted(bag.carried) == ["j0", "j1", "j2"]
    assert set((await states(store)).values()) == {("done", 1, "250 taken")}


async def test_a_job_whose_carrying_needs_the_database_waits_for_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.dispatch.runner.FIRST_PAUSE", 0.01)
    mishaps = iter([ServiceAway("away"), ServiceAway("still away")])

    def answer(job: JobRow) -> Carried:
        for mishap in mishaps:
            raise mishap
        return delivered(job)

    await put(store)

    assert await courier(store, Bag(answer)).once() == 1
    assert (await states(store))["j0"] == ("done", 1, "250 taken")

"""The relay on real PostgreSQL and Kafka: in order, deleted only when acknowledged, one active at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from events.catalogue import EVENTS
from events.codec import from_kafka
from events.topics import CATALOGUE, COOPERATION
from hub.clock import FixedClock
from hub.dispatch import runner as runner_module
from hub.dispatch.batch import LARGEST_SAID
from hub.errors import ServiceAway
from hub.log import relay as relay_module
from hub.log.outbox import OutboxLog
from hub.log.relay import POLL, STANDBY, Relay
from hub.parts import at_work
from hub.store import history
from hub.store.history import Entry
from hub.store.postgres import PostgresStore
from tests.builders import AT
from tests.delivery.rigs import BOOTSTRAP, entries, on_topic
from tests.delivery.test_executor_outage import terminate
from tests.delivery.toys import ask, change, need, needs, ref, until

pytestmark = pytest.mark.services
Make = Callable[[], Relay]


async def say(store: PostgresStore, *said: Entry) -> None:
    await store.write(OutboxLog().append, said)


async def unsent(store: PostgresStore) -> int:
    return (await store.read(history.outbox_age))[0]


async def ids(prefix: str) -> list[str]:
    """Return the ids of everything on the cooperation topic, each partition's in order."""
    return [from_kafka(r.key, r.value, r.headers).id for r in await on_topic(prefix)]


@pytest.fixture
async def relay(postgres: PostgresStore, topic_prefix: str) -> AsyncIterator[Make]:
    """Makes relays as separate processes have them."""
    made: list[Relay] = []

    def make() -> Relay:
        made.append(Relay(postgres, BOOTSTRAP, FixedClock(AT), prefix=topic_prefix))
        return made[-1]

    yield make
    for each in made:
        await each.leave()


async def lose_lease(store: PostgresStore) -> None:
    await store.write(change, "UPDATE leases SET until = '2000-01-01'")


# ---- sending -------------------------------------------------------------------------------------------------------------


async def test_what_is_unsent_is_sent_in_order_and_forgotten(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    said = needs(60, "abcde")
    await say(postgres, *entries(said))

    async with at_work(relay().run):
        await until(lambda: _none_left(postgres))

    records = await on_topic(topic_prefix)
    for key in "abcde":
        mine = [from_kafka(r.key, r.value, r.headers) for r in records if r.key == ref(key).encode()]
        assert [envelope.id for envelope in mine] == [event.id for event in said if event.id[0] == key]
    assert len(records) == 60


async def _none_left(store: PostgresStore) -> bool:
    return not await unsent(store)


async def test_a_record_reads_back_as_the_event_that_was_stored(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    event = need("ñ-1", key_id="k", causation_id="c", extensions={"traceparent": "00-1"}, data='{"t": "«ü»"}'.encode())
    await say(postgres, *entries([event]))
    stored = await postgres.read(history.one, event.source, event.id)

    await relay().once()

    (record,) = await on_topic(topic_prefix)
    assert from_kafka(record.key, record.value, record.headers) == stored
    assert record.key == ref("a").encode()


async def test_each_event_goes_to_its_own_topic(postgres: PostgresStore, topic_prefix: str, relay: Make) -> None:
    await say(postgres, Entry(need("e1"), COOPERATION), Entry(need("e2"), CATALOGUE))

    await relay().once()

    assert len(await on_topic(topic_prefix, COOPERATION)) == len(await on_topic(topic_prefix, CATALOGUE)) == 1
    assert EVENTS["need.published"].TOPIC == COOPERATION


async def test_a_relay_killed_between_sending_and_forgetting_sends_again(
    postgres: PostgresStore, topic_prefix: str, relay: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == "relay.sent":
            raise asyncio.CancelledError

    await say(postgres, *entries([need("e1"), need("e2")]))
    with monkeypatch.context() as killed:
        killed.setattr(relay_module, "reach", die)
        with pytest.raises(asyncio.CancelledError):
            await relay().once()
    assert await unsent(postgres) == 2
    await lose_lease(postgres)

    await relay().once()

    assert await ids(topic_prefix) == ["e1", "e2", "e1", "e2"]  # at least once and in order: the inbox drops the rest
    assert await unsent(postgres) == 0


async def test_after_a_send_that_failed_nothing_later_of_its_wave_has_left(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    await say(postgres, *entries([need("e1"), need("e2", data=b'"' + b"x" * 3_000_000 + b'"'), need("e3")]))
    carrier = relay()

    with pytest.raises(MessageSizeTooLargeError):
        await carrier.once()

    assert await ids(topic_prefix) == ["e1"]
    assert await unsent(postgres) == 3
    await postgres.write(change, "UPDATE history SET data = '{}' WHERE id = 'e2'")
    await carrier.once()
    assert await ids(topic_prefix) == ["e1", "e1", "e2", "e3"]


# ---- one of several -------------------------------------------------------------------------------------------------------


async def test_of_two_relays_one_sends_and_the_other_stands_by(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    one, two = relay(), relay()
    await say(postgres, *entries([need("e1")]))

    assert await one.once() == 0.0
    assert await two.once() == STANDBY
    await say(postgres, *entries([need("e2")]))
    assert await two.once() == STANDBY
    assert await one.once() == 0.0
    assert await one.once() == POLL

    assert (one.active, one.sent, two.active, two.sent) == (True, 2, False, 0)
    assert await ids(topic_prefix) == ["e1", "e2"]


async def test_a_relay_that_stops_hands_over_at_once(postgres: PostgresStore, topic_prefix: str, relay: Make) -> None:
    one, two = relay(), relay()
    async with at_work(one.run):
        await until(lambda: one.active)
        assert await two.once() == STANDBY

    assert await two.once() == POLL
    assert two.active


def test_a_killed_relays_successor_waits_no_longer_than_three_seconds() -> None:
    assert relay_module.LEASE_SECONDS + STANDBY <= 3


async def test_a_relay_whose_lease_passed_on_forgets_nothing_and_stands_by(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    one, two = relay(), relay()
    await one.once()
    await lose_lease(postgres)
    await two.once()
    await say(postgres, *entries([need("e1")]))

    assert await one.once() == 0.0  # it does not know yet, and sends
    assert (await unsent(postgres), one.sent) == (1, 0)
    assert await one.once() == STANDBY
    assert not one.active

    assert await two.once() == 0.0
    assert (await unsent(postgres), two.sent) == (0, 1)
    assert await ids(topic_prefix) == ["e1", "e1"]


async def test_two_relays_that_both_run_lose_and_turn_around_nothing(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    one, two = relay(), relay()
    said = needs(50, "abcde")

    async with at_work(one.run, two.run):
        for event in said:
            await say(postgres, *entries([event]))
            if event.id == "c5":
                await lose_lease(postgres)
        await until(lambda: _none_left(postgres))

    arrived = list(dict.fromkeys(await ids(topic_prefix)))
    assert all([e for e in arrived if e[0] == key] == [e.id for e in said if e.id[0] == key] for key in "abcde")
    assert len(arrived) == 50


# ---- outages ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back off for hundredths of a second."""
    monkeypatch.setattr(runner_module, "FIRST_PAUSE", 0.01)


@pytest.mark.usefixtures("hasty")
async def test_a_broker_that_is_away_keeps_events_in_the_outbox_until_it_is_back(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    carrier = relay()
    carrier.bootstrap = "127.0.0.1:1"
    await say(postgres, *entries([need("e1"), need("e2")]))
    with pytest.raises(KafkaError):
        await carrier.once()

    async with at_work(carrier.run) as trouble:
        carrier.bootstrap = BOOTSTRAP
        await until(lambda: _none_left(postgres))
        assert not trouble.done()

    assert await ids(topic_prefix) == ["e1", "e2"]


@pytest.mark.usefixtures("hasty")
async def test_a_database_that_goes_away_stops_no_relay(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    carrier = relay()

    async with at_work(carrier.run) as trouble:
        await until(lambda: carrier.active)
        await terminate(postgres)
        await until(lambda: _say_at_last(postgres))
        await until(lambda: _none_left(postgres))
        assert not trouble.done()

    assert await ids(topic_prefix) == ["e1"]


async def _say_at_last(store: PostgresStore) -> bool:
    try:
        await say(store, *entries([need("e1")]))
    except ServiceAway:
        return False
    return bool(await store.read(ask, "SELECT 1 FROM history"))


async def test_the_largest_event_a_handler_may_say_fits_the_brokers_default(
    postgres: PostgresStore, topic_prefix: str, relay: Make
) -> None:
    await say(postgres, *entries([need("e1", data=b'"' + b"x" * (LARGEST_SAID - 2) + b'"')]))

    await relay().once()

    assert await ids(topic_prefix) == ["e1"]

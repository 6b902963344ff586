"""What only Kafka can do to a group: records nobody can read, partitions that move, offsets that are not committed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import CommitFailedError, MessageSizeTooLargeError
from structlog.testing import capture_logs

from events.base import Event
from events.codec import to_kafka
from events.topics import COOPERATION
from hub.dispatch import runner as runner_module
from hub.errors import ServiceAway
from hub.log import subscription as subscription_module
from hub.log import watch as watch_module
from hub.parts import at_work
from hub.store.port import Store
from tests.delivery.rigs import BOOTSTRAP, KafkaRig
from tests.delivery.toys import Toys, ask, need, needs, raises, ref, trails, until

pytestmark = pytest.mark.services
KEYS = "abcdefghij"
BINARY = [("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("ce_id", b"x"), ("ce_source", b"/x")]
Headers = Sequence[tuple[str, bytes | None]]

POISON: dict[str, tuple[bytes | None, Headers, str]] = {
    "a tombstone": (None, [], "tombstone"),
    "no CloudEvent at all": (b"hello", [], "neither ce_* headers"),
    "JSON that is none": (b'{"a": ', [("content-type", b"application/cloudevents+json")], ""),
    "a header that is not UTF-8": (b"{}", [*BINARY, ("ce_type", b"\xff\xfe")], "not UTF-8"),
    "a header without a value": (b"{}", [*BINARY, ("ce_type", None)], "missing"),
    "a header given twice": (b"{}", [*BINARY, ("ce_id", b"y")], "given twice"),
    "an attribute that is missing": (b"{}", BINARY, "missing"),
    "data that are not UTF-8": (b"\xff\xfe", [*BINARY, ("ce_type", b"t"), ("ce_subject", b"s")], ""),
    "two mebibytes of nothing": (b"\x00" * 2_097_152, [], "neither ce_* headers"),
}


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """Writes into the hub's topics behind its back."""
    made = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=4_194_304)
    await made.start()
    yield made
    await made.stop()


async def allow_large(topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    wanted = {"max.message.bytes": "4194304"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=wanted)])
    await admin.close()


async def committed(rig: KafkaRig, group: str = "toys") -> int:
    """Return how many records the group has told Kafka it is through with."""
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(f"{rig.prefix}hub.{group}")
        return sum(offset.offset for offset in offsets.values())
    finally:
        await admin.close()


async def all_handled(rig: KafkaRig, count: int, keys: str = KEYS) -> None:
    """Wait until every event of `needs(count)` stands in its trail, once and in order."""
    expected = {f"toys:{ref(key)}": [e.id for e in needs(count, keys) if e.id[0] == key] for key in keys}

    async def same() -> bool:
        return await trails(rig.store) == expected

    await until(same, seconds=20)


# ---- records nobody can read --------------------------------------------------------------------------------------------


async def test_records_nobody_can_read_are_kept_with_reason_and_bytes_and_the_group_goes_on(
    kafka_rig: KafkaRig, producer: AIOKafkaProducer
) -> None:
    topic = kafka_rig.prefix + COOPERATION
    await allow_large(topic)
    for value, headers, _ in POISON.values():
        await until(lambda v=value, h=headers: _send(producer, topic, v, h))  # type: ignore[misc]
    await producer.send_and_wait(topic, partition=0, key=b"k", value=b"{}", headers=[])
    event = need("e1")
    _, value, own = to_kafka(event)
    await producer.send_and_wait(topic, partition=0, key=b"k", value=value, headers=own)

    async with kafka_rig.group(Toys()):
        await until(lambda: trails(kafka_rig.store))
        await until(lambda: _through(kafka_rig, len(POISON) + 3))  # with the empty one, e1, and what was said about it

    rows = await kafka_rig.store.read(ask, "SELECT id, state, reason, raw, blocks FROM parked ORDER BY length(id), id")
    assert [row.id for row in rows] == [f"{COOPERATION}/0@{n}" for n in range(len(POISON) + 1)]
    for row, (value, _, reason) in zip(rows, POISON.values(), strict=False):
        assert bytes(row.raw) == (value or b"")
        assert row.reason.startswith("unreadable: ")
        assert reason in row.reason
        assert (row.state, row.blocks) == ("needs_operator", 0)
    assert await trails(kafka_rig.store) == {f"toys:{ref('a')}": ["e1"]}


async def _send(producer: AIOKafkaProducer, topic: str, value: bytes | None, headers: Headers) -> bool:
    try:
        await producer.send_and_wait(topic, partition=0, key=b"k", value=value, headers=list(headers))
    except MessageSizeTooLargeError:
        return False  # the topic's new limit takes a moment to be known
    return True


async def _through(rig: KafkaRig, records: int) -> bool:
    return await committed(rig) == records


async def test_an_event_that_arrives_twice_is_handled_once(kafka_rig: KafkaRig, producer: AIOKafkaProducer) -> None:
    toys = Toys()
    await kafka_rig.say(need("e1"), need("e2"))
    async with kafka_rig.group(toys):
        await until(lambda: len(toys.runs) == 2)
        for event in (need("e1"), need("e3"), need("e2"), need("e1")):
            key, value, headers = to_kafka(event)
            await producer.send_and_wait(kafka_rig.prefix + COOPERATION, key=key, value=value, headers=headers)
        await until(lambda: "e3" in toys.runs)
        await until(lambda: _through(kafka_rig, 2 + 4 + 3))  # two of our own, four more, three said by the toys

    assert await trails(kafka_rig.store) == {f"toys:{ref('a')}": ["e1", "e2", "e3"]}


# ---- partitions that move ---------------------------------------------------------------------------------------------


class Gate:
    """A helper that lets a batch go on when the test says so: a long batch without a clock."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = 0

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1


async def test_a_second_process_takes_its_share_and_gives_it_back(kafka_rig: KafkaRig) -> None:
    said, one, two = needs(90, KEYS), Toys(), Toys()
    async with kafka_rig.group(one) as first:
        await kafka_rig.say(*said[:30])
        await all_handled(kafka_rig, 30)

        async with kafka_rig.group(two) as second:
            await until(lambda: len(second.partitions()) == len(first.partitions()) == 6)
            await kafka_rig.say(*said[30:60])
            await all_handled(kafka_rig, 60)
            assert {*one.runs[30:], *two.runs} == {event.id for event in said[30:60]}
            assert two.runs

        await until(lambda: len(first.partitions()) == 12)
        await kafka_rig.say(*said[60:])
        await all_handled(kafka_rig, 90)


async def test_a_process_with_a_lasting_name_is_succeeded_at_once(kafka_rig: KafkaRig) -> None:
    said = needs(40, KEYS)
    loop = asyncio.get_running_loop()
    async with kafka_rig.group(Toys(), process="pod-1"):
        await kafka_rig.say(*said[:20])
        await all_handled(kafka_rig, 20)

    await kafka_rig.say(*said[20:])
    began = loop.time()
    async with kafka_rig.group(Toys(), process="pod-1"):
        await all_handled(kafka_rig, 40)
    assert loop.time() - began < subscription_module.SESSION / 1000


async def test_a_rebalance_waits_for_the_running_batch(kafka_rig: KafkaRig) -> None:
    gate, said = Gate(), needs(60, KEYS)
    one, two = Toys(helpers=[gate]), Toys()
    with capture_logs() as logs:
        async with kafka_rig.group(one) as first:
            await kafka_rig.say(*said)
            await until(lambda: gate.waiting)
            async with AsyncExitStack() as stack:
                joining = asyncio.create_task(stack.enter_async_context(kafka_rig.group(two)))
                await until(lambda: first_is_asked(kafka_rig))
                assert two.runs == []
                gate.open.set()
                second = await joining
                await until(lambda: len(second.partitions()) == len(first.partitions()) == 6)
                await all_handled(kafka_rig, 60)

    assert len(one.runs) + len(two.runs) == 60
    assert not [entry for entry in logs if entry["event"] in ("offset.not_committed", "rebalance.batch_still_running")]


async def test_a_stop_waits_for_the_running_batch_and_commits_its_offsets(kafka_rig: KafkaRig) -> None:
    gate, said, toys = Gate(), needs(20, KEYS), Toys()
    async with AsyncExitStack() as stack:
        runner = await stack.enter_async_context(kafka_rig.group(Toys(helpers=[gate])))
        await kafka_rig.say(*said)
        await until(lambda: gate.waiting)
        stopping = asyncio.create_task(stack.aclose())
        await until(lambda: runner.stopping)
        gate.open.set()
        await stopping

    before = await trails(kafka_rig.store)
    assert before
    async with kafka_rig.group(toys):
        await all_handled(kafka_rig, 20)
    done = {event for trail in before.values() for event in trail}
    assert set(toys.runs) == {event.id for event in said} - done
    assert await committed(kafka_rig) >= len(done)


async def test_a_process_that_holds_partitions_and_takes_nothing_says_so_and_leaves(
    kafka_rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "LOOK", 0.05)
    monkeypatch.setattr(subscription_module, "FINISH_LIMIT", 0.1)
    gate, said, two = Gate(), needs(20, KEYS), Toys()
    with capture_logs() as logs:
        async with (
            kafka_rig.group(Toys(helpers=[gate])) as runner,
            at_work(lambda: watch_module.watch([runner], kafka_rig.store)) as trouble,
        ):
            await until(runner.partitions)
            assert await runner.moves()  # it has nothing to read
            await kafka_rig.say(*said)
            await until(lambda: gate.waiting)
            with pytest.raises(watch_module.Stuck, match="group toys holds partitions with records to read"):
                await asyncio.wait_for(trouble, 60)
            assert runner.trouble is not None

    assert [entry["group"] for entry in logs if entry["event"] == "group.stuck"] == ["toys"]
    async with kafka_rig.group(two):
        await all_handled(kafka_rig, 20)
    assert len(two.runs) == 20


async def test_a_process_whose_database_is_away_is_not_stuck(
    kafka_rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Gate):
        async def prepare(self, store: Store, events: Sequence[Event]) -> None:
            self.waiting += 1
            if not self.open.is_set():
                raise ServiceAway("PostgreSQL does not answer")

    monkeypatch.setattr(runner_module, "FIRST_PAUSE", 0.01)
    away, said = Away(), needs(20, KEYS)
    async with kafka_rig.group(Toys(helpers=[away])) as runner:
        await kafka_rig.say(*said)
        await until(lambda: runner.is_away)
        assert [await runner.moves() for _ in range(10)] == [True] * 10
        away.open.set()
        await all_handled(kafka_rig, 20)


async def first_is_asked(rig: KafkaRig) -> bool:
    """Return whether the group is being rebalanced: its members have been asked to come back."""
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([f"{rig.prefix}hub.toys"])
        return "PreparingRebalance" in str(answer)
    finally:
        await admin.close()


async def test_a_batch_that_outlasts_the_rebalance_has_no_second_effect(
    kafka_rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription_module, "REVOKE_LIMIT", 0.1)
    gate, said = Gate(), needs(60, KEYS)
    one, two = Toys(helpers=[gate]), Toys()
    with capture_logs() as logs:
        async with kafka_rig.group(one):
            await kafka_rig.say(*said)
            await until(lambda: gate.waiting)
            async with kafka_rig.group(two) as second:
                await until(lambda: len(second.partitions()) == 6)
                await until(lambda: two.runs)  # the same events, now with the second process
                gate.open.set()
                await all_handled(kafka_rig, 60)

    assert len(one.runs) + len(two.runs) == 60
    assert "rebalance.batch_still_running" in [entry["event"] for entry in logs]


async def test_a_parked_event_moves_with_its_partition(kafka_rig: KafkaRig) -> None:
    one, two = Toys(), Toys()
    keys = "abcdefghijklmnop"
    for toys in (one, two):
        toys.deeds.update({event.id: raises(ValueError("a handler's bug")) for event in needs(16, keys)})
    async with kafka_rig.group(one) as first:
        await kafka_rig.say(*needs(16, keys))
        await until(lambda: _parked(kafka_rig, 16))
        async with kafka_rig.group(two) as second:
            await until(lambda: len(second.partitions()) == len(first.partitions()) == 6)
            one.deeds.clear()
            two.deeds.clear()
            kafka_rig.clock.advance(seconds=5)
            await all_handled(kafka_rig, 16, keys)

    assert two.runs
    assert sorted((*one.runs[16:], *two.runs)) == sorted(event.id for event in needs(16, keys))


async def _parked(rig: KafkaRig, count: int) -> bool:
    return len(await rig.store.read(ask, "SELECT 1 FROM parked")) == count


async def test_an_offset_that_cannot_be_committed_is_no_failure(
    kafka_rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: Any, offsets: Any = None) -> None:
        raise CommitFailedError

    toys = Toys()
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(AIOKafkaConsumer, "commit", refuse)
        async with kafka_rig.group(toys):
            await kafka_rig.say(*needs(20, KEYS))
            await all_handled(kafka_rig, 20)
            await until(lambda: "offset.not_committed" in [entry["event"] for entry in logs])

    assert await committed(kafka_rig) == 0
    async with kafka_rig.group(toys):
        await until(lambda: _through(kafka_rig, 40))  # everything again, dropped by the inbox
    assert len(toys.runs) == 20


async def test_the_offset_follows_the_database(kafka_rig: KafkaRig) -> None:
    gate = Gate()
    async with kafka_rig.group(Toys(helpers=[gate])):
        await kafka_rig.say(*needs(20, KEYS))
        await until(lambda: gate.waiting)
        assert await committed(kafka_rig) == 0
        gate.open.set()
        await until(lambda: _through(kafka_rig, 40))

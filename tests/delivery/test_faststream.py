"""How FastStream itself acknowledges, without the hub: why the hub does it all by hand, and a bell for when that changes.

If one of these turns red after an upgrade, FastStream has become better or worse: read `hub/log/subscription.py` again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from tests.delivery.rigs import BOOTSTRAP
from tests.delivery.toys import until

pytestmark = pytest.mark.services
BAD = b"2"
"""The message of the three (1, 2, 3) that the handler cannot handle."""

Handler = Callable[[Any], Any]
Headers = Sequence[tuple[str, bytes | None]]


@pytest.fixture
async def topic() -> AsyncIterator[str]:
    """A topic of one partition, so that there is one order."""
    name = f"test{uuid4().hex[:10]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    answer = await admin.create_topics([NewTopic(name, 1, 1)])
    assert all(code == 0 for _, code, _ in answer.topic_errors), answer.topic_errors
    yield name
    await admin.delete_topics([name])
    await admin.close()


async def send(topic: str, *values: bytes | None, headers: Headers = ()) -> None:
    async with AsyncExitStack() as stack:
        producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP)
        await producer.start()
        stack.push_async_callback(producer.stop)
        for value in values:
            await producer.send_and_wait(topic, value=value, key=b"k", headers=list(headers))


async def committed(topic: str) -> int:
    """Return how many of the topic's messages the group says it is through with."""
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(topic)
        found = offsets.get(TopicPartition(topic, 0))
        return found.offset if found else 0
    finally:
        await admin.close()


@asynccontextmanager
async def subscriber(topic: str, handler: Handler, **options: Any) -> AsyncIterator[KafkaBroker]:
    """Run a plain FastStream subscriber until the block ends; the group has the topic's name."""
    broker = KafkaBroker(BOOTSTRAP, logger=None, apply_types=False, graceful_timeout=2)
    broker.subscriber(topic, group_id=topic, auto_offset_reset="earliest", fetch_max_wait_ms=20, **options)(handler)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


class Failing:
    """A handler that fails on one message, or on all that hold a word."""

    def __init__(self, bad: bytes = BAD) -> None:
        self.bad = bad
        self.seen: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.seen.append(message)
        if message == self.bad:
            raise ValueError("a handler's bug")


async def raw(message: Any) -> Any:
    """Give the handler the bytes as they are."""
    return message.raw_message.value


@pytest.mark.parametrize("options", [{}, {"ack_policy": AckPolicy.ACK_FIRST}, {"ack_policy": AckPolicy.ACK}])
async def test_by_default_a_failed_message_counts_as_handled(topic: str, options: dict[str, Any]) -> None:
    handler, successor = Failing(), Failing(b"")
    await send(topic, b"1", BAD, b"3")

    async with subscriber(topic, handler.__call__, decoder=raw, **options):
        await until(lambda: len(handler.seen) == 3)
    assert handler.seen == [b"1", BAD, b"3"]
    assert await committed(topic) == 3

    await send(topic, b"4")
    async with subscriber(topic, successor.__call__, decoder=raw):
        await until(lambda: b"4" in successor.seen)
    assert successor.seen == [b"4"]  # the failed one is lost


async def test_nack_on_error_repeats_at_once_without_end_and_holds_the_partition(topic: str) -> None:
    handler, loop = Failing(), asyncio.get_running_loop()
    await send(topic, b"1", BAD, b"3")

    async with subscriber(topic, handler.__call__, decoder=raw, ack_policy=AckPolicy.NACK_ON_ERROR):
        began = loop.time()
        await until(lambda: len(handler.seen) > 50)
        assert loop.time() - began < 5  # no delay between tries

    assert handler.seen[0] == b"1"
    assert set(handler.seen[1:]) == {BAD}
    assert await committed(topic) == 1


async def test_even_nack_on_error_loses_a_message_whose_header_is_not_utf8(topic: str) -> None:
    handler = Failing(b"")
    await send(topic, b"1")
    await send(topic, b"poison", headers=[("h", b"\xff\xfe")])
    await send(topic, b"3")

    async with subscriber(topic, handler.__call__, decoder=raw, ack_policy=AckPolicy.NACK_ON_ERROR):
        await until(lambda: b"3" in handler.seen)

    assert handler.seen == [b"1", b"3"]
    assert await committed(topic) == 3


async def test_one_bad_message_of_a_batch_holds_the_whole_batch_without_end(topic: str) -> None:
    decoded, handler = 0, Failing(b"")

    async def decode(message: Any) -> Any:
        nonlocal decoded
        decoded += 1
        raise ValueError("one of them cannot be read")

    batch = {"batch": True, "batch_timeout_ms": 10, "decoder": decode, "ack_policy": AckPolicy.NACK_ON_ERROR}
    await send(topic, b"1", BAD, b"3")
    async with subscriber(topic, handler.__call__, **batch):
        await until(lambda: decoded > 20)

    assert handler.seen == []
    assert await committed(topic) == 0


async def test_manual_leaves_the_offset_to_us_and_goes_on(topic: str) -> None:
    handler, successor = Failing(), Failing(b"")
    await send(topic, b"1", BAD, b"3")

    async with subscriber(topic, handler.__call__, decoder=raw, ack_policy=AckPolicy.MANUAL):
        await until(lambda: len(handler.seen) == 3)
    assert await committed(topic) == 0

    async with subscriber(topic, successor.__call__, decoder=raw, ack_policy=AckPolicy.MANUAL):
        await until(lambda: len(successor.seen) == 3)
    assert successor.seen == [b"1", BAD, b"3"]  # nothing is lost, everything comes again: that is what inboxes are for


async def test_the_default_group_start_hears_nothing_said_before(topic: str) -> None:
    handler = Failing(b"")
    await send(topic, b"1")
    broker = KafkaBroker(BOOTSTRAP, logger=None, apply_types=False)
    broker.subscriber(topic, group_id=topic, decoder=raw)(handler.__call__)

    await broker.start()
    consumer: Any = broker.subscribers[0].consumer  # type: ignore[attr-defined]
    await until(consumer.assignment)
    await consumer.position(TopicPartition(topic, 0))
    await send(topic, b"2")
    await until(lambda: handler.seen)
    await broker.stop()

    assert handler.seen == [b"2"]


async def test_a_subscriber_to_a_missing_topic_hangs_without_a_word() -> None:
    broker = KafkaBroker(BOOTSTRAP, logger=None, apply_types=False, allow_auto_create_topics=False)
    missing = f"test{uuid4().hex[:10]}"
    broker.subscriber(missing, group_id=missing)(Failing().__call__)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await broker.start()
    with suppress(CommitFailedError):
        await broker.stop()

"""One group's subscription on Kafka: records become batches for the runner, offsets follow the database.

FastStream's acknowledgement policies lose or hot-loop messages, so every subscriber is MANUAL, its parser never raises,
its function never lets an exception out, and offsets are committed by us: they are a hint, the inbox is the truth.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from events.catalogue import EVENTS
from hub.dispatch.runner import Runner
from hub.failpoints import reach
from hub.log.kafka import delivery

log = structlog.get_logger()
BATCH = 500  # records
BATCH_TIMEOUT = 20  # milliseconds; FastStream sleeps this long again after an empty poll
FETCH_WAIT = 50  # milliseconds
SESSION = 10_000  # milliseconds until a silent member's partitions move on
FINISH_LIMIT = 8.0  # seconds a stop waits for the running batch
LOOK_LIMIT = 5.0  # seconds the broker may take to say what there is to read
REVOKE_LIMIT = 8.0  # seconds a rebalance waits for the running batch; below the session's 10

Records = Sequence[ConsumerRecord[Any, Any]]


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Knows which partitions are ours, and makes a rebalance wait for the running batch."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.mine: set[TopicPartition] = set()
        self.running = asyncio.Lock()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Wait, within limits, until the batch in work has committed."""
        reach("rebalance.revoked")
        try:
            async with asyncio.timeout(REVOKE_LIMIT), self.running:
                self.mine.clear()
        except TimeoutError:
            self.mine.clear()
            log.warning("rebalance.batch_still_running", partitions=len(list(revoked)))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Remember what is ours now."""
        self.mine = set(assigned)

    def names(self) -> list[str]:
        """Return our partitions as parked rows name them."""
        return [f"{tp.topic.removeprefix(self._prefix)}/{tp.partition}" for tp in self.mine]


def group_id(group: str, *, prefix: str) -> str:
    """Return the name by which Kafka knows a group of handlers."""
    return f"{prefix}hub.{group}"


class Subscription:
    """One group's subscriber: brings its batches to the runner, then moves the offset."""

    def __init__(self, runner: Runner, *, prefix: str) -> None:
        self.runner = runner
        self.prefix = prefix
        self.assignment = Assignment(prefix)
        runner.partitions = self.assignment.names
        runner.moves = self.moves
        self._batches = self._seen = 0
        self._done: dict[TopicPartition, int] = {}
        self.topics = sorted({EVENTS[heard].TOPIC for heard in runner.group.by_type})
        self._subscriber: Any = None

    def subscribe(self, broker: KafkaBroker, instance: str | None) -> None:
        """Declare the subscriber on a broker."""
        name = group_id(self.runner.group.name, prefix=self.prefix)
        self._subscriber = broker.subscriber(
            *(self.prefix + topic for topic in self.topics),
            group_id=name,
            group_instance_id=f"{name}.{instance}" if instance else None,
            batch=True,
            max_records=BATCH,
            batch_timeout_ms=BATCH_TIMEOUT,
            fetch_max_wait_ms=FETCH_WAIT,
            session_timeout_ms=SESSION,
            heartbeat_interval_ms=1_000,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            listener=self.assignment,
            parser=self._parse,
            decoder=_decode,
            title=name,
        )
        self._subscriber(self._annotated())

    async def _parse(self, records: Records) -> KafkaMessage:
        # The raw records travel on untouched: whether one can be read is decided where it can be parked.
        return KafkaMessage(
            raw_message=tuple(records),
            body=b"",
            headers={},
            message_id=f"{records[0].topic}-{records[0].partition}-{records[0].offset}",
            consumer=None,  # type: ignore[arg-type]
        )

    def _annotated(self) -> Callable[..., Any]:
        async def consume(records: Any) -> None:
            await self.consume(records)

        heard = tuple(EVENTS[name] for name in self.runner.group.by_type)
        union: Any = heard[0]
        for event in heard[1:]:
            union = union | event
        consume.__annotations__["records"] = list[union]
        consume.__name__ = f"{self.runner.group.name}_batch"
        return consume

    async def consume(self, records: Records) -> None:
        """Take one batch through the runner, which returns only when it is committed; then move the offsets."""
        async with self.assignment.running:
            ours = [r for r in records if TopicPartition(r.topic, r.partition) in self.assignment.mine]
            if not ours or self.runner.stopping:
                return
            await self.runner.take([delivery(record, prefix=self.prefix) for record in ours])
            reach("stream.before_offset")
            await self._commit(ours)
            self._batches += 1

    async def moves(self) -> bool:
        """Return whether batches were taken since the last look, or none could be: nothing to read, a service away."""
        moved, self._seen = self._batches != self._seen, self._batches
        consumer: AIOKafkaConsumer | None = self._subscriber.consumer
        if moved or consumer is None or not self.assignment.mine or self.runner.is_away:
            return True
        try:
            async with asyncio.timeout(LOOK_LIMIT):
                return not await self._has_more(consumer, sorted(self.assignment.mine))
        except (KafkaError, OSError, TimeoutError):
            return True  # the broker is away

    async def _has_more(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> bool:
        # Asked of the broker: a client that has stopped fetching would not know of newer records.
        begin, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for each in partitions:
            done = max(begin[each], self._done.get(each, 0), await consumer.committed(each) or 0)
            if done < end[each]:
                return True
        return False

    async def finish(self) -> None:
        """Take no further batch, and wait, within limits, until the one in work is committed, offsets included."""
        try:
            async with asyncio.timeout(FINISH_LIMIT):
                await self.runner.finish()
                if self.runner.trouble is None:
                    async with self.assignment.running:
                        pass
        except TimeoutError:
            log.warning("stop.batch_still_running", group=self.runner.group.name)

    async def _commit(self, records: Records) -> None:
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            offsets[TopicPartition(record.topic, record.partition)] = record.offset + 1
        self._done |= offsets
        consumer: AIOKafkaConsumer | None = self._subscriber.consumer
        try:
            if consumer is not None:
                await consumer.commit(offsets)
        except KafkaError as error:
            # Lost the partitions meanwhile, or the broker is away: the records come again and the inbox drops them.
            log.info("offset.not_committed", group=self.runner.group.name, reason=type(error).__name__)


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message

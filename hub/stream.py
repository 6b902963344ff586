"""The FastStream application: one batch subscriber a group, on real Kafka.

`faststream run hub.stream:app --factory` and `vet-hub worker` run the same object. FastStream's acknowledgement policies
lose or hot-loop messages, so every subscriber is MANUAL, its parser never raises, its function never lets an exception
out, and offsets are committed by us after the database: they are a hint, the inbox is the truth.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from faststream import AckPolicy, ContextRepo, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from events.catalogue import EVENTS
from events.topics import TOPICS
from hub.clock import Clock, SystemClock
from hub.dispatch.runner import Runner, pause_after
from hub.errors import HubError, ServiceAway
from hub.failpoints import reach
from hub.log.kafka import delivery, quieten_client
from hub.log.outbox import OutboxLog
from hub.log.relay import Relay
from hub.parts import Hub, Work, at_work, build
from hub.settings import Settings, load
from hub.store.migrate import migrate
from hub.store.postgres import PostgresStore

log = structlog.get_logger()
BATCH = 500  # records
BATCH_TIMEOUT = 20  # milliseconds; FastStream sleeps this long again after an empty poll
FETCH_WAIT = 50  # milliseconds
SESSION = 10_000  # milliseconds until a silent member's partitions move on
REVOKE_LIMIT = 8.0  # seconds a rebalance waits for the running batch; below the session's 10
START_LIMIT = 60.0  # seconds a subscriber may take to join

Records = Sequence[ConsumerRecord[Any, Any]]


class HubBroker(KafkaBroker):
    """A broker that starts all groups at once: serially, each join waits for the one before."""

    async def start(self) -> None:
        """Connect, then start every subscriber and publisher together."""
        await self.connect()
        async with asyncio.timeout(START_LIMIT):
            await asyncio.gather(*(subscriber.start() for subscriber in self.subscribers))
        for publisher in self.publishers:
            await publisher.start()
        self.running = True


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


class Subscription:
    """One group's subscriber: brings its batches to the runner, then moves the offset."""

    def __init__(self, runner: Runner, *, prefix: str) -> None:
        self.runner = runner
        self.prefix = prefix
        self.assignment = Assignment(prefix)
        runner.partitions = self.assignment.names
        self.topics = sorted({EVENTS[heard].TOPIC for heard in runner.group.by_type})
        self._subscriber: Any = None

    def subscribe(self, broker: KafkaBroker, instance: str) -> None:
        """Declare the subscriber on a broker."""
        name = f"{self.prefix}hub.{self.runner.group.name}"
        self._subscriber = broker.subscriber(
            *(self.prefix + topic for topic in self.topics),
            group_id=name,
            group_instance_id=f"{name}.{instance}",
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
            if not ours:
                return
            await self.runner.take([delivery(record, prefix=self.prefix) for record in ours])
            reach("stream.before_offset")
            await self._commit(ours)

    async def _commit(self, records: Records) -> None:
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            offsets[TopicPartition(record.topic, record.partition)] = record.offset + 1
        consumer: AIOKafkaConsumer | None = self._subscriber.consumer
        try:
            if consumer is not None:
                await consumer.commit(offsets)
        except KafkaError as error:
            # Lost the partitions meanwhile, or the broker is away: the records come again and the inbox drops them.
            log.info("offset.not_committed", group=self.runner.group.name, reason=type(error).__name__)


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


def instance_name() -> str:
    """Name this process so that after a crash its successor takes over at once (static membership)."""
    return os.environ.get("VET_HUB_INSTANCE") or f"{socket.gethostname()}-{os.getpid()}"


def stream(
    bootstrap: str,
    runners: Sequence[Runner],
    *,
    prefix: str = "",
    lifespan: Callable[..., Any] | None = None,
) -> FastStream:
    """Make the application for some groups; topics must exist (`require_topics`)."""
    quieten_client()
    broker = HubBroker(bootstrap.split(","), apply_types=False, allow_auto_create_topics=False, logger=None)
    subscriptions = [Subscription(runner, prefix=prefix) for runner in runners]
    for subscription in subscriptions:
        subscription.subscribe(broker, instance_name())

    @asynccontextmanager
    async def life(context: ContextRepo) -> AsyncIterator[None]:
        async with (lifespan or _nothing)(context):
            looks = [asyncio.create_task(runner.look_at_parked()) for runner in runners]
            try:
                yield
            finally:
                for look in looks:
                    look.cancel()
                await asyncio.gather(*looks, return_exceptions=True)

    return FastStream(broker, logger=None, lifespan=life)


@asynccontextmanager
async def _nothing(_context: ContextRepo) -> AsyncIterator[None]:
    yield


def app() -> FastStream:
    """Make the application that the settings ask for: `faststream run hub.stream:app --factory`."""
    settings = load()
    hub = build(settings, SystemClock(), PostgresStore(settings.database_url or ""), OutboxLog())
    chosen = [name for name in os.environ.get("VET_HUB_GROUPS", "").split(",") if name] or list(hub.runners)

    @asynccontextmanager
    async def life(_context: ContextRepo) -> AsyncIterator[None]:
        await ready(settings)
        await hub.store.start()
        try:
            yield
        finally:
            await hub.store.stop()

    runners = [hub.runners[name] for name in chosen]
    return stream(settings.bootstrap, runners, prefix=settings.topic_prefix, lifespan=life)


PARTS = frozenset({"ingest", "groups", "relay", "scheduler", "courier"})


@asynccontextmanager
async def cluster(
    settings: Settings,
    *,
    parts: Collection[str] = PARTS,
    groups: Collection[str] | None = None,
    clock: Clock | None = None,
    patience: float = 0.0,
) -> AsyncIterator[Hub]:
    """Run some parts of the cluster in this process until the block ends; waits for services as long as `patience`."""
    await ready(settings, patience=patience)
    store = PostgresStore(settings.database_url or "")
    hub = build(settings, clock or SystemClock(), store, OutboxLog())
    await store.start()
    try:
        async with at_work(*_works(hub, parts, groups)) as trouble:
            hub.trouble = trouble
            yield hub
    finally:
        await store.stop()


def _works(hub: Hub, parts: Collection[str], groups: Collection[str] | None) -> list[Work]:
    settings = hub.settings
    works: list[Work] = []
    if "ingest" in parts:
        works.append(hub.ingest.run)
    if "relay" in parts:
        hub.relay = Relay(hub.store, settings.bootstrap, hub.clock, prefix=settings.topic_prefix)
        works.append(hub.relay.run)
    if "scheduler" in parts:
        works.append(hub.scheduler.run)
    if "courier" in parts:
        works.append(hub.courier.run)
    if "groups" in parts:
        hub.runners = {name: hub.runners[name] for name in groups or hub.runners}
        running = stream(settings.bootstrap, list(hub.runners.values()), prefix=settings.topic_prefix)
        works.append(lambda: _run_stream(running))
    return works


async def _run_stream(running: FastStream) -> None:
    async with running.lifespan_context():
        await running.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await running.stop()


async def ready(settings: Settings, *, patience: float = 0.0) -> None:
    """Return when database (brought to the newest schema) and topics are there; raises ServiceAway or HubError."""
    deadline = asyncio.get_running_loop().time() + patience
    failures = 0
    while True:
        try:
            await migrate(settings.url)
            break
        except ServiceAway as away:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            failures += 1
            log.info("start.waiting", reason=str(away))
            await asyncio.sleep(pause_after(failures))
    wanted = [settings.topic_prefix + topic.name for topic in TOPICS if not topic.per_tenant]
    await require_topics(settings.bootstrap, wanted, patience=max(0.0, deadline - asyncio.get_running_loop().time()))


async def topics_on(bootstrap: str) -> Mapping[str, int]:
    """Return the broker's topics with their number of partitions; raises ServiceAway."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        try:
            described = await admin.describe_topics()
            return {topic["topic"]: len(topic["partitions"]) for topic in described}
        finally:
            await admin.close()
    except (KafkaError, OSError) as error:
        raise ServiceAway(f"Kafka at {bootstrap} does not answer: {error}") from error


async def require_topics(bootstrap: str, wanted: Iterable[str], *, patience: float = 0.0) -> None:
    """Return when all topics exist; a subscriber to a missing topic would hang without a word."""
    failures = 0
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            missing = sorted(set(wanted) - set(await topics_on(bootstrap)))
            if not missing:
                return
            trouble: HubError = HubError(f"topics missing: {', '.join(missing)}; make them with `vet-hub topics apply`")
        except ServiceAway as away:
            trouble = away
        if asyncio.get_running_loop().time() >= deadline:
            raise trouble
        failures += 1
        await asyncio.sleep(pause_after(failures))

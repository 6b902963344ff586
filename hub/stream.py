"""The FastStream application: one batch subscriber a group, on real Kafka.

`faststream run hub.stream:app --factory` and `vet-hub worker` run the same object. `cluster` puts it together with the
other parts that a process was started for.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream import ContextRepo, FastStream
from faststream.kafka import KafkaBroker

from events.topics import TOPICS
from hub.clock import Clock, SystemClock
from hub.dispatch.runner import Runner, pause_after
from hub.errors import ServiceAway
from hub.log.clients import connection, security
from hub.log.outbox import OutboxLog
from hub.log.relay import Relay
from hub.log.subscription import Subscription
from hub.logs import set_up
from hub.partners.inbound import Inbound, Pace
from hub.parts import Hub, Work, at_work, build
from hub.settings import Broker, Settings, load
from hub.store.migrate import migrate
from hub.store.postgres import PostgresStore

log = structlog.get_logger()
START_LIMIT = 60.0  # seconds a subscriber may take to join


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


def instance_name() -> str | None:
    """Return this process's lasting name, by which a successor takes over at once after a crash (static membership).

    Without one a process leaves its groups when it stops; a killed one's partitions rest until its session ends.
    """
    return os.environ.get("VET_HUB_INSTANCE") or None


def stream(
    bootstrap: Broker | str,
    runners: Sequence[Runner],
    *,
    prefix: str = "",
    lifespan: Callable[..., Any] | None = None,
) -> FastStream:
    """Make the application for some groups; topics must exist (`require_topics`)."""
    broker = HubBroker(
        str(bootstrap).split(","),
        security=security(bootstrap),
        apply_types=False,
        allow_auto_create_topics=False,
        logger=None,
    )
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
    set_up(settings.log_level)
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


PARTS = frozenset({"ingest", "groups", "relay", "partners", "scheduler", "courier"})


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
    store, outbox = PostgresStore(settings.database_url or ""), OutboxLog()
    hub = build(settings, clock or SystemClock(), store, outbox)
    await store.start()
    try:
        async with at_work(*_works(hub, outbox, parts, groups)) as trouble:
            hub.trouble = trouble
            yield hub
    finally:
        await store.stop()


def _works(hub: Hub, outbox: OutboxLog, parts: Collection[str], groups: Collection[str] | None) -> list[Work]:
    settings = hub.settings
    works: list[Work] = []
    if "ingest" in parts:
        works.append(hub.ingest.run)
    if "relay" in parts:
        hub.relay = Relay(hub.store, settings.bootstrap, hub.clock, prefix=settings.topic_prefix)
        outbox.call(hub.relay.wake)
        works.append(hub.relay.run)
    if "partners" in parts:
        works += _partners(hub, outbox)
    if "scheduler" in parts:
        works += [hub.scheduler.run, hub.sampler.run]
    if "courier" in parts:
        works.append(hub.courier.run)
    if {"courier", "groups"} <= set(parts):
        for runner in hub.runners.values():
            runner.executor.left_jobs[:] = [hub.courier.wake]
    if "groups" in parts:
        hub.runners = {name: hub.runners[name] for name in groups or hub.runners}
        for runner in hub.runners.values():
            runner.executor.released[:] = [each.wake for each in hub.runners.values()]
        running = stream(settings.bootstrap, list(hub.runners.values()), prefix=settings.topic_prefix)
        works.append(lambda: _run_stream(running))
    return works


def _partners(hub: Hub, outbox: OutboxLog) -> list[Work]:
    settings = hub.settings
    reader = Inbound(
        hub.store,
        hub.ingest,
        outbox,
        hub.clock,
        settings.bootstrap,
        Pace(settings.rate, settings.burst),
        prefix=settings.topic_prefix,
        instance=instance_name(),
    )
    return [reader.run]


async def _run_stream(running: FastStream) -> None:
    async with running.lifespan_context():
        await running.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await running.stop()


async def ready(settings: Settings, *, patience: float = 0.0) -> None:
    """Return when database (brought to the newest schema) and topics are there; raises ServiceAway."""
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


async def wait_for_broker(settings: Settings, *, patience: float = 0.0) -> None:
    """Return when the broker answers; raises ServiceAway after `patience` seconds."""
    await require_topics(settings.bootstrap, (), patience=patience)


async def topics_on(bootstrap: Broker | str) -> Mapping[str, int]:
    """Return the broker's topics with their number of partitions; raises ServiceAway."""
    admin = AIOKafkaAdminClient(**connection(bootstrap), request_timeout_ms=5_000)
    try:
        await admin.start()
        try:
            described = await admin.describe_topics()
            return {topic["topic"]: len(topic["partitions"]) for topic in described}
        finally:
            await admin.close()
    except (KafkaError, OSError) as error:
        raise ServiceAway(f"Kafka at {bootstrap} does not answer: {error}") from error


async def require_topics(bootstrap: Broker | str, wanted: Iterable[str], *, patience: float = 0.0) -> None:
    """Return when all topics exist; a subscriber to a missing topic would hang without a word."""
    failures = 0
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            missing = sorted(set(wanted) - set(await topics_on(bootstrap)))
            if not missing:
                return
            trouble = ServiceAway(f"topics missing: {', '.join(missing)}; make them with `vet-hub topics apply`")
        except ServiceAway as away:
            trouble = away
        if asyncio.get_running_loop().time() >= deadline:
            raise trouble
        failures += 1
        await asyncio.sleep(pause_after(failures))

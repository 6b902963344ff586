"""The FastStream application: one batch subscriber a group, on real Kafka.

`faststream run hub.stream:app --factory` and `vet-hub worker` run the same object. `cluster` puts it together with the
other parts that a process was started for.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from faststream import ContextRepo, FastStream
from faststream.kafka import KafkaBroker

from hub.clock import Clock, SystemClock
from hub.contract.asyncapi import AsFastStreamAsks
from hub.dispatch.runner import Runner, pause_after, say_rarely
from hub.errors import ServiceAway, WrongSchema
from hub.log.clients import security
from hub.log.outbox import OutboxLog
from hub.log.relay import Relay
from hub.log.rights import READ, WRITE, require_groups, require_topics
from hub.log.subscription import FINISH_LIMIT, Subscription, group_id
from hub.log.topic_plan import asked, declared
from hub.log.wakes import hear
from hub.log.watch import watch
from hub.logs import set_up
from hub.partners.inbound import Inbound, Pace
from hub.partners.outbound import Outbound
from hub.parts import Hub, Work, at_work, build, reactions
from hub.settings import Broker, Settings, load
from hub.store import schema
from hub.store.grants import require_grants
from hub.store.migrate import migrate, newest
from hub.store.postgres import PostgresStore

log = structlog.get_logger()
START_LIMIT = 60.0  # seconds a subscriber may take to join
SCHEMA_LOOK = 15.0  # seconds between looks at whether the database is still for this release
LEAVE_LIMIT = 3.0  # seconds that leaving the groups may take


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
    """Make the application for some groups; topics must exist (`ready`)."""
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
            for runner in runners:
                runner.stopping = False
            looks = [asyncio.create_task(runner.look_at_parked()) for runner in runners]
            try:
                yield
            finally:
                for look in looks:
                    look.cancel()
                await asyncio.gather(*looks, return_exceptions=True)

    async def finish() -> None:
        await asyncio.gather(*(subscription.finish() for subscription in subscriptions))

    # Before a consumer leaves its group: a batch that is cut off comes again, and is work done twice.
    return FastStream(broker, logger=None, lifespan=life, on_shutdown=[finish])


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
        await ready(settings, parts={"groups"}, groups=chosen)
        await hub.store.start()
        try:
            yield
        finally:
            await hub.store.stop()

    runners = [hub.runners[name] for name in chosen]
    running = stream(settings.bootstrap, runners, prefix=settings.topic_prefix, lifespan=life)
    running.schema = AsFastStreamAsks(reactions(settings), prefix=settings.topic_prefix)
    return running


NEEDS = (("groups", READ), ("partners", READ), ("relay", WRITE))  # which part does what to the hub's topics
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
    chosen = groups or {reaction.group for reaction in reactions(settings)}
    await ready(settings, parts=parts, groups=chosen, patience=patience)
    store = PostgresStore(settings.database_url or "")
    hub = build(settings, clock or SystemClock(), store, OutboxLog())
    await store.start()
    try:
        async with at_work(*_works(hub, store, parts, groups)) as trouble:
            hub.trouble = trouble
            yield hub
    finally:
        await store.stop()


def _works(hub: Hub, store: PostgresStore, parts: Collection[str], groups: Collection[str] | None) -> list[Work]:
    settings = hub.settings
    works: list[Work] = []
    wakes: dict[str, Callable[[], None]] = {}
    if "ingest" in parts:
        works.append(hub.ingest.run)
    if "relay" in parts:
        hub.relay = Relay(hub.store, settings.bootstrap, hub.clock, settings.topic_prefix, hub.tracing)
        wakes["outbox"] = hub.relay.wake
        works.append(hub.relay.run)
    if "partners" in parts:
        works += _partners(hub, wakes)
    if "scheduler" in parts:
        works += [hub.scheduler.run, hub.sampler.run, hub.replayer.run]
    if "courier" in parts:
        wakes["jobs"] = hub.courier.wake
        works.append(hub.courier.run)
    chosen = _chosen(hub, parts, groups)
    if chosen:
        hub.runners = {name: hub.runners[name] for name in chosen}
        for runner in hub.runners.values():
            runner.executor.released[:] = [each.wake for each in hub.runners.values()]
        works += [lambda: _run_groups(hub), lambda: watch(hub.runners.values(), store)]
    works.append(lambda: _watch_schema(store))
    if wakes:
        works.append(lambda: hear(store, wakes))
    return works


def _chosen(hub: Hub, parts: Collection[str], groups: Collection[str] | None) -> list[str]:
    """Return the groups this process runs; those that only tell partners go with the part that does."""
    outward = [name for name, runner in hub.runners.items() if runner.group.outward]
    wanted = set(groups or set(hub.runners) - set(outward)) if "groups" in parts else set()
    return [name for name in hub.runners if name in wanted or ("partners" in parts and name in outward)]


def _partners(hub: Hub, wakes: dict[str, Callable[[], None]]) -> list[Work]:
    settings = hub.settings
    reader = Inbound(
        hub.store,
        hub.ingest,
        hub.log,
        hub.clock,
        settings.bootstrap,
        Pace(settings.rate, settings.burst),
        prefix=settings.topic_prefix,
        instance=instance_name(),
    )
    writer = Outbound(hub.store, settings.bootstrap, hub.clock, prefix=settings.topic_prefix)
    wakes["shares"] = writer.wake
    return [reader.run, writer.run]


async def _watch_schema(store: PostgresStore) -> None:
    """Raise WrongSchema when a newer release has brought the database where this one cannot work on it."""
    known = newest()
    while True:
        await asyncio.sleep(SCHEMA_LOOK)
        try:
            there, oldest = await store.read(schema.revision), await store.read(schema.oldest)
        except ServiceAway:
            continue
        if reason := schema.cannot_work(there or "", oldest, known):
            raise WrongSchema(reason)


async def _run_groups(hub: Hub) -> None:
    """Read and handle until cancelled; a broker that goes away while the groups begin is waited for."""
    failures = 0
    while True:
        running = stream(hub.settings.bootstrap, list(hub.runners.values()), prefix=hub.settings.topic_prefix)
        async with running.lifespan_context():
            try:
                await running.start()
                hub.begun.set()
                await asyncio.get_running_loop().create_future()
            except (KafkaError, OSError, TimeoutError) as away:
                failures += 1
                say_rarely("groups.waiting", failures, f"Kafka does not let the groups begin: {away!r}")
            finally:
                await _stop(running)
        await asyncio.sleep(pause_after(failures))


async def _stop(running: FastStream) -> None:
    try:
        async with asyncio.timeout(FINISH_LIMIT + LEAVE_LIMIT):
            await running.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("groups.left_without_a_word", reason=type(error).__name__)  # their sessions run out


async def ready(
    settings: Settings, *, parts: Collection[str] = PARTS, groups: Collection[str] = (), patience: float = 0.0
) -> None:
    """Return when database and Kafka are as some parts need them, and let them at their work; raises ServiceAway."""
    deadline = asyncio.get_running_loop().time() + patience
    wish = asked(settings)
    wanted = {
        wish["prefix"] + name: topic.partitions for name, topic in declared(partitions=wish["partitions"]).items()
    }
    does = [operation for part, operation in NEEDS if part in parts]
    members = [group_id(name, prefix=wish["prefix"]) for name in groups if "groups" in parts]
    await _patiently(lambda: migrate(settings.url), deadline)
    await _patiently(lambda: require_grants(settings.url), deadline)
    await _patiently(lambda: require_topics(settings.bootstrap, wanted, does), deadline)
    await _patiently(lambda: require_groups(settings.bootstrap, members), deadline)


async def wait_for_broker(settings: Settings, *, patience: float = 0.0) -> None:
    """Return when the broker answers; raises ServiceAway after `patience` seconds."""
    await _patiently(lambda: require_topics(settings.bootstrap, {}), asyncio.get_running_loop().time() + patience)


async def _patiently(look: Callable[[], Awaitable[None]], deadline: float) -> None:
    """Look until what is looked for is there; say once, and then more and more rarely, what is waited for."""
    failures = 0
    while True:
        try:
            await look()
            break
        except ServiceAway as away:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            failures += 1
            say_rarely("start.waiting", failures, str(away))
            await asyncio.sleep(pause_after(failures))
    if failures:
        log.info("start.waited", failures=failures)

"""With Kafka in front: the hub's stream against bare aiokafka + asyncpg, and against a usual service.

The same records lie in one topic; each takes its turn at reading them from the beginning, with a group of its own. The
clock runs from the first batch in hand to the last commit.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from events.codec import to_kafka
from events.envelope import Envelope
from events.topics import COOPERATION
from hub.clock import SystemClock
from hub.dispatch.delivery import Delivery
from hub.dispatch.runner import Runner
from hub.log.outbox import OutboxLog
from hub.log.subscription import BATCH
from hub.store.postgres import PostgresStore
from hub.stream import stream
from tests.bench import usual, workload
from tests.bench.bare import BarePostgres
from tests.bench.executor import executor_on
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.services import database, topics

BARE = Figure("kafka", "with Kafka in front, against bare aiokafka + asyncpg", "share of bare", 0.60, 0.80)
USUAL = Figure("kafka_usual", "the same against a usual FastStream + SQLAlchemy service", "× as fast", 20, 40)
USUAL_EVENTS = 500  # it takes seconds for these; its rate does not change with more
PATIENCE = 120.0  # seconds for one turn


@dataclass
class Stretch:
    """One turn's clock: starts with the first batch in hand, ends when all events are committed."""

    events: int
    began: float = 0.0
    done: int = 0

    def __post_init__(self) -> None:
        """Nothing has ended yet."""
        self.ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def in_hand(self) -> None:
        """A batch is there."""
        self.began = self.began or perf_counter()

    def committed(self, events: int) -> None:
        """Events are committed."""
        self.done += events
        if self.done >= self.events and not self.ended.done():
            self.ended.set_result(perf_counter())

    async def rate(self) -> float:
        """Wait for the end; return the events a second."""
        async with asyncio.timeout(PATIENCE):
            ended = await self.ended
        return self.done / (ended - self.began)


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the stream's share of the bare loop's speed, and how often it is as fast as the usual service."""
    async with AsyncExitStack() as stack:
        prefix = await stack.enter_async_context(topics(ground.up))
        urls = [await stack.enter_async_context(database(ground.up)) for _ in range(3)]
        for url in urls:
            await _plant(url)
        await fill(ground.up.bootstrap, prefix + COOPERATION, workload.envelopes())
        for n in range(ground.repeats):
            bare = await _bare(ground.up.bootstrap, prefix, urls[1], f"bare{n}")
            ours = await _ours(ground.up.bootstrap, prefix, urls[0], f"bench{n}")
            slow = await _usual(ground.up.bootstrap, prefix, urls[2], f"usual{n}")
            yield {BARE.name: ours / bare, USUAL.name: ours / slow}
            for url in urls:
                await forget(url)


async def _plant(url: str) -> None:
    store = PostgresStore(url)
    await workload.plant(store)
    await store.stop()


async def forget(url: str) -> None:
    """Empty what a repeat has written."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE history, outbox, inbox"))
    await engine.dispose()


async def fill(bootstrap: str, topic: str, said: Sequence[Envelope]) -> None:
    """Put events on a topic."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=262_144)
    await producer.start()
    sent = []
    for envelope in said:
        key, value, headers = to_kafka(envelope)
        sent.append(await producer.send(topic, value=value, key=key, headers=headers))
    await asyncio.gather(*sent)
    await producer.stop()


class TimedRunner(Runner):
    """The hub's runner, with a clock beside it."""

    stretch: Stretch

    async def take(self, deliveries: Sequence[Delivery], position: int | None = None) -> int:
        """Take a batch."""
        self.stretch.in_hand()
        taken = await super().take(deliveries, position)
        self.stretch.committed(taken)
        return taken


async def _ours(bootstrap: str, prefix: str, url: str, name: str) -> float:
    store = PostgresStore(url)
    runner = TimedRunner(workload.group(name=name), executor_on(store, OutboxLog()), store, SystemClock())
    runner.stretch = Stretch(workload.EVENTS)
    running = stream(bootstrap, [runner], prefix=prefix)
    async with running.lifespan_context():
        await running.start()
        rate = await runner.stretch.rate()
        await running.stop()
    await store.stop()
    return rate


class Read(NamedTuple):
    """What the bare loop makes of a record."""

    source: str
    id: str
    subject: str
    partition_key: str
    correlation_id: str
    seq: int
    data: bytes


def _read(record: ConsumerRecord[Any, Any]) -> Read:
    told = dict(record.headers)
    return Read(
        told["ce_source"].decode(),
        told["ce_id"].decode(),
        told["ce_subject"].decode(),
        told["ce_partitionkey"].decode(),
        told["ce_correlationid"].decode(),
        int(told["ce_hubseq"]),
        record.value,
    )


async def _bare(bootstrap: str, prefix: str, url: str, name: str) -> float:
    loop = await BarePostgres.connect(url)
    consumer = AIOKafkaConsumer(
        prefix + COOPERATION,
        bootstrap_servers=bootstrap,
        group_id=prefix + name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    stretch = Stretch(workload.EVENTS)
    while not stretch.ended.done():
        found = await consumer.getmany(max_records=BATCH, timeout_ms=1_000)
        said = [_read(record) for records in found.values() for record in records]
        if said:
            stretch.in_hand()
            await loop.batch(said)
            await consumer.commit()
            stretch.committed(len(said))
    await consumer.stop()
    await loop.close()
    return await stretch.rate()


async def _usual(bootstrap: str, prefix: str, url: str, name: str) -> float:
    engine = create_async_engine(url)
    stretch = Stretch(USUAL_EVENTS)
    broker = usual.service(bootstrap, prefix + COOPERATION, prefix + name, engine, stretch)
    await broker.start()
    rate = await stretch.rate()
    await broker.stop()
    await engine.dispose()
    return rate


BENCHES = (Bench("kafka", (BARE, USUAL), measure, services=True),)

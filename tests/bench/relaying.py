"""The relay against a bare producer loop over the same outbox: read in order, send, wait for all, delete."""

from collections.abc import AsyncIterator
from time import perf_counter

from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from events.topics import COOPERATION
from hub.clock import SystemClock
from hub.log.relay import BATCH, Relay
from hub.store import history
from hub.store.history import Entry
from hub.store.postgres import PostgresStore
from tests.bench import workload
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.services import database, topics

SHARE = Figure("relay", "relay against a bare producer loop", "share of bare", 0.60, 0.80)
RATE = Figure("relay_rate", "relay", "rows/s", 10_000, 20_000)
ROWS = 10_000


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the relay's share of the bare loop's speed, and its rows a second."""
    entries = [Entry(envelope, COOPERATION) for envelope in workload.envelopes(ROWS)]
    async with topics(ground.up) as prefix:
        for _ in range(ground.repeats):
            async with database(ground.up) as url:
                store = PostgresStore(url)
                await store.write(history.append, entries, outbox=True)
                bare = await _bare(url, ground.up.bootstrap, prefix)
                await store.write(_unsend)
                ours = await _ours(store, ground.up.bootstrap, prefix)
                await store.stop()
                yield {SHARE.name: bare / ours, RATE.name: ROWS / ours}


async def _unsend(session: object) -> None:
    await session.run("INSERT INTO outbox (seq, topic) SELECT seq, topic FROM history")  # type: ignore[attr-defined]


async def _ours(store: PostgresStore, bootstrap: str, prefix: str) -> float:
    relay = Relay(store, bootstrap, SystemClock(), prefix=prefix)
    await relay.once()  # takes the lease and connects, as a relay that runs has done
    began = perf_counter()
    while relay.sent < ROWS:
        await relay.once()
    took = perf_counter() - began
    await relay.leave()
    return took * ROWS / (ROWS - BATCH)


async def _bare(url: str, bootstrap: str, prefix: str) -> float:
    engine = create_async_engine(url)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_batch_size=262_144)
    await producer.start()
    began = perf_counter()
    while await _bare_batch(engine, producer, prefix):
        pass
    took = perf_counter() - began
    await producer.stop()
    await engine.dispose()
    return took


async def _bare_batch(engine: AsyncEngine, producer: AIOKafkaProducer, prefix: str) -> int:
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT o.seq, o.topic, h.partition_key, h.id, h.source, h.type, h.subject, h.time, h.correlation_id, h.data "
                "FROM outbox o JOIN history h ON h.seq = o.seq ORDER BY o.seq LIMIT :limit"
            ),
            {"limit": BATCH},
        )
        rows = found.all()
    waiting = [
        await producer.send(
            prefix + row.topic,
            value=row.data.encode(),
            key=row.partition_key.encode(),
            headers=[
                ("content-type", b"application/json"),
                *((f"ce_{name}", getattr(row, name).encode()) for name in ("id", "source", "type", "subject", "time")),
                ("ce_correlationid", row.correlation_id.encode()),
                ("ce_hubseq", str(row.seq).encode()),
            ],
        )
        for row in rows
    ]
    for sent in waiting:
        await sent
    if rows:
        async with engine.begin() as connection:
            gone = {"seqs": [row.seq for row in rows]}
            await connection.execute(text("DELETE FROM outbox WHERE seq = ANY(CAST(:seqs AS bigint[]))"), gone)
    return len(rows)


BENCHES = (Bench("relay", (SHARE, RATE), measure, services=True),)

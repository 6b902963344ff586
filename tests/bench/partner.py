"""`in.<tenant>` to stored event, against a bare consumer that writes the same rows.

The bare one reads, asks which it knows, inserts, moves the offset. It is measured twice: with the contract's own check of each
event, as the hub must make it, and with nothing but pydantic's look at the data.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from events.catalogue import check
from events.codec import content_hash, from_partner
from events.envelope import Envelope
from events.needs import NeedUpdated
from events.topics import COOPERATION
from hub.clock import SystemClock
from hub.ingest import Ingest
from hub.log.outbox import OutboxLog
from hub.partners.inbound import BATCH, Inbound, Pace
from hub.parts import at_work
from hub.store import tenants
from hub.store.postgres import PostgresStore
from hub.store.tenants import TenantRow
from tests.bench import workload
from tests.bench.consuming import Stretch, fill, forget
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.services import database

SHARE = Figure(
    "partner", "in.<tenant> to stored event against a bare consumer that checks", "share of bare", 0.55, 0.75
)
TRUSTING = Figure("partner_trusting", "the same against one that only parses", "share of bare", 0.20, 0.55)
TENANT, PREFIX, PARTITIONS = workload.COMPANY, "bench-in.", 3
COLUMNS = (
    ["source", "id", "type", "subject", "partition_key", "topic", "tenant", "key_id", "time", "received_at", "correlation_id", "hash", "data"]
)  # fmt: skip
KNOWN = (
    "SELECT h.source, h.id, h.hash FROM unnest($1::text[], $2::text[]) AS t(source, id) "
    "JOIN history h ON h.source = t.source AND h.id = t.id"
)
INSERT = (
    f"WITH said AS (INSERT INTO history ({', '.join(COLUMNS)}) SELECT * FROM unnest("
    + ", ".join(f"${n}::text[]" for n in range(1, len(COLUMNS) + 1))
    + ") ON CONFLICT (source, id) DO NOTHING RETURNING seq, topic) INSERT INTO outbox (seq, topic) SELECT seq, topic FROM said"
)


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the reader's share of the bare loop's speed."""
    async with AsyncExitStack() as stack:
        topic = f"{PREFIX}in.{TENANT}"
        admin = AIOKafkaAdminClient(bootstrap_servers=ground.up.bootstrap)
        await admin.start()
        stack.push_async_callback(admin.close)
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
        stack.push_async_callback(admin.delete_topics, [topic])
        urls = [await stack.enter_async_context(database(ground.up)) for _ in range(3)]
        await fill(ground.up.bootstrap, topic, [_from_outside(each) for each in workload.envelopes()])
        for n in range(ground.repeats):
            bare = await _bare(ground.up.bootstrap, topic, urls[1], f"bare{n}", _checked)
            ours = await _ours(ground.up.bootstrap, urls[0], f"{n}")
            trusting = await _bare(ground.up.bootstrap, topic, urls[2], f"trusting{n}", _parsed)
            yield {SHARE.name: ours / bare, TRUSTING.name: ours / trusting}
            for url in urls:
                await forget(url)


def _from_outside(envelope: Envelope) -> Envelope:
    return replace(
        envelope, seq=None, tenant=None, key_id=None, received_at=None, correlation_id=None, partition_key=None
    )


class TimedInbound(Inbound):
    """The hub's reader, with a clock beside it."""

    stretch: Stretch

    async def _keep(self, records: Any) -> None:
        self.stretch.in_hand()
        await super()._keep(records)
        self.stretch.committed(len(records))


async def _ours(bootstrap: str, url: str, name: str) -> float:
    store, outbox, clock = PostgresStore(url), OutboxLog(), SystemClock()
    await store.write(tenants.put, TenantRow(TENANT, ("events:write",), (), ("*",), ""))
    ingest = Ingest(store, outbox, clock, outbox_limit=10**9)
    reader = TimedInbound(
        store, ingest, outbox, clock, bootstrap, Pace(1e9, 10**9), prefix=PREFIX, group=f"hub.in.{name}"
    )
    reader.stretch = Stretch(workload.EVENTS)
    async with at_work(reader.run):
        rate = await reader.stretch.rate()
    await store.stop()
    return rate


async def _bare(bootstrap: str, topic: str, url: str, name: str, look: Callable[[Any], None]) -> float:
    where = urlsplit(url)
    database = await asyncpg.connect(
        host=where.hostname, port=where.port, user=where.username, database=where.path.lstrip("/")
    )
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=name, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    stretch = Stretch(workload.EVENTS)
    while not stretch.ended.done():
        found = await consumer.getmany(max_records=BATCH, timeout_ms=1_000)
        records = [record for batch in found.values() for record in batch]
        if records:
            stretch.in_hand()
            for record in records:
                look(record)
            rows = [_row(record) for record in records]
            async with database.transaction():
                await database.fetch(KNOWN, [row[0] for row in rows], [row[1] for row in rows])
                await database.execute(INSERT, *map(list, zip(*rows, strict=True)))
            await consumer.commit()
            stretch.committed(len(records))
    await consumer.stop()
    await database.close()
    return await stretch.rate()


def _checked(record: Any) -> None:
    item = from_partner(record.key, record.value, record.headers)
    assert item.envelope is not None
    check(item.envelope)
    content_hash(item.envelope)


def _parsed(record: Any) -> None:
    NeedUpdated.model_validate_json(record.value)


def _row(record: Any) -> tuple[str, ...]:
    told = {name: value.decode() for name, value in record.headers}
    subject, at, name = told["ce_subject"], told["ce_time"], told["ce_id"]
    seen = hashlib.sha256(record.value).hexdigest()
    return (
        told["ce_source"], name, told["ce_type"], subject, subject, COOPERATION, TENANT, f"in.{TENANT}", at, at, name,
        seen, record.value.decode(),
    )  # fmt: skip


BENCHES = (Bench("partner", (SHARE, TRUSTING), measure, services=True),)

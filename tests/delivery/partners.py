"""A region's broker with partners on it: topics of their own, what they write, and what the hub made of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from events.codec import to_kafka, to_structured
from events.envelope import Envelope
from events.topics import INBOX, OUTBOX
from handlers.partners import partners
from hub.clock import FixedClock
from hub.dispatch.executor import Executor
from hub.dispatch.router import bind
from hub.dispatch.runner import Runner
from hub.ingest import Ingest
from hub.log.outbox import OutboxLog
from hub.log.relay import Relay
from hub.partners.inbound import Inbound, Pace
from hub.partners.outbound import Outbound
from hub.parts import at_work
from hub.store import parked
from hub.store.audit import Deed
from hub.store.postgres import PostgresStore
from hub.stream import stream
from hub.subscribers import Subscribers
from hub.tenants import enrol
from tests.builders import AT
from tests.delivery.rigs import BOOTSTRAP, on_topic
from tests.delivery.toys import ask

Headers = Sequence[tuple[str, bytes | None]]


@dataclass
class Region:
    """Partners' topics under a prefix, and the hub's reader of them."""

    store: PostgresStore
    prefix: str
    admin: AIOKafkaAdminClient
    producer: AIOKafkaProducer

    def __post_init__(self) -> None:
        self.clock = FixedClock(AT)
        self.outbox = OutboxLog()
        self.made: list[str] = []

    async def join(self, *orgs: str, **given: Any) -> None:
        """Make partners: topics and rows."""
        for org in orgs:
            await self.topics(org)
            await enrol(self.store, self.clock, org, by=Deed("", "cli:0", "tenant.add", org), **given)

    async def topics(self, org: str) -> None:
        """Make a partner's topics alone; they take records of 3 MiB."""
        names = [self.prefix + each.replace("<tenant>", org) for each in (INBOX, OUTBOX)]
        new = [NewTopic(name, 1, 1, topic_configs={"max.message.bytes": str(3 * 2**20)}) for name in names]
        answer = await self.admin.create_topics(new)
        assert all(code == 0 for _, code, _ in answer.topic_errors), answer.topic_errors
        self.made += names

    async def write(self, org: str, value: bytes | None, headers: Headers = (), key: bytes = b"k") -> None:
        """Write a record as a partner's own program would."""
        topic = self.prefix + INBOX.replace("<tenant>", org)
        await self.producer.send_and_wait(topic, value=value, key=key, headers=list(headers))

    async def say(self, org: str, envelope: Envelope) -> None:
        """Write an event in binary mode."""
        record = to_kafka(envelope)
        await self.write(org, record.value, record.headers)

    async def say_structured(self, org: str, envelope: Envelope) -> None:
        """Write an event in structured mode."""
        headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
        await self.write(org, orjson.dumps(to_structured(envelope)), headers)

    def reader(self, *, rate: float = 1e6, burst: int = 10**6) -> Inbound:
        """Make a reader, as one more process has it."""
        ingest = Ingest(self.store, self.outbox, self.clock, outbox_limit=100_000)
        pace = Pace(rate, burst)
        return Inbound(self.store, ingest, self.outbox, self.clock, BOOTSTRAP, pace, prefix=self.prefix)

    @asynccontextmanager
    async def reading(self, **terms: Any) -> AsyncIterator[Inbound]:
        """Read until the block ends."""
        reader = self.reader(**terms)
        async with at_work(reader.run):
            yield reader

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Runner]:
        """Run the group that shares and the relay to partners' topics until the block ends."""
        groups = bind([partners], [Subscribers()])
        executor = Executor(self.store, self.outbox, self.clock)
        runner = Runner(groups["partners"], executor, self.store, self.clock)
        relays = [each(self.store, BOOTSTRAP, self.clock, prefix=self.prefix) for each in (Relay, Outbound)]
        app = stream(BOOTSTRAP, [runner], prefix=self.prefix)
        async with at_work(*(relay.run for relay in relays)), app.lifespan_context():
            await app.start()
            try:
                yield runner
            finally:
                await app.stop()

    async def sent(self, org: str) -> list[Any]:
        """Return every record on a partner's own topic, in order."""
        return await on_topic(self.prefix, OUTBOX.replace("<tenant>", org))

    async def stored(self) -> list[Any]:
        """Return what partners said, in order."""
        return list(await self.store.read(ask, "SELECT * FROM history WHERE tenant <> 'hub' ORDER BY seq"))

    async def told(self) -> list[Any]:
        """Return the refusals that are on their way to partners, in order."""
        sql = "SELECT h.*, s.tenant AS sent_to FROM shares s JOIN history h ON h.seq = s.seq ORDER BY s.seq"
        return list(await self.store.read(ask, sql))

    async def rows(self) -> list[Any]:
        """Return what operators see of what was refused."""
        return list(await self.store.read(parked.listing, which=parked.Which(group="in")))


@asynccontextmanager
async def region(store: PostgresStore, prefix: str) -> AsyncIterator[Region]:
    """Open a region on the development broker; its partners' topics go with it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=3 * 2**20)
    await admin.start()
    await producer.start()
    made = Region(store, prefix, admin, producer)
    try:
        yield made
    finally:
        await producer.stop()
        if made.made:
            await admin.delete_topics(made.made)
        await admin.close()

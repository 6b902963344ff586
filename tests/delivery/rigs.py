"""The two products' logs with toy groups on them: history on SQLite, outbox, relay and Kafka on PostgreSQL. All real."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
from aiokafka import AIOKafkaConsumer

from events.envelope import Envelope
from events.topics import COOPERATION
from hub.clock import FixedClock
from hub.dispatch.executor import Executor
from hub.dispatch.runner import Runner
from hub.log.history import HistoryLog, HistoryReader
from hub.log.outbox import OutboxLog
from hub.log.relay import Relay
from hub.log.subscription import Subscription
from hub.log.wakes import hear
from hub.parts import at_work
from hub.store.history import Entry
from hub.store.lite import LiteStore
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from hub.stream import stream
from tests.builders import AT
from tests.conftest import LOG
from tests.delivery.toys import Toys, change

BOOTSTRAP = LOG.removeprefix("kafka://")


def entries(envelopes: Sequence[Envelope]) -> list[Entry]:
    """Wrap events as ingest does."""
    return [Entry(envelope, COOPERATION) for envelope in envelopes]


class Rig(Protocol):
    """A log to say things on and to put groups on."""

    store: Store
    clock: FixedClock

    async def say(self, *envelopes: Envelope) -> None:
        """Store events in one transaction, as ingest does."""
        ...

    async def say_and_fail(self, *envelopes: Envelope) -> None:
        """Store events in a transaction that is then rolled back."""
        ...

    def group(self, toys: Toys, *, process: str = "one") -> AbstractAsyncContextManager[Runner]:
        """Run a group in a process of its own until the block ends; a process of the same name is its successor."""
        ...

    def forgetting(self) -> AbstractAsyncContextManager[None]:
        """Let groups that stop within the block leave no note of how far they have read, as if they had been killed."""
        ...


class HistoryRig:
    """The embedded log."""

    def __init__(self, store: LiteStore) -> None:
        self.store = store
        self.clock = FixedClock(AT)
        self.log = HistoryLog()

    async def say(self, *envelopes: Envelope) -> None:
        await self.store.write(self.log.append, entries(envelopes), urgent=True)
        self.log.appended()

    async def say_and_fail(self, *envelopes: Envelope) -> None:
        await fail_after(self.store, self.log, envelopes)

    @asynccontextmanager
    async def group(self, toys: Toys, *, process: str = "one") -> AsyncIterator[Runner]:
        runner = Runner(toys.group, Executor(self.store, self.log, self.clock), self.store, self.clock)
        reader = HistoryReader(self.store, self.log, runner)
        self.log.call(runner.wake)
        async with at_work(reader.run, runner.look_at_parked):
            yield runner

    @asynccontextmanager
    async def forgetting(self) -> AsyncIterator[None]:
        yield
        await self.store.write(change, "DELETE FROM cursors")


class KafkaRig:
    """The cluster's log; `running` keeps its relay going."""

    def __init__(self, store: PostgresStore, prefix: str) -> None:
        self.store = store
        self.prefix = prefix
        self.clock = FixedClock(AT)
        self.log = OutboxLog()
        self.relay = Relay(store, BOOTSTRAP, self.clock, prefix=prefix)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["KafkaRig"]:
        async with at_work(self.relay.run, lambda: hear(self.store, {"outbox": self.relay.wake})):
            yield self

    async def say(self, *envelopes: Envelope) -> None:
        await self.store.write(self.log.append, entries(envelopes), urgent=True)

    async def say_and_fail(self, *envelopes: Envelope) -> None:
        await fail_after(self.store, self.log, envelopes)

    @asynccontextmanager
    async def group(self, toys: Toys, *, process: str = "") -> AsyncIterator[Runner]:
        runner = Runner(toys.group, Executor(self.store, self.log, self.clock), self.store, self.clock)
        with pytest.MonkeyPatch.context() as environment:
            environment.setitem(os.environ, "VET_HUB_INSTANCE", process)
            app = stream(BOOTSTRAP, [runner], prefix=self.prefix)
        async with app.lifespan_context():
            await app.start()
            try:
                yield runner
            finally:
                await app.stop()

    @asynccontextmanager
    async def forgetting(self) -> AsyncIterator[None]:
        async def forget(self: Subscription, records: object) -> None:
            """Commit no offsets."""

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Subscription, "_commit", forget)
            yield


async def fail_after(store: Store, log: HistoryLog | OutboxLog, envelopes: Sequence[Envelope]) -> None:
    """Append in a transaction that is rolled back."""

    async def append_and_fail(session: Session) -> None:
        await log.append(session, entries(envelopes))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(append_and_fail)


async def on_topic(prefix: str, topic: str = COOPERATION) -> list[Any]:
    """Return every record of a topic, partition by partition, in order."""
    consumer = AIOKafkaConsumer(prefix + topic, bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[Any] = []
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()

"""The relay: reads unsent rows in order, sends them to Kafka, and only then deletes them. One is active at a time.

Sending can hang for a minute in an outage, so no transaction is open meanwhile. Exactly what was acknowledged is
deleted; after any failed send the producer is closed and the next round starts from the outbox, so that a later row of a
key never goes out before an earlier one. A predecessor that wakes up late can send twice (inboxes drop it) but not
delete: its token is old.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.codec import Record, to_kafka
from events.envelope import Envelope
from hub.clock import Clock
from hub.dispatch.runner import let_end, pause_after, say_rarely, woken_within
from hub.errors import ServiceAway
from hub.failpoints import reach
from hub.log.clients import connection
from hub.settings import Broker
from hub.store import history, leases
from hub.store.port import Store
from hub.tracing import Tracing, trace_of

log = structlog.get_logger()
LEASE = "relay"
LEASE_SECONDS = 2.5  # a killed relay's successor waits no longer; one that only stood still is fenced by its token
RENEW_AFTER = 0.8  # seconds
BATCH = 500  # rows
POLL = 0.02  # seconds between looks while there is nothing to send, doubling while that lasts
LONGEST_POLL = 0.5  # seconds; whoever commits something wakes the relay (`hub/log/wakes.py`)
STANDBY = 0.4  # seconds between looks at a lease that somebody else holds
DROP_LIMIT = 1.0  # seconds
FINISH_LIMIT = 4.0  # seconds a stop waits for the round in work
SEND_LIMIT = 60.0  # seconds; an idempotent producer itself would wait for ever


@dataclass
class Relay:
    """Carries the outbox to Kafka. `sending_since` is set while a send hangs, for readiness."""

    LEASE: ClassVar[str] = LEASE

    store: Store
    bootstrap: Broker | str
    clock: Clock
    prefix: str = ""
    tracing: Tracing | None = None
    sending_since: datetime | None = None
    active: bool = False
    sent: int = 0

    def __post_init__(self) -> None:
        """Name this relay among others."""
        self._holder = str(uuid4())
        self._token: int | None = None
        self._renewed = 0.0
        self._producer: AIOKafkaProducer | None = None
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for unsent rows now: somebody has committed some."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        failures, quiet = 0, POLL
        try:
            while True:
                self._wake.clear()
                try:
                    pause = await let_end(self.once(), FINISH_LIMIT)
                    failures = 0
                except (ServiceAway, KafkaError, OSError, TimeoutError) as away:
                    failures += 1
                    say_rarely("relay.away", failures, str(away))
                    pause = pause_after(failures)
                if pause == POLL:
                    await woken_within(quiet, self._wake)
                    quiet = min(quiet * 2, LONGEST_POLL)
                else:
                    quiet = POLL
                    await asyncio.sleep(pause)
        finally:
            await self.leave()

    async def once(self) -> float:
        """Send one batch; returns how long to wait before the next look."""
        if not await self._hold():
            return STANDBY
        return 0.0 if await self._carry() else POLL

    async def _carry(self) -> bool:
        """Send what is unsent and then forget it; returns whether there was anything."""
        rows = await self.store.glance(history.unsent, limit=BATCH)
        if not rows:
            return False
        await self._send(rows)
        reach("relay.sent")
        seqs = [envelope.seq for _, envelope in rows if envelope.seq is not None]
        self._forgot(len(seqs), await self.store.write(history.sent, seqs, lease=self.LEASE, token=self._token or 0))
        reach("relay.deleted")
        return True

    def _forgot(self, wanted: int, forgotten: int) -> None:
        self.sent += forgotten
        if forgotten < wanted:
            self._token = None  # the lease has passed on: ask for it again before the next look

    async def leave(self) -> None:
        """Close the producer and give the lease up, so that the successor need not wait."""
        await self._drop_producer()
        if self._token is not None:
            try:
                await self.store.write(leases.leave, self.LEASE, holder=self._holder)
            except ServiceAway:
                log.info("relay.lease_left_to_run_out")

    async def _hold(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._token is not None and now - self._renewed < RENEW_AFTER:
            return True
        self._token = await self.store.write(leases.hold, self.LEASE, holder=self._holder, seconds=LEASE_SECONDS)
        self._renewed = now
        self.active = self._token is not None
        return self.active

    async def _send(self, rows: Sequence[tuple[str, Envelope]]) -> None:
        records = [(self.prefix + topic, to_kafka(envelope)) for topic, envelope in rows]
        if self.tracing is None:
            await self._produce(records)
            return
        with self.tracing.batch("relay send", "producer", [trace_of(envelope) for _, envelope in rows]):
            await self._produce(records)

    async def _produce(self, records: Sequence[tuple[str, Record]]) -> None:
        """Send records and wait until all are acknowledged; after a failure the producer is closed."""
        self.sending_since = self.clock.now()
        try:
            async with asyncio.timeout(SEND_LIMIT):
                producer = await self._open_producer()
                waiting = [
                    await producer.send(topic, value=each.value, key=each.key, headers=each.headers)
                    for topic, each in records
                ]
                await asyncio.gather(*waiting)
        except BaseException:
            await self._drop_producer()
            raise
        self.sending_since = None

    async def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **connection(self.bootstrap),
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=262_144,
                max_request_size=2_097_152,
                request_timeout_ms=10_000,
            )
            await self._producer.start()
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # Its unsent rows are still in the outbox, so it must not flush: that could hang until the broker is back.
            try:
                async with asyncio.timeout(DROP_LIMIT):
                    await producer.stop()
            except (TimeoutError, KafkaError, OSError) as error:
                log.info("relay.producer_dropped", reason=type(error).__name__)

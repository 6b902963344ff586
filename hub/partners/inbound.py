"""What partners write: `in.<tenant>` is read, judged exactly like a post over HTTP, and stored; then the offset moves.

The tenant is the topic's name, never the record's word. What is refused becomes a row for operators, with reason and
bytes, and `event.refused` for its sender; the topic goes on. While the database is away nothing is read further.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from events.topics import INBOX
from hub.access import ORG
from hub.clock import Clock
from hub.dispatch.runner import pause_after
from hub.errors import ServiceAway
from hub.failpoints import reach
from hub.ingest import Ingest, Overloaded
from hub.log.clients import connection
from hub.log.port import Log
from hub.log.subscription import FETCH_WAIT, SESSION, Assignment
from hub.partners.letters import Letter, Record, refused, store_letters, unsealed
from hub.rights import Refusal
from hub.settings import Broker
from hub.store.port import Store
from hub.tenants import Directory, sender_of

log = structlog.get_logger()
GROUP = "hub.in"
BATCH = 500  # records
IDLE = 200  # milliseconds a look waits for records
FRESH = 5_000  # milliseconds until a new partner's topic is noticed
AGAIN = (ServiceAway, Overloaded)


@dataclass
class Pace:
    """How fast a partner is read: as many events a second as a key may post, and no more than a burst at once."""

    rate: float
    burst: int
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def spend(self, tenant: str, events: int, now: float) -> float:
        """Take what was read out of the partner's bucket; returns the seconds it must rest, 0 while there is some left."""
        left, at = self._left.get(tenant, (float(self.burst), now))
        left = min(self.burst, left + (now - at) * self.rate) - events
        self._left[tenant] = (left, now)
        return max(0.0, -left / self.rate)


@dataclass
class Inbound:
    """Reads every partner's topic in one consumer group; any number of processes share the partitions."""

    store: Store
    ingest: Ingest
    outbox: Log
    clock: Clock
    bootstrap: Broker | str
    pace: Pace
    prefix: str = ""
    instance: str | None = None
    group: str = GROUP
    taken: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        """Know nobody yet."""
        self._partners = Directory(self.store)
        self._assignment = Assignment(self.prefix)
        self._resting: dict[str, float] = {}

    async def run(self) -> None:
        """Read until cancelled."""
        failures = 0
        while True:
            consumer = self._consumer()
            try:
                await consumer.start()
                consumer.subscribe(pattern=self._pattern(), listener=self._assignment)
                failures = 0
                await self._read(consumer)
            except (KafkaError, OSError) as away:
                failures += 1
                if failures & (failures - 1) == 0:
                    log.warning("inbound.away", failures=failures, reason=str(away))
                await asyncio.sleep(pause_after(failures))
            finally:
                await _stop(consumer)

    def _consumer(self) -> AIOKafkaConsumer:
        name = self.prefix + self.group
        return AIOKafkaConsumer(
            **connection(self.bootstrap),
            group_id=name,
            group_instance_id=f"{name}.{self.instance}" if self.instance else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT,
            session_timeout_ms=SESSION,
            heartbeat_interval_ms=1_000,
            metadata_max_age_ms=FRESH,
        )

    def _pattern(self) -> str:
        return f"^{re.escape(self.prefix)}{INBOX.replace('.', '[.]').replace('<tenant>', ORG.pattern)}$"

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            self._wake_rested(consumer)
            found = await consumer.getmany(timeout_ms=IDLE, max_records=BATCH)
            async with self._assignment.running:
                records = await self._take([record for batch in found.values() for record in batch])
                if records:
                    reach("inbound.before_offset")
                    await _commit(consumer, records)
            self._let_rest(consumer, records)

    async def _take(self, records: Sequence[Record]) -> Sequence[Record]:
        """Store a batch; returns when it is stored, with the records that were still ours then."""
        failures = 0
        while records := [record for record in records if _place(record) in self._assignment.mine]:
            try:
                await self._keep(records)
            except AGAIN as away:
                failures += 1
                if failures & (failures - 1) == 0:
                    log.warning("inbound.waiting", failures=failures, reason=str(away))
                await asyncio.sleep(pause_after(failures))
            else:
                break
        return records

    async def _keep(self, records: Sequence[Record]) -> None:
        letters = await self._judged(records)
        try:
            await self._store(letters)
        except AGAIN:
            raise
        except Exception as error:  # noqa: BLE001 - one record the database refuses must not hold the others
            log.warning("inbound.failed", records=len(letters), error=type(error).__name__)
            for letter in letters:
                await self._store_alone(letter)

    async def _store_alone(self, letter: Letter) -> None:
        try:
            await self._store([letter])
        except AGAIN:
            raise
        except Exception as error:  # noqa: BLE001 - what the database refuses is told like everything that is refused
            why = Refusal(500, f"the database refuses the event: {type(error).__name__}")
            await self._store([letter.ended(why)])

    async def _store(self, letters: Sequence[Letter]) -> None:
        ended = await self.store.write(store_letters, letters, self.outbox, self.clock.now(), urgent=True)
        reach("inbound.stored")
        self.outbox.appended()
        lost = [letter for letter in ended if isinstance(letter.outcome, Refusal)]
        self.taken += len(ended) - len(lost)
        self.refused += len(lost)
        if lost:
            log.info("inbound.refused", records=len(ended), refused=len(lost))

    async def _judged(self, records: Sequence[Record]) -> list[Letter]:
        letters = [unsealed(record, self._tenant(record)) for record in records]
        partners = await self._partners.partners({letter.tenant for letter in letters})
        by_tenant: dict[str, list[int]] = defaultdict(list)
        for place, letter in enumerate(letters):
            if letter.tenant not in partners:
                letters[place] = letter.ended(refused(letter.tenant))
            elif letter.envelope is not None:
                by_tenant[letter.tenant].append(place)
        for tenant, places in by_tenant.items():
            envelopes = [letters[place].envelope for place in places]
            judged = await self.ingest.judge([each for each in envelopes if each], sender_of(partners[tenant]))
            for place, outcome in zip(places, judged, strict=True):
                letters[place] = letters[place].ended(outcome)
        return letters

    def _tenant(self, record: Record) -> str:
        return str(record.topic).removeprefix(self.prefix).removeprefix(INBOX.partition("<")[0])

    def _let_rest(self, consumer: AIOKafkaConsumer, records: Sequence[Record]) -> None:
        now = asyncio.get_running_loop().time()
        for tenant, group in groupby(sorted(map(self._tenant, records))):
            rest = self.pace.spend(tenant, len(list(group)), now)
            if rest:
                self._resting[tenant] = now + rest
                consumer.pause(*self._places(tenant))

    def _wake_rested(self, consumer: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        for tenant in [tenant for tenant, until in self._resting.items() if until <= now]:
            del self._resting[tenant]
            consumer.resume(*self._places(tenant))

    def _places(self, tenant: str) -> list[TopicPartition]:
        topic = self.prefix + INBOX.replace("<tenant>", tenant)
        return [place for place in self._assignment.mine if place.topic == topic]


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


async def _commit(consumer: AIOKafkaConsumer, records: Sequence[Record]) -> None:
    offsets = {_place(record): record.offset + 1 for record in records}
    try:
        await consumer.commit(offsets)
    except KafkaError as error:
        # Lost the partitions meanwhile, or the broker is away: the records come again and are known by (source, id).
        log.info("offset.not_committed", group=GROUP, reason=type(error).__name__)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    try:
        async with asyncio.timeout(5.0):
            await consumer.stop()
    except (TimeoutError, KafkaError, OSError) as error:
        log.info("inbound.consumer_dropped", reason=type(error).__name__)

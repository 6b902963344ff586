"""One batch in memory: runs handlers over drafts and sorts what came of them. No I/O; the executor loads and flushes."""

from asyncio import CancelledError
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from events.base import Event
from events.catalogue import dump
from events.envelope import HUB_SOURCE, Envelope
from events.errors import UnknownType
from events.refusals import EventRejected
from events.topics import COOPERATION
from hub.dispatch import parking
from hub.dispatch.delivery import Delivery
from hub.dispatch.outcomes import TYPE, NotLoaded, Refused, Waiting, of_type
from hub.dispatch.router import Bound
from hub.dispatch.unit_of_work import DEFAULT_TERMS, Memory, RowKey, Search, Terms, UnitOfWork
from hub.ids import said_id
from hub.loop import give_way
from hub.store.history import Entry
from hub.store.inbox import Settled
from hub.store.parked import ParkedRow
from hub.tracing import Span, Tracing, trace_of, under

Wanted = RowKey | Search
NOTHING: Collection[Wanted] = ()
LARGEST_SAID = 1_000_000  # bytes of data; Kafka takes 1 MiB with headers, and a larger record would stop the relay


class TooLarge(Exception):
    """A handler says more than a log can carry."""


class Task(NamedTuple):
    """One delivery that the group has taken: the event in it and the handlers that hear it."""

    delivery: Delivery
    event: Event | None
    handlers: tuple[Bound, ...]
    problem: str = ""  # why an event of an unknown type cannot be handled yet

    @property
    def key(self) -> str:
        """The partition key by which order is kept."""
        envelope = self.delivery.envelope
        return (envelope.partition_key or "") if envelope else ""


@dataclass
class Batch:
    """What a batch has come to so far; `flush` writes it in one transaction."""

    group: str
    epoch: int
    now: datetime
    blocked: set[str]
    terms: Terms = DEFAULT_TERMS
    silent: bool = False
    memory: Memory = field(default_factory=Memory)
    said: list[Entry] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    through: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    released: int = 0
    tracing: Tracing | None = None
    spans: dict[tuple[str, str], Span] = field(default_factory=dict)

    async def step(self, todo: Sequence[Task]) -> tuple[list[Task], set[Wanted]]:
        """Run what can run; returns the tasks that must run again, in order, and the rows they lacked.

        Gives way to the loop's other work between two events, never within one.
        """
        held: list[Task] = []
        held_keys: set[str] = set()
        wanted: set[Wanted] = set()
        for task in todo:
            if held_keys and task.key in held_keys:
                held.append(task)
                continue
            await give_way()
            missing = self._run(task)
            if missing:
                wanted.update(missing)
                held.append(task)
                held_keys.add(task.key)
        return held, wanted

    def fail(self, delivery: Delivery, error: BaseException, *, waits_for: str | None = None) -> None:
        """Park an event that cannot be handled; later events of its key stand behind it."""
        self.parked.append(
            parking.failed(delivery, error, grp=self.group, epoch=self.epoch, now=self.now, waits_for=waits_for)
        )
        self._settle(delivery, "parked", type(error).__name__)
        self.failed.add(parking.place(delivery).partition_key)

    def _run(self, task: Task) -> Collection[Wanted]:
        delivery, event = task.delivery, task.event
        if delivery.envelope is None or (event is None and not task.problem):
            self.parked.append(parking.unreadable(delivery, grp=self.group, epoch=self.epoch, now=self.now))
            self._settle(delivery, "parked", delivery.problem)
            return NOTHING
        if self._stands_behind(task):
            if delivery.parked is None:
                self.parked.append(parking.behind(delivery, grp=self.group, epoch=self.epoch, now=self.now))
                self._settle(delivery, "behind")
            return NOTHING
        if event is None:
            self._leave_to_newer_code(delivery, delivery.envelope, task)
            return NOTHING
        return self._handle(delivery, self._traced(delivery.envelope), event, task.handlers)

    def _handle(
        self, delivery: Delivery, envelope: Envelope, event: Event, handlers: tuple[Bound, ...]
    ) -> Collection[Wanted]:
        # What the hub says itself carries the hub's own time; a digest of tomorrow morning is handled as of then.
        now = max(self.now, envelope.time) if envelope.source == HUB_SOURCE and envelope.time else self.now
        uow = UnitOfWork(self.memory, envelope=envelope, now=now, partition=delivery.partition, terms=self.terms)
        try:
            said = list(_say(handlers, event, uow))
        except NotLoaded as lacking:
            return lacking.wanted  # type: ignore[return-value]
        except Refused as refusal:
            self._refuse(envelope, refusal, now)
            self._settle(delivery, "refused", refusal.code)
        except Waiting as why:
            self.parked.append(parking.waiting(delivery, why, grp=self.group, epoch=self.epoch, now=self.now))
            self._settle(delivery, "waiting", why.detail)
            return NOTHING
        except (KeyboardInterrupt, SystemExit, CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - a bug, even a panic in a library's Rust, parks its event only
            self.fail(delivery, error)
            return NOTHING
        else:
            uow.keep()
            self.said.extend(said)
            if delivery.parked is not None:
                self._settle(delivery, "done", f"after {delivery.parked.state}")
        if delivery.parked is not None:
            self.through.append(delivery.parked.parked_id)
        return NOTHING

    def _leave_to_newer_code(self, delivery: Delivery, envelope: Envelope, task: Task) -> None:
        if task.handlers:  # a later version of what is heard here: what comes after it must not overtake it
            self.fail(delivery, UnknownType(task.problem), waits_for=of_type(envelope.type))
            return
        why = Waiting(TYPE, envelope.type, task.problem)
        self.parked.append(parking.waiting(delivery, why, grp=self.group, epoch=self.epoch, now=self.now))
        self._settle(delivery, "waiting", why.detail)

    def _traced(self, envelope: Envelope) -> Envelope:
        if self.tracing is None:
            return envelope
        about = {"type": envelope.short_type, "group": self.group, "event_id": envelope.id}
        span = self.tracing.begin(f"{self.group} handle", trace_of(envelope), "consumer", **about)
        # Run again for a row that was not loaded, it takes the place of the first try, which nobody hears of.
        self.spans[(envelope.source, envelope.id)] = span
        return under(envelope, span)

    def tell_spans(self) -> None:
        """End what was begun for each event, now that it is committed."""
        if self.spans:
            outcomes = {(settled.source, settled.id): settled.outcome for settled in self.settled}
            for name, span in self.spans.items():
                span.end(outcomes.get(name, "done"))

    def _stands_behind(self, task: Task) -> bool:
        key = task.key
        return key in self.failed or (key in self.blocked and task.delivery.parked is None)

    def _settle(self, delivery: Delivery, outcome: str, note: str | None = None) -> None:
        self.settled.append(Settled(*parking.name_of(delivery), outcome, note))

    def _refuse(self, envelope: Envelope, refusal: Refused, now: datetime) -> None:
        if envelope.source == HUB_SOURCE:
            return  # nobody outside said it, so there is nobody to tell
        answer = EventRejected(
            source=envelope.source,
            id=envelope.id,
            type=envelope.type,
            reason_code=refusal.code,
            detail=refusal.detail,
        )
        self.said.append(spoken(answer, cause=envelope, handler="refuse", n=0, now=now))


def _say(handlers: Iterable[Bound], event: Event, uow: UnitOfWork) -> Iterable[Entry]:
    for handler in handlers:
        uow.begin(handler.name)
        for n, said in enumerate(handler.call(event, uow) or ()):
            yield spoken(said, cause=uow.envelope, handler=handler.name, n=n, now=uow.now)


def spoken(event: Event, *, cause: Envelope, handler: str, n: int, now: datetime) -> Entry:
    """Wrap what a handler said: its id comes from the cause, the handler's name and the place in what it said."""
    data = dump(event)
    if len(data) > LARGEST_SAID:
        raise TooLarge(f"{event.TYPE} of {len(data)} bytes; an event may have {LARGEST_SAID}: say refs instead")
    envelope = Envelope(
        id=said_id(cause.source, cause.id, handler, n),
        source=HUB_SOURCE,
        type=event.wire_type(),
        subject=event.own_subject() or cause.subject,
        time=now,
        data=data,
        extensions=trace_of(cause),
        tenant="hub",
        received_at=now,
        correlation_id=cause.correlation_id or cause.id,
        causation_id=cause.id,
        partition_key=event.partition_key(cause_key=cause.partition_key),
    )
    # A curriculum that makes a need due again belongs to the provider's story; what follows belongs to the need's.
    joins = event.TOPIC == COOPERATION and envelope.partition_key != cause.partition_key
    return Entry(envelope, event.TOPIC, handler, joins_story=joins)

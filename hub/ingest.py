"""Ingest: what a partner says is checked, its rights are checked, and it is stored once; only then is it accepted.

Called by the web part, the command line and, later, the reader of `in.<tenant>`. Posts that arrive together are stored
in one transaction. `(source, id)` names an event for ever: the same content again is a duplicate, another a conflict.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from events.base import COORDINATOR, ONLY_HUB, Event
from events.catalogue import EVENTS, check
from events.codec import content_hash
from events.envelope import Envelope
from events.errors import Invalid
from hub.access import Sender
from hub.clock import Clock
from hub.errors import HubError, ServiceAway
from hub.failpoints import reach
from hub.log.port import Log
from hub.rows import Organisation
from hub.store import history, nouns
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session
from schemas.problems import Problem

log = structlog.get_logger()
HUB_ORG = "hub"
LARGEST_UNIT = 500  # events stored in one transaction
VALID_FOR = timedelta(days=731)  # a need or offer stands for two years at the most
FIRST = frozenset({"published", "registered", "scheduled", "offered"})  # facts that begin a story of their own
ONLY_COORDINATOR = frozenset({COORDINATOR})
OWNERS = ("company_id", "provider_id", "organisation_id")


class Overloaded(HubError):
    """The hub cannot take more now; come back after `retry_after` seconds."""

    exit_code = 3
    slug = "overloaded"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not accepted: an HTTP status, a sentence, and a pointer for each error."""

    status: int
    title: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event: accepted (maybe a duplicate), or refused."""

    source: str
    id: str
    duplicate: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class _Unit:
    entries: list[Entry]
    done: "asyncio.Future[list[str]]"


class Ingest:
    """Takes events in; `run` must be running for `accept` to return."""

    def __init__(self, store: Store, appender: Log, clock: Clock, *, outbox_limit: int) -> None:
        self._store = store
        self._log = appender
        self._clock = clock
        self._outbox_limit = outbox_limit
        self._queue: asyncio.Queue[_Unit] = asyncio.Queue()
        self._full_until = 0.0

    async def accept(self, envelopes: Sequence[Envelope], sender: Sender) -> list[Receipt]:
        """Judge events and store the good ones; returns when they are durable. Raises Overloaded or ServiceAway."""
        await self._refuse_when_full()
        now = self._clock.now()
        regions = await self._regions(sender)
        judged = [self.judge(envelope, sender, regions, now) for envelope in envelopes]
        entries = [entry for entry in judged if isinstance(entry, Entry)]
        states = iter(await self._store_soon(entries))
        return [_receipt(envelope, one, states) for envelope, one in zip(envelopes, judged, strict=True)]

    def judge(self, envelope: Envelope, sender: Sender, regions: tuple[str, ...], now: datetime) -> Entry | Refusal:
        """Check one event and the sender's right to say it; returns what to store, or why not."""
        refusal = _right_to_say(envelope, sender)
        if refusal:
            return refusal
        try:
            event = check(envelope)
        except Invalid as invalid:
            return Refusal(422, "the event is not valid", invalid.errors)
        refusal = _about_own(envelope, event, sender, regions) or _in_time(event, now)
        if refusal:
            return refusal
        content = content_hash(envelope)  # as it was sent: a time the hub fills in is not the sender's word
        envelope = replace(
            envelope,
            time=envelope.time or now,
            tenant=sender.org,
            key_id=sender.key_id,
            received_at=now,
            correlation_id=envelope.id,
            partition_key=event.partition_key(cause_key=None),
        )
        return Entry(envelope, event.TOPIC, hash=content)

    async def run(self) -> None:
        """Store what `accept` brings, everything that is waiting in one transaction, until cancelled."""
        while True:
            units = [await self._queue.get()]
            while not self._queue.empty() and sum(len(unit.entries) for unit in units) < LARGEST_UNIT:
                units.append(self._queue.get_nowait())
            await self._store_units([unit for unit in units if not unit.done.cancelled()])

    async def _store_soon(self, entries: list[Entry]) -> list[str]:
        if not entries:
            return []
        unit = _Unit(entries, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(unit)
        return await unit.done

    async def _store_units(self, units: Sequence[_Unit]) -> None:
        entries = [entry for unit in units for entry in unit.entries]
        if not entries:
            return
        try:
            states = await self._store.write(store_entries, entries, self._log, urgent=True)
        except ServiceAway as away:
            log.warning("ingest.away", events=len(entries), reason=str(away))
            _fail(units, away)
            return
        except Exception as error:  # noqa: BLE001 - one event the database refuses must not take the others with it
            await self._one_by_one(units, error)
            return
        reach("ingest.stored")
        self._log.appended()
        for unit in units:
            own, states = states[: len(unit.entries)], states[len(unit.entries) :]
            if not unit.done.done():
                unit.done.set_result(own)

    async def _one_by_one(self, units: Sequence[_Unit], error: Exception) -> None:
        if len(units) == 1:
            log.error("ingest.failed", error=type(error).__name__)
            _fail(units, HubError(f"the database refuses the event: {type(error).__name__}"))
            return
        for unit in units:
            await self._store_units([unit])

    async def _regions(self, sender: Sender) -> tuple[str, ...]:
        """Return the NUTS prefixes a coordinator looks after; the hub's own coordinators look after all."""
        if not sender.may("coordinate"):
            return ()
        if sender.org == HUB_ORG:
            return ("",)
        rows = await self._store.read(nouns.load, Organisation, [sender.org])
        row = rows.get(sender.org)
        return row.coordinator.nuts if row and row.coordinator else ()

    async def _refuse_when_full(self) -> None:
        loop_time = asyncio.get_running_loop().time()
        if loop_time < self._full_until:
            return
        unsent, _ = await self._store.read(history.outbox_age)
        if unsent > self._outbox_limit:
            raise Overloaded(f"{unsent} events wait for the stream; try again soon", retry_after=5)
        self._full_until = loop_time + 1.0


def _fail(units: Sequence[_Unit], error: Exception) -> None:
    for unit in units:
        if not unit.done.done():
            unit.done.set_exception(error)


def _receipt(envelope: Envelope, judged: "Entry | Refusal", states: "object") -> Receipt:
    if isinstance(judged, Refusal):
        return Receipt(envelope.source, envelope.id, refusal=judged)
    state = next(states)  # type: ignore[call-overload]
    if state == "conflict":
        problem = Problem("/id", f"{envelope.id!r} of {envelope.source!r} was used for another event; use a new id")
        return Receipt(envelope.source, envelope.id, refusal=Refusal(409, "id used for other content", (problem,)))
    return Receipt(envelope.source, envelope.id, duplicate=state == "duplicate")


async def store_entries(session: Session, entries: Sequence[Entry], appender: Log) -> list[str]:
    """Store events that are new; returns new, duplicate or conflict for each, in order."""
    names = [(entry.envelope.source, entry.envelope.id) for entry in entries]
    before = await history.known(session, names)
    hashes = dict(before)
    states, fresh = [], []
    for name, entry in zip(names, entries, strict=True):
        if name in hashes:
            states.append("duplicate" if hashes[name] == entry.hash else "conflict")
            continue
        hashes[name] = entry.hash
        states.append("new")
        fresh.append(entry)
    written = await appender.append(session, await _in_their_story(session, fresh))
    if written != len(fresh):
        # Another process stored one of them between our look and our insert; now it is visible.
        after = await history.known(session, names)
        states = [
            "conflict" if after[name] != entry.hash else state
            for name, entry, state in zip(names, entries, states, strict=True)
        ]
    return states


async def _in_their_story(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Give events that continue a story its correlation id, and answers about a match the cooperation's key."""
    subjects = sorted({entry.envelope.subject for entry in entries if _continues(entry)})
    if not subjects:
        return list(entries)
    begun = await history.beginnings(session, subjects)
    return [_continue(entry, begun.get(entry.envelope.subject)) for entry in entries]


def _continues(entry: Entry) -> bool:
    event = EVENTS[entry.envelope.short_type]
    return event.NOUN == "match" or entry.envelope.short_type.rpartition(".")[2] not in FIRST


def _continue(entry: Entry, begun: tuple[str, str] | None) -> Entry:
    if begun is None or not _continues(entry):
        return entry
    correlation_id, partition_key = begun
    return replace(entry, envelope=replace(entry.envelope, correlation_id=correlation_id, partition_key=partition_key))


def _right_to_say(envelope: Envelope, sender: Sender) -> Refusal | None:
    if not sender.may("events:write") and not sender.may("import"):
        return Refusal(403, "the key may not post events", (Problem("", "the key lacks the scope events:write"),))
    event = EVENTS.get(envelope.short_type)
    if event is not None and event.SAID_BY == ONLY_HUB:
        problem = Problem("/type", f"{envelope.type} is said by the hub only")
        return Refusal(403, "only the hub may say this", (problem,))
    if event is not None and event.SAID_BY == ONLY_COORDINATOR and not sender.may("coordinate"):
        problem = Problem("/type", f"{envelope.type} is said by coordinators; the key lacks the scope coordinate")
        return Refusal(403, "only coordinators may say this", (problem,))
    if not sender.speaks_for(envelope.source) and not sender.may("import"):
        problem = Problem(
            "/source",
            f"{envelope.source!r} is not below a source of {sender.org}; they are {', '.join(sender.sources)}",
        )
        return Refusal(403, "another's source", (problem,))
    return None


def _about_own(envelope: Envelope, event: Event, sender: Sender, regions: Sequence[str]) -> Refusal | None:
    named = event.own_subject()
    if named is not None and named != envelope.subject:
        problem = Problem("/subject", f"{envelope.subject!r} disagrees with the data, which are about {named!r}")
        return Refusal(422, "the subject disagrees with the data", (problem,))
    if sender.may("import"):
        return None
    owner, pointer = _owner(event, envelope)
    if owner == sender.org:
        return None
    if sender.may("coordinate") and COORDINATOR in event.SAID_BY:
        return _in_region(event, regions)
    return Refusal(
        403, "another's organisation", (Problem(pointer, f"{owner!r} is not the key's organisation {sender.org!r}"),)
    )


def _in_region(event: Event, regions: Sequence[str]) -> Refusal | None:
    nuts: str | None = getattr(event, "nuts", None)
    places = [nuts] if nuts else list(getattr(event, "coverage_nuts", ()))
    places = places or [str(getattr(event, "country", ""))]
    if any(place.startswith(region) for place in places for region in regions):
        return None
    problem = Problem(
        "/data/nuts", f"{', '.join(places)} is not in a region you coordinate: {', '.join(regions) or 'none'}"
    )
    return Refusal(403, "outside your regions", (problem,))


def _owner(event: Event, envelope: Envelope) -> tuple[str, str]:
    for name in OWNERS:
        if hasattr(event, name):
            return str(getattr(event, name)), f"/data/{name}"
    return envelope.subject.partition("/")[0], "/subject"


def _in_time(event: Event, now: datetime) -> Refusal | None:
    valid_until = getattr(event, "valid_until", None)
    if valid_until is None or not isinstance(valid_until, type(now.date())):
        return None
    latest = (now + VALID_FOR).date()
    if valid_until <= latest:
        return None
    problem = Problem("/data/valid_until", f"{valid_until} is more than 24 months away; the latest day is {latest}")
    return Refusal(422, "valid for too long", (problem,))

"""Ingest: what a partner says is checked, its rights are checked, and it is stored once; only then is it accepted.

Called by the web part, the command line and the reader of `in.<tenant>`, which stores what it judged with its refusals.
Posts that arrive together are stored in one transaction. `(source, id)` names an event for ever: the same content again is a duplicate, another a conflict.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from events.base import COORDINATOR, Event
from events.catalogue import EVENTS, check
from events.codec import content_hash
from events.envelope import Envelope
from events.errors import Invalid
from events.matches import MatchDecided
from hub.access import Sender
from hub.clock import Clock
from hub.errors import HubError, ServiceAway
from hub.failpoints import reach
from hub.log.port import Log
from hub.loop import in_turns
from hub.rights import NO_REACH, Reach, Refusal, about_own, in_time, right_to_say
from hub.rows import Match, Need, Offer, Organisation
from hub.store import history, nouns
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session
from schemas.problems import Problem, quoted

log = structlog.get_logger()
HUB_ORG = "hub"
LARGEST_UNIT = 500  # events stored in one transaction
FIRST = frozenset({"published", "registered", "scheduled", "offered"})  # facts that begin a story of their own


class Overloaded(HubError):
    """The hub cannot take more now; come back after `retry_after` seconds."""

    exit_code = 3
    slug = "overloaded"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


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
        self._failures = 0

    async def accept(self, envelopes: Sequence[Envelope], sender: Sender) -> list[Receipt]:
        """Judge events and store the good ones; returns when they are durable. Raises Overloaded or ServiceAway."""
        judged = await self.judge(envelopes, sender)
        entries = [entry for entry in judged if isinstance(entry, Entry)]
        states = iter(await self._store_soon(entries))
        return [_receipt(envelope, one, states) for envelope, one in zip(envelopes, judged, strict=True)]

    async def judge(self, envelopes: Sequence[Envelope], sender: Sender) -> list[Entry | Refusal]:
        """Judge events and store nothing: what to store of each, or why not. Raises Overloaded or ServiceAway."""
        await self._refuse_when_full()
        now = self._clock.now()
        read = [_read(envelope, sender) async for envelope in in_turns(envelopes)]
        reach = await self._reach([one for one in read if isinstance(one, Event)], sender)
        return [
            one if isinstance(one, Refusal) else _judge(envelope, one, sender, reach, now)
            for envelope, one in zip(envelopes, read, strict=True)
        ]

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
            self._failures += 1
            if self._failures & (self._failures - 1) == 0:  # 1, 2, 4, 8 …: an outage is a handful of lines
                log.warning("ingest.away", failures=self._failures, reason=str(away))
            _fail(units, away)
            return
        except Exception as error:  # noqa: BLE001 - one event the database refuses must not take the others with it
            await self._one_by_one(units, error)
            return
        self._failures = 0
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

    async def _reach(self, events: Sequence[Event], sender: Sender) -> Reach:
        """Return what the store knows of what is spoken about; the hub's own coordinators look after everything."""
        decided = sorted({event.subject for event in events if isinstance(event, MatchDecided)})
        matches = await self._store.read(nouns.load, Match, decided) if decided else {}
        owners = {match_id: match.org for match_id, match in matches.items()}
        if not sender.may("coordinate"):
            return Reach(owners=owners) if owners else NO_REACH
        rows = await self._store.read(nouns.load, Organisation, [sender.org])
        row = rows.get(sender.org)
        spoken = sorted({event.placed_by for event in events if COORDINATOR in event.SAID_BY})
        return Reach(
            regions=row.coordinator.nuts if row and row.coordinator else (),
            everywhere=sender.org == HUB_ORG,
            places=await self._store.read(_places, spoken) if spoken else {},
            owners=owners,
        )

    async def _refuse_when_full(self) -> None:
        loop_time = asyncio.get_running_loop().time()
        if loop_time < self._full_until:
            return
        unsent, _ = await self._store.glance(history.outbox_age, most=self._outbox_limit + 1)
        if unsent > self._outbox_limit:
            raise Overloaded(
                f"more than {self._outbox_limit} events wait for the stream; try again soon", retry_after=5
            )
        self._full_until = loop_time + 1.0


async def _places(session: Session, spoken: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return where needs and offers are, and matches by what they are about; what is not stored is left out."""
    matches = await nouns.load(session, Match, spoken)
    about = {key: matches[key].about if key in matches else key for key in spoken}
    refs = sorted(set(about.values()))
    found: dict[str, Need | Offer] = {**await nouns.load(session, Need, refs)}
    found |= await nouns.load(session, Offer, refs)
    return {key: found[ref].places for key, ref in about.items() if ref in found}


def judge_one(envelope: Envelope, sender: Sender, now: datetime) -> Entry | Refusal:
    """Judge an event of somebody who may say everything; returns what to store, or why not."""
    read = _read(envelope, sender)
    return read if isinstance(read, Refusal) else _judge(envelope, read, sender, NO_REACH, now)


def _read(envelope: Envelope, sender: Sender) -> Event | Refusal:
    """Read one event, if the sender may say its like at all."""
    refusal = right_to_say(envelope, sender)
    if refusal:
        return refusal
    try:
        return check(envelope)
    except Invalid as invalid:
        return Refusal(422, "the event is not valid", invalid.errors)


def _judge(envelope: Envelope, event: Event, sender: Sender, reach: Reach, now: datetime) -> Entry | Refusal:
    """Look at the sender's right to say this of this one; returns what to store, or why not."""
    refusal = about_own(envelope, event, sender, reach) or in_time(event, now)
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


def _fail(units: Sequence[_Unit], error: Exception) -> None:
    for unit in units:
        if not unit.done.done():
            unit.done.set_exception(error)


def _receipt(envelope: Envelope, judged: "Entry | Refusal", states: "object") -> Receipt:
    if isinstance(judged, Refusal):
        return Receipt(envelope.source, envelope.id, refusal=judged)
    state = next(states)  # type: ignore[call-overload]
    if state == "conflict":
        return Receipt(envelope.source, envelope.id, refusal=conflict(envelope))
    return Receipt(envelope.source, envelope.id, duplicate=state == "duplicate")


def conflict(envelope: Envelope) -> Refusal:
    """Refuse other content under a (source, id) that is taken."""
    problem = Problem(
        "/id", f"{quoted(envelope.id)} of {quoted(envelope.source)} was used for another event; use a new id"
    )
    return Refusal(409, "id used for other content", (problem,))


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
    subjects = sorted({_story(entry) for entry in entries if _continues(entry)})
    if not subjects:
        return list(entries)
    begun = await history.beginnings(session, subjects)
    return [_continue(entry, begun.get(_story(entry))) for entry in entries]


def _story(entry: Entry) -> str:
    """Return the subject whose story an event continues: a nomination's is its match's."""
    nominates = EVENTS[entry.envelope.short_type].NOUN == "nomination"
    return (entry.envelope.partition_key or "") if nominates else entry.envelope.subject


def _continues(entry: Entry) -> bool:
    event = EVENTS[entry.envelope.short_type]
    return event.NOUN == "match" or entry.envelope.short_type.rpartition(".")[2] not in FIRST


def _continue(entry: Entry, begun: tuple[str, str] | None) -> Entry:
    if begun is None or not _continues(entry):
        return entry
    correlation_id, partition_key = begun
    return entry._replace(envelope=replace(entry.envelope, correlation_id=correlation_id, partition_key=partition_key))

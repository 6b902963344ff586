"""One record that a partner wrote, from its bytes to what became of it: an entry of the history, or a refusal.

A refusal is two things in the same transaction: a row among what is parked, for operators, and `event.refused`, for the
sender. Both are named by where the record lies, so that a batch that comes again leaves them as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from aiokafka.structs import ConsumerRecord

from events.catalogue import dump
from events.codec import from_partner
from events.envelope import HUB_SOURCE, Envelope
from events.errors import Undecodable
from events.refusals import EventRefused
from events.topics import OUTBOX
from hub.clock import stamp
from hub.ids import parked_id, said_id
from hub.ingest import conflict, store_entries
from hub.log.port import Log
from hub.problems import document
from hub.rights import Refusal
from hub.store import history, parked, shares
from hub.store.history import Entry
from hub.store.parked import ParkedRow
from hub.store.session import Session, storable

Record: TypeAlias = ConsumerRecord[Any, Any]
LARGEST = 256 * 1024  # bytes of an event, as over HTTP
LONGEST = 500  # characters of a name that somebody gave
SHOWN = 2_000  # characters of the headers that operators see
GROUP = "in"  # what refused records are listed under


@dataclass(frozen=True, slots=True)
class Letter:
    """A record of `in.<tenant>`; `outcome` is None until it was judged."""

    record: Record
    tenant: str
    envelope: Envelope | None
    outcome: Entry | Refusal | None = None
    detail: str = ""

    def ended(self, outcome: Entry | Refusal) -> "Letter":
        """Return it with what became of it."""
        return replace(self, outcome=outcome)

    @property
    def where(self) -> str:
        """Where it lies: topic and partition without the prefix, offset."""
        return f"in.{self.tenant}/{self.record.partition}@{self.record.offset}"


def unsealed(record: Record, tenant: str) -> Letter:
    """Read a record in either mode; what is no CloudEvent, too large or wrong in itself is refused here."""
    size = len(record.value or b"") + sum(len(name) + len(value or b"") for name, value in record.headers)
    if size > LARGEST:
        detail = f"The record has {size} bytes; at most {LARGEST // 1024} KiB are read."
        return Letter(record, tenant, None, Refusal(413, ""), detail)
    try:
        item = from_partner(record.key, record.value, record.headers)
    except Undecodable as problem:
        return Letter(record, tenant, None, Refusal(400, ""), f"This is no CloudEvent: {problem.reason}.")
    if item.envelope is None:
        return Letter(record, tenant, None, Refusal(422, "", item.problems))
    return Letter(record, tenant, item.envelope)


def refused(tenant: str) -> Refusal:
    """Refuse what stands on a topic of nobody."""
    return Refusal(403, f"{tenant} is no partner on Kafka; `vet-hub tenant add {tenant} --kafka` makes it one")


async def store_letters(session: Session, letters: Sequence[Letter], log: Log, now: datetime) -> list[Letter]:
    """Store what was accepted, and what is to be said about the rest; returns the letters with what became of them."""
    states = iter(
        await store_entries(session, [each.outcome for each in letters if isinstance(each.outcome, Entry)], log)
    )
    ended = [_after(letter, states) for letter in letters]
    lost = [letter for letter in ended if isinstance(letter.outcome, Refusal)]
    if lost:
        await parked.park(session, [_row(letter, now) for letter in lost])
        await _tell(session, lost, now)
    return ended


def _after(letter: Letter, states: Any) -> Letter:
    if isinstance(letter.outcome, Entry) and next(states) == "conflict":
        return letter.ended(conflict(letter.outcome.envelope))
    return letter


async def _tell(session: Session, lost: Sequence[Letter], now: datetime) -> None:
    told = [_told(letter, now) for letter in lost]
    await history.append(session, told, outbox=False)
    await shares.put_said(session, [(each.envelope.source, each.envelope.id, each.envelope.subject) for each in told])


def _told(letter: Letter, now: datetime) -> Entry:
    source, name = _named(letter)
    event = EventRefused(source=source, id=name, problem=problem_of(letter))
    # A topic that is made anew counts from 0 again, so the record's own time is part of the name.
    said = said_id(HUB_SOURCE, f"{letter.where} {letter.record.timestamp}", "refuse-record", 0)
    envelope = Envelope(
        id=said,
        source=HUB_SOURCE,
        type=event.wire_type(),
        subject=letter.tenant,
        time=now,
        data=dump(event),
        tenant="hub",
        received_at=now,
        correlation_id=said,
        partition_key=letter.tenant,
    )
    return Entry(envelope, OUTBOX.replace("<tenant>", letter.tenant), "refuse-record")


def problem_of(letter: Letter) -> dict[str, Any]:
    """Return the problem document that HTTP would have answered, with where the record lies."""
    if not isinstance(letter.outcome, Refusal):
        raise TypeError(f"{letter.where} was not refused")
    why = letter.outcome
    found = document(why.status, title=why.title, detail=letter.detail, errors=why.problems)
    return {**orjson.loads(storable(orjson.dumps(found).decode())), "instance": f"/{letter.where}"}


def _row(letter: Letter, now: datetime) -> ParkedRow:
    source, name = _named(letter)
    place = f"{letter.where} {letter.record.timestamp}"
    problem = problem_of(letter)
    said = [
        problem["title"],
        problem.get("detail", ""),
        *(f"{each['pointer']} {each['detail']}" for each in problem["errors"]),
    ]
    return ParkedRow(
        parked_id=parked_id(GROUP, 0, HUB_SOURCE, place),
        grp=GROUP,
        epoch=0,
        partition_name=f"in.{letter.tenant}/{letter.record.partition}",
        partition_key=letter.tenant,
        seq=None,
        source=source or f"/in.{letter.tenant}",
        id=name or letter.where,
        type=letter.envelope.type if letter.envelope else "refused",
        state="needs_operator",
        blocks=0,
        waits_for=None,
        attempts=1,
        first_at=stamp(now),
        next_at=None,
        reason=storable(f"refused ({problem['status']}): " + " ".join(filter(None, said)))[:SHOWN],
        error=_headers(letter.record),
        raw=letter.record.value or b"",
    )


def _headers(record: Record) -> str | None:
    # In binary mode half of the event stands there; bytes that are no text are shown as escapes.
    shown = "; ".join(f"{name}: {(value or b'').decode(errors='backslashreplace')}" for name, value in record.headers)
    return storable(f"headers: {shown}")[:SHOWN] if record.headers else None


def _named(letter: Letter) -> tuple[str, str]:
    """Return source and id of an event as far as anybody can read them; empty where not."""
    if letter.envelope is not None:
        return letter.envelope.source, letter.envelope.id
    given: dict[str, Any] = {name: value for name, value in letter.record.headers if isinstance(value, bytes)}
    found = [given.get(f"ce_{name}", b"").decode(errors="replace") for name in ("source", "id")]
    if not any(found):
        found = _in_json(letter.record.value)
    source, name = (storable(word)[:LONGEST] for word in found)
    return source, name


def _in_json(value: bytes | None) -> list[str]:
    try:
        event = orjson.loads(value or b"") if len(value or b"") <= LARGEST else None
    except ValueError:
        event = None
    named = [event.get(name) for name in ("source", "id")] if isinstance(event, dict) else []
    return [word if isinstance(word, str) else "" for word in named] or ["", ""]

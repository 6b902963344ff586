"""Recording what a party told somebody: the event behind a form, said once, and what came of it.

Each form carries an id that was drawn with it (a second post of the same form is the same event) and a mark of how things
stood when it was drawn (what has moved on since is not decided blindly). The event goes through ingest like any other.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from events.base import Event
from events.envelope import Envelope
from events.refusals import EventRejected
from hub.ingest import Overloaded
from hub.rights import Refusal
from hub.store import history, inbox
from hub.store.session import Session
from hub.visitors import Visitor
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Visit
from hub.web.problems import Refuse, refusal_of
from schemas.problems import Problem

ONCE = re.compile("[0-9a-f]{24}")
DECIDING = frozenset({"workflow", "matcher"})  # groups whose word counts; the others only tell or count
REJECTED = EventRejected.wire_type()
NOT_WHOLE = "The form is not whole; open it anew and fill it in again. Nothing was recorded."

Redraw = Callable[[Form, Iterable[Problem]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Act:
    """What a form says: an event, for whom, in which words, and where its sender goes on."""

    event: type[Event]
    subject: str
    data: Mapping[str, Any]
    party: str
    what: str
    back: str
    mark: str
    """How things stand now; the form has how they stood."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an event: recorded (nobody has looked at it yet), done, rejected, or waiting, and why."""

    state: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What every such form carries: its id, and what was wrong with it, by field."""

    once: str
    mark: str
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: object = "") -> str:
        """Return what was filled in, else what is proposed."""
        return self.values.get(name, str(default))


def fresh(mark: str, **proposed: str) -> Drawn:
    """Draw a form that nobody has filled in."""
    return Drawn(secrets.token_hex(12), mark, proposed)


def again(form: Form, mark: str, wrong: Iterable[Problem], names: Mapping[str, str]) -> Drawn:
    """Draw a form again with what was filled in; `names` says which field a pointer's last word belongs to."""
    told: dict[str, str] = {}
    for problem in wrong:
        last = problem.pointer.rpartition("/")[2]
        told.setdefault(names.get(last, last), problem.detail)
    return Drawn(once_of(form), mark, form, told)


def once_of(form: Form) -> str:
    """Return the id a form was drawn with; raises Refuse (400) without one."""
    once = form.get("once", "")
    if not ONCE.fullmatch(once):
        raise Refuse(400, NOT_WHOLE)
    return once


async def record(visit: Visit, form: Form, act: Act, redraw: Redraw) -> Response:
    """Say an event for a party, unless things moved on; sends its sender back with what became of it."""
    once = once_of(form)
    envelope = Envelope(
        id=event_id(once),
        source=source_of(visit.visitor),
        type=act.event.wire_type(),
        subject=act.subject,
        time=None,
        data=orjson.dumps(act.data),
    )
    known = await visit.read(history.known, [(envelope.source, envelope.id)])
    if not known and form.get("mark") != act.mark:
        return visit.back(act.back, "moved_on")
    refusal, duplicate = await _accepted(visit, envelope)
    there = links.with_query(act.back, {"said": once})
    if refusal is None:
        return visit.back(there, "recorded_before" if duplicate else "recorded", what=act.what, party=act.party)
    if refusal.status == 409:
        return visit.back(there, "recorded_otherwise")
    if refusal.status == 422:
        return await redraw(form, refusal.problems)
    raise Refuse(refusal.status, "; ".join(problem.detail for problem in refusal.problems) or refusal.title)


async def _accepted(visit: Visit, envelope: Envelope) -> tuple[Refusal | None, bool]:
    try:
        (receipt,) = await visit.hub.ingest.accept([envelope], visit.visitor.sender)
    except Overloaded as full:
        raise refusal_of(full) or full from full
    return receipt.refusal, receipt.duplicate


def event_id(once: str) -> str:
    """Return the id of a form's event."""
    return f"console-{once}"


def source_of(visitor: Visitor) -> str:
    """Return who says what is recorded here: the coordinators of an organisation, also where it is the hub."""
    return f"/coordinators/{visitor.org}"


async def outcome_of(session: Session, visitor: Visitor, once: str) -> Outcome | None:
    """Return what came of a form the visitor's organisation sent; None where there is none."""
    if not ONCE.fullmatch(once):
        return None
    name = (source_of(visitor), event_id(once))
    said = await history.one(session, *name)
    if said is None:
        return None
    works = [work for work in await inbox.steps(session, [name]) if work.grp in DECIDING]
    found = {work.outcome: work.note or "" for work in works}
    if "refused" in found:
        return Outcome("rejected", await _why(session, said) or found["refused"].replace("_", " "))
    for state in ("waiting", "parked", "behind"):
        if state in found:
            return Outcome("waiting", found[state])
    return Outcome("done" if "done" in found else "recorded")


async def _why(session: Session, said: Envelope) -> str:
    rejected = await history.tail(session, after_seq=said.seq or 0, limit=50, types=[REJECTED], subject=said.subject)
    told = [orjson.loads(each.data) for each in rejected]
    return next((str(one["detail"]) for one in told if (one["source"], one["id"]) == (said.source, said.id)), "")


def filled(form: Form, *names: str) -> list[str]:
    """Return those of the fields that say something."""
    return [name for name in names if form.get(name)]


def number(text: str) -> int | str:
    """Return a whole number, else the words as they are, for the wire to say what is wrong with them."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else text

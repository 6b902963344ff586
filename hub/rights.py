"""Who may say what: the rules by which ingest refuses an event before it is stored. Pure; each gives a Refusal or None."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from events.base import COORDINATOR, ONLY_HUB, Event
from events.catalogue import EVENTS
from events.envelope import Envelope
from hub.access import Sender
from hub.rows import lies_in
from schemas.problems import Problem, quoted

VALID_FOR = timedelta(days=731)  # a need or offer stands for two years at the most
ONLY_COORDINATOR = frozenset({COORDINATOR})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not accepted: an HTTP status, a sentence, and a pointer for each error."""

    status: int
    title: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What the store knows of what is spoken about: how far a coordinator's word goes, where nouns are, whose matches."""

    regions: tuple[str, ...] = ()
    everywhere: bool = False
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """NUTS codes of the needs and of the matches that are spoken about."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Company of each stored match that is spoken about."""


NO_REACH = Reach()


def right_to_say(envelope: Envelope, sender: Sender) -> Refusal | None:
    """Refuse what the key may not say at all: scope, hub-only types, another's source."""
    if not sender.may("events:write") and not sender.may("import"):
        return Refusal(403, "the key may not post events", (Problem("", "the key lacks the scope events:write"),))
    event = EVENTS.get(envelope.short_type)
    if event is not None and event.SAID_BY == ONLY_HUB:
        problem = Problem("/type", f"{envelope.type} is said by the hub only")
        return Refusal(403, "only the hub may say this", (problem,))
    coordinates = sender.may("coordinate") or sender.may("import")
    if event is not None and event.SAID_BY == ONLY_COORDINATOR and not coordinates:
        problem = Problem("/type", f"{envelope.type} is said by coordinators; the key lacks the scope coordinate")
        return Refusal(403, "only coordinators may say this", (problem,))
    if not sender.speaks_for(envelope.source) and not sender.may("import"):
        problem = Problem(
            "/source",
            f"{quoted(envelope.source)} is not below a source of {sender.org}; they are {', '.join(sender.sources)}",
        )
        return Refusal(403, "another's source", (problem,))
    return None


def about_own(envelope: Envelope, event: Event, sender: Sender, reach: Reach) -> Refusal | None:
    """Refuse what is about another organisation, or about something else than its subject says."""
    named = event.own_subject()
    if named is not None and named != envelope.subject:
        problem = Problem(
            "/subject", f"{quoted(envelope.subject)} disagrees with the data, which are about {quoted(named)}"
        )
        return Refusal(422, "the subject disagrees with the data", (problem,))
    owner = _owner(event, reach)
    if sender.may("import") or owner in (sender.org, None):
        return None
    pointer = f"/data/{event.OWNER}" if event.OWNER else "/subject"
    if sender.may("coordinate") and COORDINATOR in event.SAID_BY:
        return _in_reach(event, reach, pointer)
    whose = quoted(owner) if event.owner == owner else f"{quoted(event.subject)}, another organisation's,"
    problem = Problem(pointer, f"{whose} is not the key's organisation {quoted(sender.org)}")
    return Refusal(403, "another's organisation", (problem,))


def _owner(event: Event, reach: Reach) -> str | None:
    """Return whose it is; None for a match that is not stored (yet), which its handler looks at when it is."""
    if event.NOUN == "match" and event.OWNER is None:
        return reach.owners.get(event.subject)
    return event.owner


def _in_reach(event: Event, reach: Reach, pointer: str) -> Refusal | None:
    places = event.whereabouts() or reach.places.get(event.placed_by, ())
    if reach.everywhere or lies_in(places, reach.regions):
        return None
    where = ", ".join(places) or f"the place of {quoted(event.placed_by)}, which is not known here,"
    problem = Problem(pointer, f"{where} is not in a region you coordinate: {', '.join(reach.regions) or 'none'}")
    return Refusal(403, "outside your regions", (problem,))


def in_time(event: Event, now: datetime) -> Refusal | None:
    """Refuse what would stand for longer than two years."""
    valid_until = getattr(event, "valid_until", None)
    if valid_until is None or not isinstance(valid_until, type(now.date())):
        return None
    latest = (now + VALID_FOR).date()
    if valid_until <= latest:
        return None
    problem = Problem("/data/valid_until", f"{valid_until} is more than 24 months away; the latest day is {latest}")
    return Refusal(422, "valid for too long", (problem,))

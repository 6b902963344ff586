"""Who may say what: the rules by which ingest refuses an event before it is stored. Pure; each gives a Refusal or None."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.base import COORDINATOR, ONLY_HUB, Event
from events.catalogue import EVENTS
from events.envelope import Envelope
from hub.access import Sender
from schemas.problems import Problem

VALID_FOR = timedelta(days=731)  # a need or offer stands for two years at the most
ONLY_COORDINATOR = frozenset({COORDINATOR})
OWNERS = ("company_id", "provider_id", "organisation_id")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not accepted: an HTTP status, a sentence, and a pointer for each error."""

    status: int
    title: str
    problems: tuple[Problem, ...] = ()


def right_to_say(envelope: Envelope, sender: Sender) -> Refusal | None:
    """Refuse what the key may not say at all: scope, hub-only types, another's source."""
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


def about_own(
    envelope: Envelope, event: Event, sender: Sender, regions: Sequence[str], places: Mapping[str, str]
) -> Refusal | None:
    """Refuse what is about another organisation, or about something else than its subject says.

    `places` says where the stored needs are that a coordinator names; what is about an unknown one will wait for it.
    """
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
        return _at_home(envelope, regions, places) if event.NOUN == "need" else _in_region(event, regions)
    return Refusal(
        403, "another's organisation", (Problem(pointer, f"{owner!r} is not the key's organisation {sender.org!r}"),)
    )


def _at_home(envelope: Envelope, regions: Sequence[str], places: Mapping[str, str]) -> Refusal | None:
    place = places.get(envelope.subject)
    return None if place is None else _in_one_of(regions, [place], "/subject")


def _in_region(event: Event, regions: Sequence[str]) -> Refusal | None:
    nuts: str | None = getattr(event, "nuts", None)
    places = [nuts] if nuts else list(getattr(event, "coverage_nuts", ()))
    return _in_one_of(regions, places or [str(getattr(event, "country", ""))], "/data/nuts")


def _in_one_of(regions: Sequence[str], places: Sequence[str], pointer: str) -> Refusal | None:
    if any(place.startswith(region) for place in places for region in regions):
        return None
    problem = Problem(pointer, f"{', '.join(places)} is not in a region you coordinate: {', '.join(regions) or 'none'}")
    return Refusal(403, "outside your regions", (problem,))


def _owner(event: Event, envelope: Envelope) -> tuple[str, str]:
    for name in OWNERS:
        if hasattr(event, name):
            return str(getattr(event, name)), f"/data/{name}"
    return envelope.subject.partition("/")[0], "/subject"


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

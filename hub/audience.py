"""Who may read an event, and how much of it: one truth for the trace and for `out.<tenant>`. Pure.

What a type says of itself (`Event.SEEN`, `told_to`, `BEFORE_AGREEMENT`) is applied here to one event. A provider that no
company has agreed with reads a copy from which everything is taken that could name the company.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import orjson

from events.agreements import LearnerNominated
from events.base import Event, Seen
from events.catalogue import event_class
from events.envelope import Envelope
from hub.access import Sender

HUB_ORG = "hub"
HOPS = frozenset({"traceparent", "tracestate"})


@dataclass(frozen=True, slots=True)
class Audience:
    """Organisations that read an event as it is, and those that read a part; coordinators of its region beside them."""

    whole: frozenset[str] = frozenset()
    part: frozenset[str] = frozenset()
    regional: bool = False
    everybody: bool = False


def audience(event: Event, *, agreed: Collection[str] = ()) -> Audience:
    """Say who may read an event. `agreed` are providers that a company has agreed with on the match it is about."""
    if event.SEEN is Seen.EVERYBODY:
        return Audience(everybody=True)
    if event.SEEN is not Seen.OWNER:
        return Audience()
    told = {*event.told_to(), *(agreed if isinstance(event, LearnerNominated) else ())}
    tenant = event.envelope.tenant
    said_by = {tenant} if tenant and tenant != HUB_ORG else set()
    whole = {owner_of(event)} | (told if event.BEFORE_AGREEMENT is None else set())
    part = (told | said_by) - whole
    return Audience(frozenset(whole), frozenset(part), regional=True)


def owner_of(event: Event) -> str:
    """Return in whose story an event is, so that everything about it may be told; empty where nobody knows (yet)."""
    owner, stroke, _ = (event.envelope.partition_key or "").partition("/")
    return owner if stroke or event.NOUN == "organisation" else ""


def answers(event: Event, sender: Sender) -> bool:
    """Whether an event answers something that this partner sent."""
    return event.SEEN is Seen.SENDER and sender.speaks_for(str(getattr(event, "source", "")))


def part_of(envelope: Envelope) -> Envelope:
    """Return the copy for a provider before agreement: its subject is its key, and nothing tells of the story around it."""
    fields = event_class(envelope.type).BEFORE_AGREEMENT
    told = orjson.loads(envelope.data)
    return replace(
        whole_of(envelope),
        data=orjson.dumps(told if fields is None else {name: told[name] for name in fields if name in told}),
        partition_key=envelope.subject,
        tenant=None,
        correlation_id=None,
        causation_id=None,
        extensions={name: value for name, value in envelope.extensions.items() if name not in HOPS},
    )


def whole_of(envelope: Envelope) -> Envelope:
    """Return the copy for who may read all of it; which key it came by is its sender's matter."""
    return replace(envelope, key_id=None)

"""Who may see what. What is not yours to see is answered like what does not exist.

Companies see their own; a provider sees the catalogue and its own part of a match; coordinators see the needs of their
regions; the hub's operators see all.
"""

from collections.abc import Sequence

import orjson

from events.catalogue import EVENTS
from events.envelope import HUB_SOURCE
from events.matches import MatchRequested, RequestAnswered
from events.topics import NOTIFICATION
from hub.access import Sender
from hub.rows import Need, Organisation
from hub.store import nouns
from hub.store.session import Session
from hub.trace import Told

HUB_ORG = "hub"


def sees_all(sender: Sender) -> bool:
    """Whether this is an operator of the hub."""
    return sender.org == HUB_ORG and sender.may("operate")


async def sees_need(session: Session, need: Need, sender: Sender) -> bool:
    """Whether a need is the reader's own, or lies in a region the reader coordinates."""
    if need.org == sender.org or sees_all(sender):
        return True
    if not sender.may("coordinate"):
        return False
    regions = await regions_of(session, sender)
    return any(place.nuts.startswith(region) for place in need.told.locations for region in regions)


async def regions_seen(session: Session, sender: Sender) -> Sequence[str] | None:
    """Return the NUTS prefixes whose needs somebody sees as a coordinator; None for who sees all."""
    if sees_all(sender):
        return None
    return await regions_of(session, sender) if sender.may("coordinate") else ()


async def regions_of(session: Session, sender: Sender) -> Sequence[str]:
    """Return the NUTS prefixes an organisation looks after."""
    if sender.org == HUB_ORG:
        return ("",)
    row = (await nouns.load(session, Organisation, [sender.org])).get(sender.org)
    return row.coordinator.nuts if row and row.coordinator else ()


def own_part(told: Sequence[Told], sender: Sender) -> list[Told]:
    """Return the events of a story that the reader may see, in order."""
    if sees_all(sender):
        return list(told)
    seen: list[Told] = []
    followed: set[str] = set()  # ids of events of the hub that are seen: what they led to is seen too
    for one in told:
        if owns(one, sender.org) or _is_party(one, sender.org) or one.envelope.causation_id in followed:
            seen.append(one)
            if one.envelope.source == HUB_SOURCE:
                followed.add(one.envelope.id)
    return seen


def owns(one: Told, org: str) -> bool:
    """Whether an event lies in the organisation's own stories, so that everything about it may be told."""
    key = one.envelope.partition_key or ""
    event = EVENTS.get(one.envelope.short_type)
    return event is not None and event.TOPIC != NOTIFICATION and key.partition("/")[0] == org


def _is_party(one: Told, org: str) -> bool:
    if one.envelope.tenant == org:
        return True
    match one.envelope.short_type:
        case MatchRequested.TYPE:
            return bool(orjson.loads(one.envelope.data)["provider_id"] == org)
        case RequestAnswered.TYPE:
            return org in orjson.loads(one.envelope.data)["provider_ids"]
        case _:
            return False

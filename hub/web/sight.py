"""Who may see what. What is not yours to see is answered like what does not exist.

Companies see their own; a provider sees the catalogue and its own part of a match, and once a company has agreed with it
also the cooperation and its agreements; coordinators see what lies in their regions; the hub's operators see all.
"""

from collections.abc import Sequence

from events.agreements import LearnerNominated
from events.base import Seen
from events.catalogue import EVENTS, read
from events.cooperations import CooperationAgreed
from events.topics import NOTIFICATION
from hub.access import Sender
from hub.audience import audience
from hub.rows import Agreement, Need, Offer, Organisation, lies_in
from hub.store import nouns
from hub.store.session import Session
from hub.trace import Told

HUB_ORG = "hub"


def sees_all(sender: Sender) -> bool:
    """Whether this is an operator of the hub."""
    return sender.org == HUB_ORG and sender.may("operate")


async def sees(session: Session, about: Need | Offer, sender: Sender) -> bool:
    """Whether a need or offer is the reader's own, or lies in a region the reader coordinates."""
    if about.org == sender.org or sees_all(sender):
        return True
    if not sender.may("coordinate"):
        return False
    return lies_in(about.places, await regions_of(session, sender))


async def sees_about(session: Session, ref: str, sender: Sender) -> bool:
    """Whether the reader sees the need or offer that a match or agreement is about."""
    if sees_all(sender):
        return True
    kinds: tuple[type[Need | Offer], ...] = (Need, Offer)
    found = [(await nouns.load(session, kind, [ref])).get(ref) for kind in kinds]
    return any([about is not None and await sees(session, about, sender) for about in found])


async def sees_agreement(session: Session, agreement: Agreement, sender: Sender) -> bool:
    """Whether the reader is a party of an agreement, or coordinates the region of the need or offer it came from."""
    return sender.org in parties(agreement) or await sees_about(session, agreement.about, sender)


def parties(agreement: Agreement) -> tuple[str, ...]:
    """Return the organisations that an agreement is between, and the learner's employer, who signs it too."""
    employer = agreement.told.current_employer_id
    return (agreement.org, agreement.provider_id, *([employer] if employer else []))


async def keys_seen(session: Session, keys: Sequence[str], regions: Sequence[str]) -> set[str]:
    """Return those of the keys that are needs or offers in the regions."""
    found: list[Need | Offer] = [*(await nouns.load(session, Need, keys)).values()]
    found += (await nouns.load(session, Offer, keys)).values()
    return {each.key for each in found if lies_in(each.places, regions)}


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
    """Return the events of a story that the reader may see, in order.

    Of what an event led to only messages and rejections are seen with it: anything else may name the company.
    """
    if sees_all(sender):
        return list(told)
    seen: list[Told] = []
    followed: set[str] = set()  # ids of events that are seen
    agreed: set[str] = set()  # matches on which a company has agreed with the reader
    for one in told:
        if _tells(one, followed) or owns(one, sender.org) or _is_party(one, sender.org, agreed):
            seen.append(one)
            followed.add(one.envelope.id)
            if one.envelope.short_type == CooperationAgreed.TYPE:
                agreed.add(one.envelope.subject)
    return seen


def owns(one: Told, org: str) -> bool:
    """Whether an event lies in the organisation's own stories, so that everything about it may be told."""
    key = one.envelope.partition_key or ""
    event = EVENTS.get(one.envelope.short_type)
    return event is not None and event.TOPIC != NOTIFICATION and key.partition("/")[0] == org


def _tells(one: Told, followed: set[str]) -> bool:
    """Whether an event is a message that one of those events led to, or the word that one of them came too late."""
    event = EVENTS.get(one.envelope.short_type)
    told = event is not None and (event.TOPIC == NOTIFICATION or event.SEEN is Seen.SENDER)
    return told and one.envelope.causation_id in followed


def _is_party(one: Told, org: str, agreed: set[str]) -> bool:
    """Whether the reader said an event, or it is told to the reader (`hub/audience.py`)."""
    if one.envelope.tenant == org:
        return True
    if one.envelope.short_type not in EVENTS:
        return False
    event = read(one.envelope)
    with_whom = [org] if isinstance(event, LearnerNominated) and event.match_id in agreed else []
    seen = audience(event, agreed=with_whom)
    return org in seen.whole or org in seen.part

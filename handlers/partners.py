"""What partners on Kafka are sent: a copy of each event they may read and subscribed to, whole or a provider's part.

Hears whatever anybody outside may read; says nothing. Runs on the cluster only.
"""

from collections.abc import Sequence

from events.agreements import LearnerNominated
from events.base import Event, Seen
from events.catalogue import EVENTS
from hub.audience import answers, audience, owner_of
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Cooperation, Need, Offer
from hub.subscribers import Subscribers

partners = Router("partners", outward=True)
SEEN = tuple(event for event in EVENTS.values() if event.SEEN is not Seen.NOBODY)


@partners.on("share", hears=SEEN)
def share(event: Event, uow: UnitOfWork, subscribers: Subscribers) -> None:
    """Leave a copy for each partner that may read the event and subscribed to its type."""
    readers = subscribers.to(event)
    if not readers:
        return
    seen = audience(event, agreed=_agreed(event, uow))
    coordinating = [each.org for each in readers if subscribers.coordinates(each.org)]
    places = _places(event, uow) if seen.regional and coordinating else ()
    for reader in readers:
        org = reader.org
        if seen.everybody or org in seen.whole or subscribers.looks_after(org, places):
            uow.share(org)
        elif org in seen.part or answers(event, reader):
            uow.share(org, part=org != owner_of(event))


def _agreed(event: Event, uow: UnitOfWork) -> Sequence[str]:
    """Return the providers that the company agreed with, for what says nothing about them itself."""
    cooperation = uow.find(Cooperation, event.match_id) if isinstance(event, LearnerNominated) else None
    return cooperation.candidate.provider_ids if cooperation else ()


def _places(event: Event, uow: UnitOfWork) -> Sequence[str]:
    """Return where an event lies; the end of something that is not there yet waits for it."""
    told = event.whereabouts()
    if told:
        return told
    key = uow.envelope.partition_key or event.subject
    kind = Offer if event.NOUN == "offer" else Need
    about = uow.find(Need, key) or uow.find(Offer, key)
    if about is None and event.NOUN in ("need", "offer"):
        raise uow.waiting(kind, key, f"{key} is not known to the hub yet")
    return about.places if about else ()

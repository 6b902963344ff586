"""What companies offer: a placement is proposed to the providers that teach what is practised there.

Hears placement events, reminders and need.rematch-due; says match.proposed, match.superseded and need.rematch-due.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from events.matches import MatchProposed, MatchSuperseded
from events.needs import NeedRematchDue
from events.placements import PlacementOffered, PlacementUpdated, PlacementWithdrawn
from events.refusals import ReminderDue
from handlers.proposals import MATCH_EXPIRY, OVER, asks_otherwise, require_company
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching import outs
from hub.matching.follow import MatchingIndex
from hub.matching.told import candidate
from hub.rows import Match, Need, Offer, Organisation
from schemas import placements

offers = Router("matcher")

OFFER_EXPIRY = "offer-expiry"
CAP_FREE = "contact-cap"
CAP_DAYS = timedelta(days=28)
ASKED = ("places", "skills", "location", "start_window", "scheme", "weeks", "weekly_hours", "min_age")  # of this too

Proposed = MatchProposed | MatchSuperseded


@offers.on("match-offer")
def match_offer(event: PlacementOffered, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Record a new offer and propose the providers that could send learners."""
    require_company(event.company_id, uow)
    if uow.find(Offer, event.subject) is not None:
        raise Refused("exists", f"{event.subject} was offered before; send placement.updated to change it")
    if uow.find(Need, event.subject) is not None:
        raise Refused("exists", f"{event.subject} is a need; give the offer an id of its own")
    offer = Offer(key=event.subject, org=event.company_id, state="open", told=_told(event), told_seq=uow.seq)
    uow.remind(end_of(offer), kind=OFFER_EXPIRY, about=offer.key)
    yield from propose(offer, uow, index)


@offers.on("match-offer-anew")
def match_offer_anew(event: PlacementUpdated, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Record an offer as it is stated now and match it again."""
    known = uow.get(Offer, event.subject)
    uow.only_newer(known)
    if known.state == "agreed":
        raise Refused("already_agreed", f"{known.key} is agreed; withdraw it and offer a new placement")
    if known.state in OVER:
        raise Refused(f"offer_{known.state}", f"{known.key} is {known.state}; offer a new placement")
    offer = known.model_copy(update={"told": _told(event), "told_seq": uow.seq, "refused": ()})
    if asks_otherwise(known.told, offer.told, ASKED):
        yield from close_open(offer, uow)  # its providers were asked something else
    uow.remind(end_of(offer), kind=OFFER_EXPIRY, about=offer.key)
    yield from propose(offer, uow, index)


@offers.on("withdraw-offer")
def withdraw_offer(event: PlacementWithdrawn, uow: UnitOfWork) -> Iterator[MatchSuperseded]:
    """Stop looking for learners."""
    offer = uow.get(Offer, event.subject)
    if offer.state in OVER:
        raise Refused(f"offer_{offer.state}", f"{offer.key} is {offer.state}")
    yield from close_open(offer, uow)
    uow.save(offer.model_copy(update={"state": "withdrawn", "match_id": None, "told_seq": uow.latest(offer)}))


@offers.on("match-offer-again")
def match_offer_again(event: NeedRematchDue, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Match a standing offer again, because something changed."""
    offer = uow.find(Offer, event.need_ref)
    if offer is not None and offer.stands:
        yield from propose(offer, uow, index)


@offers.on("mind-offers")
def mind_offers(event: ReminderDue, uow: UnitOfWork) -> Iterator[MatchSuperseded | NeedRematchDue]:
    """End an offer that has run out; look again when its company takes enquiries again."""
    if event.kind == CAP_FREE:
        yield NeedRematchDue(need_ref=event.about, because="contact_cap_free")
    elif event.kind == OFFER_EXPIRY:
        offer = uow.get(Offer, event.about)
        if offer.stands and end_of(offer) <= uow.now:
            yield from close_open(offer, uow)
            uow.save(offer.model_copy(update={"state": "expired", "match_id": None}))


def propose(offer: Offer, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Propose the best providers, unless the same one is proposed already or the company has had enough enquiries."""
    offer = offer.model_copy(update={"seen_clock": index.seen})
    found = index.rank_offer(offer, uow)
    open_match = uow.find(Match, offer.match_id) if offer.match_id else None
    if found and open_match is not None and open_match.state == "open":
        first = next((each for each in open_match.candidates if offer.out.keys().isdisjoint(each.provider_ids)), None)
        if first is not None and first.provider_ids == found[0].provider_ids:
            uow.save(offer)
            return
    room = _room(offer, uow)
    if found and room == 0 and open_match is not None and open_match.state == "open":
        uow.save(offer)  # what was asked stands: nobody else may be asked instead
        return
    yield from close_open(offer, uow)
    if not found or room == 0:
        uow.save(offer.model_copy(update={"state": "open", "match_id": None}))
        return
    asked = found[:room] if room is not None else found
    _count_contacts(offer, len(asked), uow)
    match = Match(
        key=uow.new_id(),
        org=offer.org,
        state="open",
        about=offer.key,
        candidates=tuple(candidate(n, each) for n, each in enumerate(asked, 1)),
        ruleset_version=index.rules.version,
        expires_at=min(end_of(offer), uow.now + timedelta(days=uow.terms.match_days)),
        asked_on=index.asked_on(offer, asked, uow),
    )
    uow.save(match)
    offer = offer.model_copy(update={"out": outs.without(offer.out, match.asked_on)})
    uow.save(offer.model_copy(update={"state": "proposed", "match_id": match.key}))
    uow.remind(match.expires_at, kind=MATCH_EXPIRY, about=match.key, key=offer.key)
    yield MatchProposed(
        match_id=match.key,
        about=match.about,
        candidates=match.candidates,
        ruleset_version=match.ruleset_version,
        expires_at=match.expires_at,
    )


def close_open(offer: Offer, uow: UnitOfWork) -> Iterator[MatchSuperseded]:
    """End the open match of an offer."""
    match = uow.find(Match, offer.match_id) if offer.match_id else None
    if match is not None and match.state == "open":
        uow.save(match.model_copy(update={"state": "superseded"}))
        yield MatchSuperseded(match_id=match.key, about=match.about)


def end_of(offer: Offer) -> datetime:
    """Return when an offer ends: with its last day, or when it can no longer begin."""
    latest = offer.told.start_window.latest
    last = min(offer.told.valid_until or latest, latest)
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def _room(offer: Offer, uow: UnitOfWork) -> int | None:
    """Return how many more enquiries the company takes, None without a cap; asks to be woken when it has had enough."""
    company = uow.get(Organisation, offer.org)
    cap = company.company.contact_cap_per_28_days if company.company else None
    if cap is None:
        return None
    recent = [day for day in company.contacts if day > uow.now.date() - CAP_DAYS]
    room = max(0, cap - len(recent))
    if room == 0 and recent:
        free = datetime.combine(min(recent) + CAP_DAYS, time(), UTC)
        uow.remind(free, kind=CAP_FREE, about=offer.key)
    return room


def _count_contacts(offer: Offer, enquiries: int, uow: UnitOfWork) -> None:
    company = uow.get(Organisation, offer.org)
    today = uow.now.date()
    recent = [day for day in company.contacts if day > today - CAP_DAYS]
    uow.save(company.model_copy(update={"contacts": (*recent, *[today] * enquiries)}))


def _told(event: PlacementOffered | PlacementUpdated) -> placements.PlacementOffer:
    return event.payload(placements.PlacementOffer)

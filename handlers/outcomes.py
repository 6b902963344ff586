"""What becomes of a need, an offer and its match once providers answered and the company decided.

Hears what the workflow group says: request.answered and the cooperation events. The workflow is the authority here.
Says match.superseded, match.expired and need.rematch-due.
"""

from collections.abc import Iterator

from events.cooperations import CooperationAgreed, CooperationBroken
from events.matches import MatchExpired, MatchSuperseded, RequestAnswered
from events.needs import NeedRematchDue
from handlers.placements import OFFER_EXPIRY, end_of
from handlers.proposals import NEED_EXPIRY, end_of_need
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching import outs
from hub.rows import Gap, Match, Need, Offer

outcomes = Router("matcher")

NO = frozenset({"declined", "expired"})
YES = frozenset({"accepted", "counter_offer", "interested"})


@outcomes.on("follow-answer")
def follow_answer(event: RequestAnswered, uow: UnitOfWork) -> Iterator[MatchSuperseded | NeedRematchDue]:
    """Keep a provider out that said no, or nothing; a match of which no candidate is left is over."""
    about = _about(event.about, uow)
    match = uow.get(Match, event.match_id)
    if event.reason_code == "company_declined":
        yield from _turned_down(about, match, uow)
    elif (
        event.decision in NO and event.reason_code != "match_expired"
    ):  # what ended that match has seen to its silent ones
        about = _without(about, match, event, uow)
        uow.save(about)
        if match.state == "open" and not living(match, about):
            yield MatchSuperseded(match_id=match.key, about=about.key)
            yield from _end(about, match, "superseded", "no_candidate_left", uow)
    elif event.decision in YES and match.state == "open":
        uow.save(about.model_copy(update={"out": outs.without(about.out, event.provider_ids)}))


@outcomes.on("settle")
def settle(event: CooperationAgreed, uow: UnitOfWork) -> Iterator[MatchExpired]:
    """What was agreed is no longer looked for; a newer match, made before this was known, ends."""
    about = _about(event.about, uow)
    newer = uow.find(Match, about.match_id) if about.match_id and about.match_id != event.match_id else None
    if newer is not None and newer.state == "open":
        uow.save(newer.model_copy(update={"state": "expired"}))
        yield MatchExpired(match_id=newer.key, about=newer.about)
    match = uow.get(Match, event.match_id)
    uow.save(match.model_copy(update={"state": "closed"}))
    if about.state != "withdrawn":  # one that ran out before this was known is agreed all the same
        uow.save(_agreed(about, match, uow))


@outcomes.on("unsettle")
def unsettle(event: CooperationBroken, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
    """Look again for what was agreed and cannot take place, unless it has run out meanwhile."""
    about = _about(event.about, uow)
    if about.state != "agreed":
        return
    uow.save(about.model_copy(update={"state": "open", "match_id": None}))
    ends, kind = (end_of(about), OFFER_EXPIRY) if isinstance(about, Offer) else (end_of_need(about), NEED_EXPIRY)
    if ends <= uow.now:
        uow.remind(uow.now, kind=kind, about=about.key)  # the one of its last day came while it was agreed
    else:
        yield NeedRematchDue(need_ref=about.key, because=event.reason_code)


def living(match: Match, about: Need | Offer) -> bool:
    """Whether a candidate is left whose providers have not all dropped out."""
    return any(set(each.provider_ids).isdisjoint(about.out) for each in match.candidates)


def _about(ref: str, uow: UnitOfWork) -> Need | Offer:
    return uow.find(Offer, ref) or uow.get(Need, ref)


def _agreed(about: Need | Offer, match: Match, uow: UnitOfWork) -> Need | Offer:
    """Mark as agreed; a gap that was told before this was known is none."""
    if isinstance(about, Offer):
        return about.model_copy(update={"state": "agreed", "match_id": match.key})
    gap = uow.find(Gap, about.gap_id) if about.gap_id else None
    if gap is not None and gap.state == "open":
        uow.save(gap.model_copy(update={"state": "closed"}))
    return about.model_copy(update={"state": "agreed", "match_id": match.key, "gap_id": None})


def _without(about: Need | Offer, match: Match, event: RequestAnswered, uow: UnitOfWork) -> Need | Offer:
    out = dict(about.out)
    for provider_id in event.provider_ids:
        stood = match.asked_on.get(provider_id, "")
        declined = event.decision == "declined"
        out[provider_id] = outs.after_refusal(stood, uow.now.date()) if declined else outs.after_silence(stood)
    return about.model_copy(update={"out": out})


def _turned_down(about: Need | Offer, match: Match, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
    if match.state != "open":
        return  # said once for each provider that was asked
    named = "curriculum_refs" if isinstance(about, Need) else "provider_ids"
    refused = {*about.refused, *(ref for each in match.candidates for ref in getattr(each, named))}
    about = about.model_copy(update={"refused": tuple(sorted(refused))})
    yield from _end(about, match, "closed", "company_declined", uow)


def _end(about: Need | Offer, match: Match, state: str, because: str, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
    uow.save(match.model_copy(update={"state": state}))
    if about.match_id != match.key:
        uow.save(about)
        return
    uow.save(about.model_copy(update={"state": "open", "match_id": None}))
    yield NeedRematchDue(need_ref=about.key, because=because)

"""What companies are told: who fits, that nothing fits, what a provider answered.

Hears match.proposed, need.unmatched and request.answered; says notification.requested.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from events.matches import MatchProposed, RequestAnswered
from events.needs import NeedUnmatched
from events.notifications import NotificationRequested
from handlers.messages import mail, was_told
from handlers.questions import working_days_after
from handlers.retold import (
    about_of,
    company_contact,
    courses,
    headcount_of,
    last_day,
    name_of,
    own,
    plain,
    proposed,
    region_of,
    skill,
)
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Cooperation, Curriculum, Match, Need, Offer, Request
from schemas import gaps, matches

told_companies = Router("notifier")

SILENCE = "no_response"
ANSWERS = frozenset({"accepted", "interested", "counter_offer", "declined"})
WILLING = frozenset({"accepted", "counter_offered"})
UNDECIDED = frozenset({"asked", "interested"})


@told_companies.on("mail-proposals")
def mail_proposals(event: MatchProposed, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell a company who could help, and that they are asked."""
    about = about_of(event.about, uow)
    asked = sorted({provider for each in event.candidates for provider in each.provider_ids})
    context = kinds.ProposalsToCompany(
        **_company(about, uow),
        match_id=event.match_id,
        region=region_of(about),
        start_window=about.told.start_window,
        options=tuple(proposed(each, about, uow) for each in event.candidates),
        asked=tuple(name_of(slug, uow) for slug in asked),
        respond_by=working_days_after(uow.now.date(), uow.terms.respond_by_days),
        expires_on=last_day(event.expires_at),
    )
    key = f"proposals_to_company/{event.match_id}"
    yield from _to_company("proposals_to_company", context, about, key, uow)


@told_companies.on("mail-gap")
def mail_gap(event: NeedUnmatched, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell a company that nothing fits: once for each statement of the need and each set of reasons, however often it is tried."""
    need = uow.get(Need, event.need_ref)
    key = f"gap_to_company/{need.key}/{need.told_seq}/{'+'.join(sorted(event.reason_codes))}"[:200]
    if was_told(need.key, key, uow):
        return
    context = kinds.GapToCompany(
        **_company(need, uow),
        reason_codes=event.reason_codes,
        misses=tuple(_miss(each, uow) for each in event.nearest_misses),
        unclear=tuple(skill(each) for each in event.uncovered_skills)
        if "unresolved_skills" in event.reason_codes
        else (),
    )
    yield from _to_company("gap_to_company", context, need, key, uow)


@told_companies.on("mail-answer")
def mail_answer(event: RequestAnswered, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell a company what a provider answered, or that it kept silent."""
    if event.decision not in ANSWERS and event.reason_code != SILENCE:
        return
    (provider_id,) = event.provider_ids
    about, match = about_of(event.about, uow), uow.get(Match, event.match_id)
    requests = uow.all(Request, match_id=event.match_id)
    context = kinds.AnswerToCompany(
        **_company(about, uow),
        match_id=event.match_id,
        provider_name=name_of(provider_id, uow),
        decision=event.decision,
        open=sum(each.state == "asked" and each.org != provider_id for each in requests),
        expires_on=last_day(match.expires_at),
        **(_offer(event, about, match, requests, uow) if event.decision in ("accepted", "counter_offer") else {}),
        **_said(event, next((each for each in requests if each.org == provider_id), None)),
    )
    key = f"answer_to_company/{event.match_id}/{provider_id}/{event.envelope.id}"
    yield from _to_company("answer_to_company", context, about, key, uow)


def _to_company(
    kind: str, context: kinds.MailContext, about: Need | Offer, dedupe_key: str, uow: UnitOfWork
) -> Iterator[NotificationRequested]:
    contact = company_contact(about, uow)
    yield from mail(
        kind, context, recipient_ref=contact, org=about.org, about=about.key, dedupe_key=dedupe_key, uow=uow
    )


def _company(about: Need | Offer, uow: UnitOfWork) -> dict[str, Any]:
    return {
        "hub_url": uow.terms.hub_url,
        "company_id": about.org,
        "company_name": name_of(about.org, uow),
        "about": about.key,
        "title": plain(about.told.title),
        "headcount": headcount_of(about),
        "placement": isinstance(about, Offer),
    }


def _miss(miss: gaps.NearestMiss, uow: UnitOfWork) -> kinds.Miss:
    rows = [uow.get(Curriculum, ref) for ref in miss.curriculum_refs]
    return kinds.Miss(
        providers=tuple(dict.fromkeys(name_of(row.org, uow) for row in rows)),
        courses=tuple(plain(row.told.title) for row in rows),
        reasons=miss.explanation or tuple(matches.Reason(code=code) for code in miss.failed),
    )


def _offer(
    event: RequestAnswered, about: Need | Offer, match: Match, requests: Sequence[Request], uow: UnitOfWork
) -> dict[str, Any]:
    """What a provider offers, and whether the company can take it at its word now or which other answers it takes too."""
    (provider_id,) = event.provider_ids
    states = {each.org: each.state for each in requests}
    offered = [
        each
        for each in match.candidates
        if provider_id in each.provider_ids and event.candidate_id in (None, each.candidate_id)
    ]
    ready = [each for each in offered if all(states.get(slug) in WILLING for slug in each.provider_ids)]
    option = (ready or offered)[0]
    open_still = match.state == "open" and uow.find(Cooperation, match.key) is None
    sessions = (event.session_ref,) if event.session_ref else own(option.session_refs, provider_id)
    told = courses(own(option.curriculum_refs, provider_id), sessions, uow) if isinstance(about, Need) else ()
    return {
        "candidate_id": option.candidate_id if ready and open_still else None,
        "courses": tuple(each.model_copy(update={"price": None}) for each in told) if event.price else told,
        "seats": event.seats_offered or _headcount(requests),
        "missing": tuple(
            name_of(slug, uow) for slug in option.provider_ids if slug != provider_id and states.get(slug) in UNDECIDED
        ),
    }


def _said(event: RequestAnswered, request: Request | None) -> dict[str, Any]:
    """What a provider adds to its answer, in its own words too."""
    answer = request.answer if request and event.decision in ANSWERS else None
    return {
        "price": event.price,
        "valid_until": event.valid_until,
        "reason_code": event.reason_code if event.decision == "declined" else None,
        "message": plain(answer.message) if answer and answer.message else None,
    }


def _headcount(requests: Sequence[Request]) -> int:
    """Return how many people the providers of a match were asked about."""
    return requests[0].told.headcount

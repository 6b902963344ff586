"""Who is asked, and what they answer: one request to each provider of a proposal, and the seats of every session.

Hears match, session and answer events; says match.requested and request.answered.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from events.curricula import SessionCancelled, SessionRescheduled, SessionScheduled, SessionSeatsChanged
from events.matches import (
    MatchAnswered,
    MatchExpired,
    MatchProposed,
    MatchRequested,
    MatchSuperseded,
    RequestAnswered,
)
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Need, Request, Seats
from hub.skills.labels import label
from schemas import matches, needs

workflow = Router("workflow")

ANSWERS = {
    "accepted": "accepted",
    "interested": "interested",
    "declined": "declined",
    "counter_offer": "counter_offered",
}


@workflow.on("ask-providers")
def ask_providers(event: MatchProposed, uow: UnitOfWork) -> Iterator[MatchRequested]:
    """Ask every provider of the proposal about its own part; the company is not named."""
    need = uow.get(Need, event.about)
    for provider_id in sorted({provider for each in event.candidates for provider in each.provider_ids}):
        asked = _question(event, need.told, provider_id, uow)
        uow.save(
            Request(
                key=f"{event.match_id}/{provider_id}",
                org=provider_id,
                state="asked",
                match_id=event.match_id,
                about=event.about,
                told=asked,
            )
        )
        yield MatchRequested.model_validate(asked, from_attributes=True)


@workflow.on("record-answer")
def record_answer(event: MatchAnswered, uow: UnitOfWork) -> Iterator[RequestAnswered]:
    """Record what a provider answers; a later answer replaces the earlier one while the match is open."""
    key = f"{event.match_id}/{event.provider_id}"
    request = uow.get(Request, key, otherwise=f"match {event.match_id} is not known to the hub yet")
    uow.only_newer(request)
    if request.state in ("closed", "expired"):
        raise Refused("match_closed", f"match {event.match_id} is no longer open for answers")
    answer = event.payload(matches.Answer)
    uow.save(request.model_copy(update={"state": ANSWERS[event.decision], "answer": answer, "told_seq": uow.seq}))
    yield RequestAnswered(
        match_id=event.match_id,
        about=request.about,
        provider_ids=(event.provider_id,),
        decision=event.decision,
        candidate_id=event.candidate_id,
        reason_code=event.reason_code,
        session_ref=event.session_ref,
        seats_offered=event.seats_offered,
        price=event.price,
        valid_until=event.valid_until,
    )


@workflow.on("close-requests")
def close_requests(event: MatchSuperseded | MatchExpired, uow: UnitOfWork) -> None:
    """Stop waiting for answers about a match that is over."""
    state = "expired" if isinstance(event, MatchExpired) else "closed"
    for request in uow.all(Request, match_id=event.match_id):
        if request.state in ("asked", "interested"):
            uow.save(request.model_copy(update={"state": state}))


@workflow.on("record-seats")
def record_seats(event: SessionScheduled | SessionRescheduled | SessionSeatsChanged, uow: UnitOfWork) -> None:
    """Keep how many seats the provider told last; what is held since is counted beside it."""
    known = uow.find(Seats, event.subject)
    uow.only_newer(known)
    row = known or Seats(
        key=event.subject, org=event.org, state="open", curriculum=f"{event.org}/{event.curriculum_id}", told_free=0
    )
    uow.save(row.model_copy(update={"told_free": event.seats_free, "told_seq": uow.seq}))


@workflow.on("close-seats")
def close_seats(event: SessionCancelled, uow: UnitOfWork) -> None:
    """A cancelled session has no seats."""
    row = uow.get(Seats, event.subject)
    uow.save(row.model_copy(update={"state": "cancelled", "told_free": 0, "told_seq": uow.latest(row)}))


def _question(event: MatchProposed, need: needs.Need, provider_id: str, uow: UnitOfWork) -> matches.Request:
    return matches.Request(
        match_id=event.match_id,
        provider_id=provider_id,
        candidates=tuple(_own_part(each, provider_id) for each in event.candidates if provider_id in each.provider_ids),
        respond_by=_working_days_after(uow.now.date(), uow.terms.respond_by_days),
        region=need.locations[0].nuts,
        headcount=need.headcount,
        levels=matches.Levels(eqf_min=need.eqf_min, eqf_max=need.eqf_max),
        skills=tuple(_skill(skill) for skill in need.skills),
        start_window=need.start_window,
    )


def _own_part(candidate: matches.Candidate, provider_id: str) -> matches.AskedCandidate:
    prefix = f"{provider_id}/"
    return matches.AskedCandidate(
        candidate_id=candidate.candidate_id,
        curriculum_refs=tuple(ref for ref in candidate.curriculum_refs if ref.startswith(prefix)),
        session_refs=tuple(ref for ref in candidate.session_refs if ref.startswith(prefix)),
    )


def _skill(skill: needs.AskedSkill) -> matches.RequestedSkill:
    words = skill.text or (label(skill.uri) if skill.uri else None) or "ESCO skill"
    return matches.RequestedSkill(uri=skill.uri, label=words, must=skill.must)


def _working_days_after(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day

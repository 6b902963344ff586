"""Who is asked, what they answer, what the company decides: one request to each provider of a proposal.

Hears match events, answers, decisions and reminders; says match.requested, request.answered and cooperation.agreed.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from events.cooperations import CooperationAgreed
from events.matches import (
    MatchAnswered,
    MatchDecided,
    MatchExpired,
    MatchProposed,
    MatchRequested,
    MatchSuperseded,
    RequestAnswered,
)
from events.needs import NeedWithdrawn
from events.placements import PlacementWithdrawn
from events.refusals import ReminderDue
from handlers.holds import hold, release, take
from handlers.questions import previous_working_day, question, unnamed
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import STANDING, Cooperation, Match, Need, Offer, Organisation, Request, Seats, lies_in
from schemas import matches

workflow = Router("workflow")

ANSWERS = {
    "accepted": "accepted",
    "interested": "interested",
    "declined": "declined",
    "counter_offer": "counter_offered",
}
OVER = frozenset({"closed", "expired"})
WILLING = frozenset({"accepted", "counter_offered"})
NUDGE = "request-nudge"
SILENCE = "request-silence"
ANSWER_END = "answer-end"


@workflow.on("ask-providers")
def ask_providers(event: MatchProposed, uow: UnitOfWork) -> Iterator[MatchRequested]:
    """Ask every provider of the proposal about its own part; the company is not named."""
    for provider_id in sorted({provider for each in event.candidates for provider in each.provider_ids}):
        asked = question(event, provider_id, uow)
        row = Request(
            key=f"{event.match_id}/{provider_id}",
            org=provider_id,
            state="asked",
            match_id=event.match_id,
            about=event.about,
            told=asked,
        )
        uow.save(row)
        _remind(row, uow)
        yield MatchRequested.model_validate(asked, from_attributes=True)


@workflow.on("record-answer")
def record_answer(event: MatchAnswered, uow: UnitOfWork) -> Iterator[RequestAnswered]:
    """Record what a provider answers; a later answer replaces the earlier one while the match is open."""
    key = f"{event.match_id}/{event.provider_id}"
    request = uow.get(Request, key, otherwise=f"match {event.match_id} is not known to the hub yet")
    uow.only_newer(request)
    if request.state in OVER or uow.find(Cooperation, event.match_id) is not None:
        raise Refused("match_closed", f"match {event.match_id} is no longer open for answers")
    asked = _asked_of(event, request)
    request = release(request, uow)
    if event.decision in ("accepted", "counter_offer"):
        request = hold(request, _sessions(event, asked, uow), _seats(event, request.told.headcount), uow)
    answer = event.payload(matches.Answer)
    request = request.model_copy(update={"state": ANSWERS[event.decision], "answer": answer, "told_seq": uow.seq})
    uow.save(request)
    if request.holds and answer.valid_until is not None:
        uow.remind(_day_after(answer.valid_until), kind=ANSWER_END, about=request.key, key=request.about)
    yield _outcome(request, event.decision)


@workflow.on("decide-match")
def decide_match(event: MatchDecided, uow: UnitOfWork) -> Iterator[CooperationAgreed | RequestAnswered]:
    """Carry out what the company decides: agree on a candidate, turn the match down, or pass a question on."""
    match = uow.get(Match, event.match_id, otherwise=f"match {event.match_id} is not known to the hub yet")
    _refuse_strangers(match, uow)
    if uow.find(Cooperation, match.key) is not None:
        raise Refused("already_decided", f"match {match.key} was agreed before")
    if any(each.state in STANDING for each in uow.all(Cooperation, about=match.about)):
        raise Refused("already_agreed", f"{match.about} was agreed on another match before")
    requests = uow.all(Request, match_id=match.key)
    if not requests:
        asked = f"{match.key}/{match.candidates[0].provider_ids[0]}"
        raise uow.waiting(Request, asked, f"the providers of match {match.key} are being asked")
    if all(request.state in OVER for request in requests):
        raise Refused("match_closed", f"match {match.key} is no longer open for decisions")
    if event.decision == "accepted":
        yield from _agree(event, match, requests, uow)
    elif event.decision == "declined":
        yield from _close(requests, "company_declined", uow)
    else:
        asks = unnamed(event.reason or "?", uow.get(Organisation, match.org))
        for request in requests:
            uow.save(request.model_copy(update={"company_asks": asks}))


@workflow.on("close-requests")
def close_requests(event: MatchSuperseded | MatchExpired, uow: UnitOfWork) -> Iterator[RequestAnswered]:
    """Stop waiting for answers about a match that is over; one that was agreed meanwhile stands."""
    if uow.find(Cooperation, event.match_id) is not None:
        return
    reason = "match_expired" if isinstance(event, MatchExpired) else "superseded"
    yield from _close(uow.all(Request, match_id=event.match_id), reason, uow)


@workflow.on("close-withdrawn")
def close_withdrawn(event: NeedWithdrawn | PlacementWithdrawn, uow: UnitOfWork) -> Iterator[RequestAnswered]:
    """Stop waiting for answers about what the company no longer looks for."""
    open_ones = [each for each in uow.all(Request, about=event.subject) if each.state not in OVER]
    undecided = [each for each in open_ones if uow.find(Cooperation, each.match_id) is None]
    yield from _close(undecided, "withdrawn", uow)


@workflow.on("mind-silence")
def mind_silence(event: ReminderDue, uow: UnitOfWork) -> Iterator[MatchRequested | RequestAnswered]:
    """Ask once more when the time to answer is nearly over, and stop waiting when it is."""
    if event.kind not in (NUDGE, SILENCE):
        return
    request = uow.get(Request, event.about)
    if request.state != "asked":
        return
    if event.kind == NUDGE:
        yield MatchRequested.model_validate(request.told.model_copy(update={"reminder": True}), from_attributes=True)
        return
    uow.save(request.model_copy(update={"state": "expired"}))
    yield _outcome(request, "expired", reason="no_response")


@workflow.on("give-seats-back")
def give_seats_back(event: ReminderDue, uow: UnitOfWork) -> None:
    """Give back what is held by an answer that has run out; its provider may answer again while the match is open."""
    if event.kind != ANSWER_END:
        return
    request = uow.get(Request, event.about)
    if _ran_out(request, uow) and uow.find(Cooperation, request.match_id) is None:
        uow.save(release(request, uow))


def _remind(request: Request, uow: UnitOfWork) -> None:
    last = request.told.respond_by
    nudge = datetime.combine(previous_working_day(last), time(8), UTC)
    if nudge > uow.now:
        uow.remind(nudge, kind=NUDGE, about=request.key, key=request.about)
    uow.remind(_day_after(last), kind=SILENCE, about=request.key, key=request.about)


def _day_after(last: date) -> datetime:
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def _ran_out(request: Request, uow: UnitOfWork) -> bool:
    until = request.answer.valid_until if request.answer else None
    return until is not None and until < uow.now.date()


def _asked_of(event: MatchAnswered, request: Request) -> tuple[matches.AskedCandidate, ...]:
    asked = tuple(each for each in request.told.candidates if event.candidate_id in (None, each.candidate_id))
    if not asked:
        raise Refused("not_asked", f"candidate {event.candidate_id} was not asked of {event.provider_id}")
    if event.session_ref and event.session_ref.partition("/")[0] != event.provider_id:
        raise Refused("not_yours", f"session {event.session_ref} is not one of {event.provider_id}")
    return asked


def _sessions(event: MatchAnswered, asked: tuple[matches.AskedCandidate, ...], uow: UnitOfWork) -> list[str]:
    """Return the sessions an answer is about; one that it names takes the place of those asked for of its course."""
    wanted = list(dict.fromkeys(ref for each in asked for ref in each.session_refs))
    if event.session_ref is None:
        return wanted
    course = uow.get(Seats, event.session_ref).curriculum
    if not any(course in each.curriculum_refs for each in asked):
        raise Refused("not_asked", f"session {event.session_ref} is of {course}, which was not asked for")
    return [ref for ref in wanted if uow.get(Seats, ref).curriculum != course] + [event.session_ref]


def _seats(answer: MatchAnswered | matches.Answer | None, headcount: int) -> int:
    offered = answer.seats_offered if answer else None
    return min(offered or headcount, headcount)


def _refuse_strangers(match: Match, uow: UnitOfWork) -> None:
    """Ingest checks whose match it is, save when the match was not stored yet; so it is looked at here too."""
    speaker = uow.envelope.tenant or ""
    if speaker in (match.org, "hub"):
        return
    row = uow.find(Organisation, speaker)
    about = uow.find(Offer, match.about) or uow.get(Need, match.about)
    if row is None or row.coordinator is None or not lies_in(about.places, row.coordinator.nuts):
        raise Refused("not_yours", f"match {match.key} is not one of {speaker}")


def _agree(
    event: MatchDecided, match: Match, requests: list[Request], uow: UnitOfWork
) -> Iterator[CooperationAgreed | RequestAnswered]:
    candidate = next((each for each in match.candidates if each.candidate_id == event.candidate_id), None)
    if candidate is None:
        raise Refused("no_such_candidate", f"match {match.key} has no candidate {event.candidate_id}")
    by_provider = {request.org: request for request in requests}
    chosen = [_willing(by_provider[provider], candidate, uow) for provider in candidate.provider_ids]
    sessions: list[str] = []
    for request in chosen:
        own = _agreed_sessions(request, candidate, uow)
        kept = release(request, uow, keep=own)
        take(kept, uow)
        uow.save(kept)
        sessions += kept.holds
    agreed = candidate.model_copy(update={"session_refs": tuple(sessions)})
    cooperation = Cooperation(
        key=match.key,
        org=match.org,
        state="agreed",
        about=match.about,
        provider_id=candidate.provider_ids[0],
        candidate=agreed,
        headcount=min(_seats(request.answer, request.told.headcount) for request in chosen),
    )
    uow.save(cooperation)
    yield CooperationAgreed(
        match_id=match.key,
        about=match.about,
        company_id=match.org,
        provider_ids=candidate.provider_ids,
        candidate_id=candidate.candidate_id,
        curriculum_refs=candidate.curriculum_refs,
        session_refs=agreed.session_refs,
        headcount=cooperation.headcount,
    )
    others = [request for request in requests if request.org not in candidate.provider_ids]
    yield from _close(others, "other_chosen", uow)


def _willing(request: Request, candidate: matches.Candidate, uow: UnitOfWork) -> Request:
    """Return the request if its provider wants this candidate; raises Refused with what stands in the way."""
    answer = request.answer
    covers = answer is not None and answer.candidate_id in (None, candidate.candidate_id)
    if request.state not in WILLING or not covers:
        said = "has not answered" if answer is None or not covers else f"said {answer.decision.replace('_', ' ')}"
        raise Refused("not_accepted_yet", f"{request.org} {said}; a candidate needs the yes of all its providers")
    if answer is not None and _ran_out(request, uow):
        raise Refused("answer_expired", f"the answer of {request.org} stood until {answer.valid_until}")
    return request


def _agreed_sessions(request: Request, candidate: matches.Candidate, uow: UnitOfWork) -> list[str]:
    """Return the sessions in which a provider holds seats for a candidate; each of its courses that has any needs one."""
    held = {ref: uow.get(Seats, ref).curriculum for ref in request.holds}
    for ref in candidate.session_refs:
        if ref.startswith(f"{request.org}/") and uow.get(Seats, ref).curriculum not in held.values():
            raise Refused("no_seats", f"no seats are held in session {ref}; ask {request.org}")
    return [ref for ref, course in held.items() if course in candidate.curriculum_refs]


def _close(requests: list[Request], reason: str, uow: UnitOfWork) -> Iterator[RequestAnswered]:
    for request in requests:
        if request.state in OVER:
            continue
        silent = reason == "match_expired" and request.state == "asked"
        closed = release(request, uow).model_copy(update={"state": "expired" if silent else "closed"})
        uow.save(closed)
        yield _outcome(request, closed.state, reason=reason)


def _outcome(request: Request, decision: str, *, reason: str | None = None) -> RequestAnswered:
    answer = request.answer if decision in ANSWERS else None
    return RequestAnswered(
        match_id=request.match_id,
        about=request.about,
        provider_ids=(request.org,),
        decision=decision,
        candidate_id=answer.candidate_id if answer else None,
        reason_code=answer.reason_code if answer else reason,
        session_ref=answer.session_ref if answer else None,
        seats_offered=answer.seats_offered if answer else None,
        price=answer.price if answer else None,
        valid_until=answer.valid_until if answer else None,
    )

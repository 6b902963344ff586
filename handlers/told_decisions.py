"""What providers are told of decisions: the company's question, that it decided otherwise, that they were chosen.

Hears match.decided, request.answered and cooperation.agreed; says notification.requested. The company is named to a provider
that was chosen, and to no other.
"""

from collections.abc import Iterator
from typing import Any

from events.cooperations import CooperationAgreed
from events.matches import MatchDecided, RequestAnswered
from events.notifications import NotificationRequested
from handlers.messages import mail
from handlers.questions import unnamed
from handlers.retold import about_of, courses, name_of, own, plain, provider_contact
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Cooperation, Match, Organisation, Request

told_decisions = Router("notifier")

NOT_CHOSEN = frozenset({"other_chosen", "company_declined"})
MAY_ANSWER = frozenset({"asked", "interested", "accepted", "counter_offered"})
SILENCE = "no_response"


@told_decisions.on("mail-question")
def mail_question(event: MatchDecided, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Pass on what a company wants to know before it decides, to all who may still answer; none learns who it is."""
    if event.decision != "needs_info" or event.reason is None:
        return
    match = uow.get(Match, event.match_id)
    if not _may_ask(match, uow):
        return
    requests = uow.all(Request, match_id=match.key)
    if not requests:
        asked = f"{match.key}/{match.candidates[0].provider_ids[0]}"
        raise uow.waiting(Request, asked, f"the providers of match {match.key} are being asked")
    question = unnamed(event.reason, uow.get(Organisation, match.org))
    for request in requests:
        if request.state in MAY_ANSWER:
            context = kinds.DecisionToProvider(
                **_unnamed(request, uow),
                outcome="asked",
                answered=request.answer is not None,
                courses=_asked_courses(request, uow),
                question=question,
            )
            yield from _decision(context, request, event.envelope.id, uow)


@told_decisions.on("mail-closing")
def mail_closing(event: RequestAnswered, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell a provider that the question to it is closed, where it has not closed it itself."""
    (provider_id,) = event.provider_ids
    request = uow.get(Request, f"{event.match_id}/{provider_id}")
    if not _is_news(event, request):
        return
    chosen_otherwise = event.reason_code in NOT_CHOSEN
    context = kinds.DecisionToProvider(
        **_unnamed(request, uow),
        outcome="not_chosen" if chosen_otherwise else "ended",
        answered=request.answer is not None,
        courses=_asked_courses(request, uow),
        seats=_kept(request),
    )
    yield from _decision(context, request, event.envelope.id, uow)


@told_decisions.on("mail-choice")
def mail_choice(event: CooperationAgreed, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell each provider of the chosen candidate, and from here on who the company is."""
    about = about_of(event.about, uow)
    company = uow.get(Organisation, event.company_id).company
    for provider_id in event.provider_ids:
        request = uow.get(Request, f"{event.match_id}/{provider_id}")
        sessions = own(event.session_refs, provider_id)
        context = kinds.DecisionToProvider(
            **_unnamed(request, uow),
            outcome="chosen",
            courses=_agreed(own(event.curriculum_refs, provider_id), sessions, request, uow),
            seats=_seats(request) if sessions else 0,
            company_name=name_of(event.company_id, uow),
            company_homepage=company.homepage if company else None,
            about=about.key,
            title=plain(about.told.title),
        )
        yield from _decision(context, request, event.envelope.id, uow)


def _may_ask(match: Match, uow: UnitOfWork) -> bool:
    """Whether the workflow group passes the question on too; it refuses a stranger's, and one that comes too late."""
    speaker = uow.envelope.tenant or ""
    row = uow.find(Organisation, speaker)
    own_or_coordinator = speaker in (match.org, "hub") or (row is not None and row.coordinator is not None)
    return own_or_coordinator and uow.find(Cooperation, match.key) is None


def _is_news(event: RequestAnswered, request: Request) -> bool:
    """A provider that said no, or nothing until time ran out, closed it itself; one that is asked anew hears that."""
    if event.decision not in ("closed", "expired") or event.reason_code == SILENCE:
        return False
    if request.answer is None:
        return event.decision == "closed" and event.reason_code != "superseded"
    return request.answer.decision != "declined"


def _unnamed(request: Request, uow: UnitOfWork) -> dict[str, Any]:
    """What every decision tells, without a word about the company."""
    return {
        "hub_url": uow.terms.hub_url,
        "match_id": request.match_id,
        "provider_id": request.org,
        "provider_name": name_of(request.org, uow),
        "region": kinds.Region(code=request.told.region),
        "headcount": request.told.headcount,
        "placement": request.told.placement is not None,
    }


def _asked_courses(request: Request, uow: UnitOfWork) -> tuple[kinds.Course, ...]:
    """The courses of what the provider answered about, else of the first candidate it was asked about."""
    if request.told.placement is not None:
        return ()
    answer = request.answer
    wanted = answer.candidate_id if answer else None
    asked = next((each for each in request.told.candidates if each.candidate_id == wanted), request.told.candidates[0])
    sessions = (answer.session_ref,) if answer and answer.session_ref else asked.session_refs
    return courses(asked.curriculum_refs, sessions, uow)


def _agreed(
    curriculum_refs: tuple[str, ...], sessions: tuple[str, ...], request: Request, uow: UnitOfWork
) -> tuple[kinds.Course, ...]:
    """The courses at the price of the answer, where it named one; of several together no single one has it."""
    if request.told.placement is not None:
        return ()
    told = courses(curriculum_refs, sessions, uow)
    price = request.answer.price if request.answer else None
    if price is None:
        return told
    return tuple(each.model_copy(update={"price": price if len(told) == 1 else None}) for each in told)


def _kept(request: Request) -> int:
    """Seats that were held for the request; it no longer says in which sessions."""
    willing = request.answer is not None and request.answer.decision in ("accepted", "counter_offer")
    had_sessions = any(each.session_refs for each in request.told.candidates)
    return _seats(request) if willing and had_sessions else 0


def _seats(request: Request) -> int:
    offered = request.answer.seats_offered if request.answer else None
    return offered or request.told.headcount


def _decision(
    context: kinds.DecisionToProvider, request: Request, event_id: str, uow: UnitOfWork
) -> Iterator[NotificationRequested]:
    yield from mail(
        "decision_to_provider",
        context,
        recipient_ref=provider_contact(request.org, uow),
        org=request.org,
        about=request.match_id,
        dedupe_key=f"decision_to_provider/{request.key}/{event_id}",
        uow=uow,
    )

"""What providers are asked: whether they can train some people, or have learners for a placement.

Hears match.requested; says notification.requested. Nothing here names the company.
"""

from collections.abc import Iterator
from typing import Any

from events.matches import MatchRequested
from events.notifications import NotificationRequested
from handlers.messages import mail
from handlers.retold import courses, name_of, provider_contact
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Match, Organisation
from schemas import matches

told_providers = Router("notifier")


@told_providers.on("mail-request")
def mail_request(event: MatchRequested, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Ask the provider's contact by mail; without a contact the request waits until the provider names one."""
    contact = provider_contact(event.provider_id, uow)
    if contact is None:
        uow.get(Organisation, event.provider_id)
        reason = f"{event.provider_id} has no contact person; send provider.updated with a contact_ref"
        raise uow.waiting(Organisation, event.provider_id, reason)
    match = uow.get(Match, event.match_id)
    reasons = {candidate.candidate_id: candidate.explanation for candidate in match.candidates}
    question = {
        "hub_url": uow.terms.hub_url,
        "match_id": event.match_id,
        "provider_id": event.provider_id,
        "provider_name": name_of(event.provider_id, uow),
        "respond_by": event.respond_by,
        "reminder": event.reminder,
        "region": kinds.Region(code=event.region),
        "headcount": event.headcount,
        "skills": tuple(kinds.Skill(label=skill.label, must=skill.must) for skill in event.skills),
        "start_window": event.start_window,
    }
    context: kinds.MailContext
    if event.placement:
        kind, context = "placement_to_provider", _placement(event, event.placement, question, reasons)
    else:
        kind, context = "request_to_provider", _training(event, question, reasons, uow)
    yield from mail(
        kind,
        context,
        recipient_ref=contact,
        org=event.provider_id,
        about=event.match_id,
        dedupe_key=f"{kind}/{event.match_id}/{event.provider_id}{'/reminder' if event.reminder else ''}",
        uow=uow,
    )


def _training(
    event: MatchRequested,
    question: dict[str, Any],
    reasons: dict[str, tuple[matches.Reason, ...]],
    uow: UnitOfWork,
) -> kinds.RequestToProvider:
    options = tuple(
        kinds.Option(
            candidate_id=each.candidate_id,
            courses=courses(each.curriculum_refs, each.session_refs, uow, seats=True),
            reasons=reasons.get(each.candidate_id, ()),
        )
        for each in event.candidates
    )
    return kinds.RequestToProvider(**question, levels=event.levels, options=options)


def _placement(
    event: MatchRequested,
    terms: matches.PlacementTerms,
    question: dict[str, Any],
    reasons: dict[str, tuple[matches.Reason, ...]],
) -> kinds.PlacementToProvider:
    candidate_id = event.candidates[0].candidate_id
    return kinds.PlacementToProvider(
        **question, **dict(terms), candidate_id=candidate_id, reasons=reasons.get(candidate_id, ())
    )

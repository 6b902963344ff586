"""Who is told what: each message becomes a notification and a job for a courier; the person is a ref until it leaves.

Hears match.requested and what couriers report; says notification.requested.
"""

from collections.abc import Iterator, Mapping

from events.matches import MatchRequested
from events.notifications import NotificationDelivered, NotificationFailed, NotificationRequested
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Curriculum, Match, Notification, Organisation, Seats, Session
from schemas import matches

notifier = Router("notifier")


@notifier.on("mail-request")
def mail_request(event: MatchRequested, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Ask the provider's contact by mail; without a contact the request waits until the provider names one."""
    provider = uow.get(Organisation, event.provider_id)
    contact = provider.provider.contact_ref if provider.provider else None
    if provider.provider is None or contact is None:
        reason = f"{event.provider_id} has no contact person; send provider.updated with a contact_ref"
        raise uow.waiting(Organisation, event.provider_id, reason)
    context = _request_context(event, provider.provider.legal_name, uow)
    yield _mail(
        "request_to_provider",
        context,
        recipient_ref=contact,
        org=event.provider_id,
        about=event.match_id,
        dedupe_key=f"request_to_provider/{event.match_id}/{event.provider_id}{'/reminder' if event.reminder else ''}",
        uow=uow,
    )


@notifier.on("note-delivery")
def note_delivery(event: NotificationDelivered, uow: UnitOfWork) -> None:
    """A message left the hub."""
    row = uow.get(Notification, event.notification_id)
    uow.save(row.model_copy(update={"state": "delivered", "attempts": event.attempt}))


@notifier.on("note-failure")
def note_failure(event: NotificationFailed, uow: UnitOfWork) -> None:
    """A message could not be delivered; the reason is shown to coordinators and operators."""
    row = uow.get(Notification, event.notification_id)
    if row.state != "delivered":
        change = {"state": "failed", "reason": event.detail or event.reason_code, "attempts": event.attempt}
        uow.save(row.model_copy(update=change))


def _mail(
    kind: str,
    context: kinds.MailContext,
    *,
    recipient_ref: str,
    org: str,
    about: str,
    dedupe_key: str,
    uow: UnitOfWork,
) -> NotificationRequested:
    notification_id = uow.new_id()
    uow.save(
        Notification(
            key=notification_id,
            org=org,
            state="requested",
            about=about,
            kind=kind,
            channel="email",
            recipient_ref=recipient_ref,
            dedupe_key=dedupe_key,
        )
    )
    body = {
        "notification_id": notification_id,
        "recipient_ref": recipient_ref,
        "about": about,
        "context": context.model_dump(mode="json", exclude_none=True),
        "at": uow.now.isoformat(),
    }
    uow.job(channel="mail", kind=kind, body=body, dedupe_key=dedupe_key)
    return NotificationRequested(
        notification_id=notification_id,
        recipient_ref=recipient_ref,
        kind=kind,
        channel="email",
        dedupe_key=dedupe_key,
        about=about,
    )


def _request_context(event: MatchRequested, provider_name: str, uow: UnitOfWork) -> kinds.RequestToProvider:
    sessions = [ref for each in event.candidates for ref in each.session_refs]
    uow.fetch([(Match, event.match_id), *((Seats, ref) for ref in sessions)])
    match = uow.get(Match, event.match_id)
    reasons = {candidate.candidate_id: candidate.explanation for candidate in match.candidates}
    return kinds.RequestToProvider(
        hub_url=uow.terms.hub_url,
        match_id=event.match_id,
        provider_id=event.provider_id,
        provider_name=provider_name,
        respond_by=event.respond_by,
        region=kinds.Region(code=event.region),
        headcount=event.headcount,
        skills=tuple(kinds.Skill(label=skill.label, must=skill.must) for skill in event.skills),
        levels=event.levels,
        start_window=event.start_window,
        options=tuple(_option(each, reasons.get(each.candidate_id, ()), uow) for each in event.candidates),
    )


def _option(asked: matches.AskedCandidate, reasons: tuple[matches.Reason, ...], uow: UnitOfWork) -> kinds.Option:
    sessions = {row.curriculum: row for row in (uow.get(Session, ref) for ref in asked.session_refs)}
    return kinds.Option(
        candidate_id=asked.candidate_id,
        courses=tuple(_course(ref, sessions.get(ref), uow) for ref in asked.curriculum_refs),
        reasons=reasons,
    )


def _course(ref: str, session: Session | None, uow: UnitOfWork) -> kinds.Course:
    told = uow.get(Curriculum, ref).told
    price = (session.told.price if session else None) or told.price
    return kinds.Course(
        ref=ref,
        title=_words(told.title),
        hours=told.hours,
        session=_session(session, uow) if session else None,
        price=price,
    )


def _session(row: Session, uow: UnitOfWork) -> kinds.Session:
    told = row.told
    seats = uow.find(Seats, row.key)
    return kinds.Session(
        ref=row.key,
        start=told.start,
        end=told.end,
        mode=told.mode,
        language=told.language,
        seats_free=seats.free if seats else told.seats_free,
        place=_words(told.location.label) if told.location and told.location.label else None,
    )


def _words(text: str | Mapping[str, str]) -> str | dict[str, str]:
    return text if isinstance(text, str) else dict(text)

"""What the parties of a cooperation are told: the agreement's draft, and that what was agreed cannot take place.

Hears agreement.drafted and cooperation.broken; says notification.requested. Learners and guardians are refs, like everybody.
"""

from collections.abc import Iterator
from typing import Any

from events.agreements import AgreementDrafted
from events.cooperations import CooperationBroken
from events.notifications import NotificationRequested
from handlers.messages import mail
from handlers.retold import about_of, company_contact, courses, headcount_of, name_of, plain, provider_contact, run
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Agreement, Need, Offer, Seats, Session

told_parties = Router("notifier")

LEARNERS = ("learner", "guardian")


@told_parties.on("mail-draft")
def mail_draft(event: AgreementDrafted, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell everybody who has to sign that the draft can be read, each in the role they have in it."""
    about = about_of(event.about, uow)
    employer = event.current_employer_id
    shared = {
        "hub_url": uow.terms.hub_url,
        "agreement_id": event.agreement_id,
        "version": event.version,
        "company_name": name_of(event.parties.company_id, uow),
        "provider_name": name_of(event.parties.provider_id, uow),
        "employer_name": name_of(employer, uow) if employer else None,
        "title": plain(about.told.title),
        "placement": isinstance(about, Offer),
        "courses": courses(event.curriculum_refs, event.session_refs, uow) if isinstance(about, Need) else (),
        "start": event.start,
        "end": event.end,
        "weekly_hours": event.weekly_hours,
        "outcomes": tuple(plain(outcome.title) for outcome in event.outcomes),
        "signers": tuple(signer.role for signer in event.required_signers),
        "checks": tuple(kinds.Check.model_validate(dict(check)) for check in event.checks),
    }
    for n, signer in enumerate(event.required_signers, 1):
        yield from mail(
            "agreement_to_party",
            kinds.AgreementToParty(role=signer.role, **shared),
            recipient_ref=signer.ref,
            org=_organisation(signer.role, event),
            about=event.agreement_id,
            dedupe_key=f"agreement_to_party/{event.agreement_id}/{event.version}/{n}",
            uow=uow,
        )


@told_parties.on("mail-break")
def mail_break(event: CooperationBroken, uow: UnitOfWork) -> Iterator[NotificationRequested]:
    """Tell both sides, and learners who had been sent a draft, that what was agreed cannot take place."""
    about = about_of(event.about, uow)
    broken = _broken(event, about, uow)
    company, providers = name_of(event.company_id, uow), tuple(name_of(slug, uow) for slug in event.provider_ids)
    told: list[tuple[str | None, str, dict[str, Any]]] = []
    if event.reason_code != "withdrawn":  # which is the company's own doing
        reader = {"party": "company", "reader_name": company, "other_names": providers}
        told.append((company_contact(about, uow), event.company_id, reader))
    for slug, name in zip(event.provider_ids, providers, strict=True):
        reader = {"party": "provider", "reader_name": name, "other_names": (company,)}
        told.append((provider_contact(slug, uow), slug, reader))
    for agreement in uow.all(Agreement, match_id=event.match_id):
        if agreement.document_sha256 is not None:
            told += _learners(agreement, about, (company, *providers))
    for n, (ref, org, reader) in enumerate(told, 1):
        yield from mail(
            "cooperation_broken",
            kinds.CooperationBroken(**{**broken, **reader}),
            recipient_ref=ref,
            org=org,
            about=event.match_id,
            dedupe_key=f"cooperation_broken/{event.match_id}/{event.envelope.id}/{n}",
            uow=uow,
        )


def _organisation(role: str, event: AgreementDrafted) -> str:
    """Return the organisation that a signer belongs to: learners and guardians are looked after by their provider."""
    of_role = {"company": event.parties.company_id, "current_employer": event.current_employer_id}
    return of_role.get(role) or event.parties.provider_id


def _broken(event: CooperationBroken, about: Need | Offer, uow: UnitOfWork) -> dict[str, Any]:
    moved = event.session_ref if event.reason_code == "session_moved" else None
    return {
        "hub_url": uow.terms.hub_url,
        "match_id": event.match_id,
        "about": about.key,
        "title": plain(about.told.title),
        "headcount": headcount_of(about),
        "placement": isinstance(about, Offer),
        "reason_code": event.reason_code,
        "course": _course(event, uow),
        "moved_to": _now(moved, uow) if moved else None,
    }


def _course(event: CooperationBroken, uow: UnitOfWork) -> kinds.Course | None:
    """The course that is off; after a move nobody knows the days that were agreed."""
    if event.session_ref is None:
        return next(iter(courses((event.curriculum_ref,), (), uow)), None) if event.curriculum_ref else None
    session = uow.get(Session, event.session_ref)
    gone = event.reason_code != "session_moved"
    (course,) = courses((session.curriculum,), (session.key,) if gone else (), uow)
    return course


def _now(session_ref: str, uow: UnitOfWork) -> kinds.Session | None:
    told = uow.get(Seats, session_ref).told
    return run(session_ref, told) if told else None


def _learners(
    agreement: Agreement, about: Need | Offer, names: tuple[str, ...]
) -> list[tuple[str | None, str, dict[str, Any]]]:
    told = agreement.told
    weeks = kinds.Entry(
        uid=f"agreement/{agreement.key}", title=plain(about.told.title), start=told.start, end=told.end, place=names[0]
    )
    reader = {
        "party": "learner",
        "reader_name": "",
        "other_names": names,
        "course": None,
        "moved_to": None,
        "weeks": weeks,
    }
    refs = [signer.ref for signer in told.required_signers if signer.role in LEARNERS and signer.ref]
    return [(ref, agreement.provider_id, reader) for ref in refs]

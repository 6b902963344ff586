"""What the document of an agreement says: the draft that a courier renders. Organisations, days and figures; refs of people.

Called by `nominate_learner`. All of it is written down when the agreement is drafted, so that a later rendering says the
same whatever the organisations tell meanwhile.
"""

from typing import Any

from handlers.drafts import workplace
from hub.agreements.draft import Body, Checked, Course, Draft, Pay, Signature
from hub.agreements.rulesets import rules_for
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Cooperation, Curriculum, Need, Nomination, Offer, Organisation
from schemas import agreements, placements
from schemas.values import country_of


def paper(agreement: agreements.Agreement, nomination: Nomination, cooperation: Cooperation, uow: UnitOfWork) -> Draft:
    """Write down what the document is made from."""
    about = uow.find(Offer, cooperation.about) or uow.get(Need, cooperation.about)
    place = workplace(about)
    rules = rules_for(country_of(place.nuts), max(agreement.start, uow.now.date()))
    said = {
        "at": uow.now,
        "rules": rules.version,
        "languages": about.told.languages,
        "programme": about.told.title,
        "working_languages": about.told.languages,
        "place": place.label,
        "nuts": place.nuts,
        **_of_agreement(agreement),
        **_parties(agreement, uow),
        **_learner(nomination.told),
    }
    if isinstance(about, Offer):
        said |= _of_offer(about.told, agreement) | {"learners": len(cooperation.nominated)}
    return Draft(**said, courses=tuple(_course(ref, uow) for ref in agreement.curriculum_refs))


def _of_agreement(agreement: agreements.Agreement) -> dict[str, Any]:
    alike = ("agreement_id", "version", "template", "about", "match_id", "start", "end", "weekly_hours", "tutor_ref")
    return {name: getattr(agreement, name) for name in (*alike, "session_refs")} | {
        "outcomes": tuple(each.title for each in agreement.outcomes),
        "signers": tuple(Signature(role=each.role, ref=each.ref) for each in agreement.required_signers),
        "checks": tuple(Checked(**dict(each)) for each in agreement.checks),
    }


def _parties(agreement: agreements.Agreement, uow: UnitOfWork) -> dict[str, Any]:
    company, employer = agreement.parties.company_id, agreement.current_employer_id
    return {
        "company": _body(company, uow),
        "provider": _body(agreement.parties.provider_id, uow),
        "current_employer": _body(employer, uow) if employer and employer != company else None,
    }


def _body(slug: str, uow: UnitOfWork) -> Body:
    organisation = uow.find(Organisation, slug)
    if organisation is None:
        return Body(id=slug)
    told = organisation.company or organisation.provider or organisation.coordinator
    return Body(
        id=slug,
        legal_name=told.legal_name if told else None,
        vat_id=organisation.company.vat_id if organisation.company else None,
    )


def _learner(nomination: agreements.Nomination) -> dict[str, Any]:
    return {name: getattr(nomination, name) for name in ("learner_ref", "learner_status", "age_band", "cefr")}


def _of_offer(offer: placements.PlacementOffer, agreement: agreements.Agreement) -> dict[str, Any]:
    alike = ("scheme", "tasks", "shift_pattern", "ppe", "hazardous", "medical_required")
    return {name: getattr(offer, name) for name in alike} | {
        "occupation": offer.esco_occupation,
        "outcomes": tuple(each.title for each in agreement.outcomes if each.title not in offer.tasks),
        "remote_percent": offer.remote_share,
        "tutors": offer.tutor_count,
        "allowance": Pay(**dict(offer.allowance)) if offer.allowance else None,
    }


def _course(ref: str, uow: UnitOfWork) -> Course:
    told = uow.get(Curriculum, ref).told
    return Course(ref=ref, title=told.title, hours=told.hours, eqf=told.eqf)

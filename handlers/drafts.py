"""Drafting an agreement: its parties, days, outcomes, signers and checks, from what was agreed and who was nominated.

Called by `nominate_learner`. The rules themselves are in `hub/agreements`; people are refs throughout.
"""

from hub.agreements.arrangement import Arrangement, Commitment
from hub.agreements.checks import Verdict, check_all, tell
from hub.agreements.signers import required_signers
from hub.agreements.templates import Template, in_language, template_for
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Agreement, Cooperation, Curriculum, Need, Nomination, Offer, Organisation
from hub.skills.pack import label
from schemas import agreements, placements
from schemas.values import Place, country_of

FIRST_VERSION = 1


def has_workplace(cooperation: Cooperation, uow: UnitOfWork) -> bool:
    """Whether the learner will spend hours at a workplace: in every placement, and in courses that say so."""
    if uow.find(Offer, cooperation.about) is not None:
        return True
    return any(uow.get(Curriculum, ref).told.wbl_hours for ref in cooperation.candidate.curriculum_refs)


def draft(nomination: Nomination, cooperation: Cooperation, uow: UnitOfWork) -> Agreement:
    """Draft the agreement for one learner."""
    about = uow.find(Offer, cooperation.about) or uow.get(Need, cooperation.about)
    template = _template(nomination, about, uow)
    language = in_language(template, about.told.languages).speech.code
    arrangement = _arrangement(nomination, cooperation, about, template, uow)
    told = agreements.Agreement(
        agreement_id=uow.new_id(),
        version=FIRST_VERSION,
        template=template.code,
        language=language,
        about=cooperation.about,
        match_id=cooperation.key,
        nomination_id=nomination.told.nomination_id,
        parties=agreements.Parties(
            company_id=cooperation.org, provider_id=cooperation.provider_id, learner_ref=nomination.told.learner_ref
        ),
        current_employer_id=nomination.told.current_employer_id,
        start=nomination.told.start,
        end=nomination.told.end,
        weekly_hours=nomination.told.weekly_hours,
        outcomes=_outcomes(cooperation, about, uow),
        required_signers=tuple(
            agreements.Signer(role=each.role, ref=each.ref) for each in required_signers(arrangement)
        ),
        tutor_ref=arrangement.tutor_ref,
        checks=tuple(_told(verdict, language) for verdict in check_all(arrangement)),
        curriculum_refs=cooperation.candidate.curriculum_refs,
        session_refs=cooperation.candidate.session_refs,
    )
    return Agreement(
        key=told.agreement_id,
        org=cooperation.org,
        state="draft",
        about=cooperation.about,
        match_id=cooperation.key,
        learner_ref=nomination.told.learner_ref,
        provider_id=cooperation.provider_id,
        told=told,
    )


def workplace(about: Need | Offer) -> Place:
    """Where the learner works: the offer's place, and of a need's places the first."""
    return about.told.location if isinstance(about, Offer) else about.told.locations[0]


def _template(nomination: Nomination, about: Need | Offer, uow: UnitOfWork) -> Template:
    return template_for(
        country=country_of(workplace(about).nuts),
        scheme=about.told.scheme if isinstance(about, Offer) else None,
        day=max(nomination.told.start, uow.now.date()),
    )


def _arrangement(
    nomination: Nomination, cooperation: Cooperation, about: Need | Offer, template: Template, uow: UnitOfWork
) -> Arrangement:
    told = nomination.told
    offer = about.told if isinstance(about.told, placements.PlacementOffer) else None
    company = uow.get(Organisation, cooperation.org).company
    provider = uow.get(Organisation, cooperation.provider_id).provider
    return Arrangement(
        start=told.start,
        end=told.end,
        weekly_hours=told.weekly_hours,
        age_band=told.age_band,
        learner_ref=told.learner_ref,
        company_id=cooperation.org,
        country=country_of(workplace(about).nuts),
        today=uow.now.date(),
        guardian_refs=told.guardian_refs,
        company_signatory_ref=company.signatory_ref if company else None,
        provider_signatory_ref=provider.signatory_ref if provider else None,
        current_employer_id=told.current_employer_id,
        current_employer_signatory_ref=_employer_signatory(told.current_employer_id, uow),
        tutor_ref=told.tutor_ref or (offer.tutor_ref if offer else None),
        tutors=offer.tutor_count if offer else 1,
        learners=len(cooperation.nominated),
        max_learners_per_tutor=offer.max_learners_per_tutor if offer else None,
        least_weeks=template.least_weeks,
        most_weeks=template.most_weeks,
        others=_others(told.learner_ref, uow),
    )


def _employer_signatory(employer_id: str | None, uow: UnitOfWork) -> str | None:
    employer = uow.find(Organisation, employer_id) if employer_id else None
    return employer.company.signatory_ref if employer and employer.company else None


def _others(learner_ref: str, uow: UnitOfWork) -> tuple[Commitment, ...]:
    rows = uow.all(Agreement, learner_ref=learner_ref)
    return tuple(
        Commitment(row.key, row.told.start, row.told.end, row.told.weekly_hours, replaced=row.state == "withdrawn")
        for row in rows
    )


def _outcomes(cooperation: Cooperation, about: Need | Offer, uow: UnitOfWork) -> tuple[agreements.Outcome, ...]:
    if isinstance(about.told, placements.PlacementOffer):
        skills = [
            agreements.Outcome(title=label(each.uri or "") or each.text or "", uri=each.uri)
            for each in about.told.skills or ()
        ]
        return (*skills, *(agreements.Outcome(title=task) for task in about.told.tasks))
    courses = [uow.get(Curriculum, ref).told for ref in cooperation.candidate.curriculum_refs]
    return tuple(
        agreements.Outcome(title=outcome.title, uri=outcome.skills[0].uri)
        for course in courses
        for outcome in course.learning_outcomes
    )


def _told(verdict: Verdict, language: str) -> agreements.Check:
    told = tell(verdict, language)
    return agreements.Check(code=told.code, status=told.status, rule=told.rule, detail=told.detail)

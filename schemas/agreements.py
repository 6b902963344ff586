"""Who learns where, and the work-based-learning agreement that is drafted for it. People appear as refs only."""

from typing import Annotated

from schemas.matches import OfMatch
from schemas.strictness import Listed, NotBelow, Shape, Size, Whole
from schemas.values import (
    About,
    AgreementId,
    CurriculumRef,
    Day,
    EscoUri,
    Label,
    Language,
    LocalId,
    MatchId,
    Noun,
    OrganisationId,
    Payload,
    PersonRef,
    SessionRef,
    Slug,
    Statement,
    Title,
)

KnownPerson = Annotated[PersonRef, Noun("person")]
Sha256 = Annotated[str, Shape("[0-9a-f]{64}", "a SHA-256; give 64 hexadecimal digits in small letters")]
Role = Annotated[str, Listed("learner", "guardian", "company", "provider", "current_employer")]
CHECK_CODES = (
    "minors_hours",
    "guardian",
    "tutor",
    "tutor_ratio",
    "overlap",
    "duration",
    "insurance",
    "hazard",
    "rest_times",
    "medical",
    "share_of_hours",
)


class Nomination(OfMatch):
    """A learner for an agreed course or placement; who it is only the vault knows."""

    nomination_id: LocalId
    learner_ref: KnownPerson
    learner_status: Annotated[str, Listed("pupil", "student", "employed", "unemployed")]
    age_band: Annotated[str, Listed("15-17", "18+")]
    """Age on the first day."""
    start: Day
    end: Annotated[Day, NotBelow("start")]
    weekly_hours: Annotated[int, Whole(1, 60)]
    guardian_refs: Annotated[tuple[KnownPerson, ...], Size(0, 4)] = ()
    tutor_ref: KnownPerson | None = None
    """Who guides the learner at the workplace; in a placement it is the offer's tutor unless another is named here."""
    current_employer_id: Slug | None = None
    """The organisation that employs the learner now, which may be the company itself."""
    cefr: Annotated[str, Listed("A1", "A2", "B1", "B2", "C1", "C2")] | None = None
    """Level in the working language, Common European Framework of Reference."""
    adjustment_needed: bool = False


class Parties(Payload):
    """Between whom an agreement is."""

    company_id: OrganisationId
    provider_id: OrganisationId
    learner_ref: PersonRef


class Outcome(Payload):
    """What the learner can do afterwards."""

    title: Title
    uri: EscoUri | None = None


class Signer(Payload):
    """Somebody who must sign, and in which role; without a ref nobody is named yet."""

    role: Role
    ref: PersonRef | None = None


class Check(Payload):
    """A rule that was looked at: how it came out, in whose words, with which figures."""

    code: Annotated[str, Listed(*CHECK_CODES)]
    status: Annotated[str, Listed("ok", "warning", "failed")]
    rule: Statement
    detail: Statement


class Unfilled(Payload):
    """A field of the document that stayed empty, and why."""

    field: Label
    reason: Annotated[str, Listed("erased", "unprintable", "missing")]


class OfAgreement(Payload):
    """Names one version of an agreement."""

    agreement_id: AgreementId
    version: Annotated[int, Whole(1, 10_000)]


class Agreement(OfAgreement):
    """A work-based-learning agreement, without the names of its people."""

    template: Label
    language: Language
    about: About
    match_id: MatchId
    nomination_id: LocalId
    parties: Parties
    current_employer_id: Slug | None = None
    start: Day
    end: Day
    weekly_hours: Annotated[int, Whole(1, 60)]
    outcomes: Annotated[tuple[Outcome, ...], Size(0, 40)]
    required_signers: Annotated[tuple[Signer, ...], Size(1, 12)]
    tutor_ref: PersonRef | None = None
    checks: tuple[Check, ...]
    curriculum_refs: tuple[CurriculumRef, ...] = ()
    session_refs: tuple[SessionRef, ...] = ()


class Rendered(OfAgreement):
    """The document of an agreement was made, once for ever."""

    document_sha256: Sha256
    unfilled: tuple[Unfilled, ...] = ()


class Draft(Agreement):
    """An agreement as it is told when its document is there."""

    document_sha256: Sha256
    unfilled: tuple[Unfilled, ...] = ()

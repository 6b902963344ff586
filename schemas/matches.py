"""What is proposed to whom, and what they answer."""

from collections.abc import Mapping
from typing import Annotated

from schemas.strictness import WHEN_ABSENT, Between, Listed, RequiredWhen, Size, Whole
from schemas.values import (
    About,
    CurriculumRef,
    Day,
    Eqf,
    EscoUri,
    Instant,
    Label,
    LocalId,
    MatchId,
    Money,
    Note,
    Nuts,
    OrganisationId,
    Payload,
    Price,
    SessionRef,
    Window,
)

Decision = Annotated[str, Listed("accepted", "interested", "declined", "counter_offer")]


class Reason(Payload):
    """Why a candidate stands where it stands: a code, and what its sentence needs."""

    code: Label
    params: Mapping[str, str | int | float] = {}


class Candidate(Payload):
    """One way to meet a need: up to four curricula, one after the other, and why it is ranked so."""

    candidate_id: LocalId
    curriculum_refs: Annotated[tuple[CurriculumRef, ...], Size(0, 4)]
    session_refs: Annotated[tuple[SessionRef, ...], Size(0, 20)]
    provider_ids: Annotated[tuple[OrganisationId, ...], Size(1, 4)]
    score: Annotated[float, Between(0, 100)]
    """0 to 100 with one decimal."""
    coverage: Annotated[float, Between(0, 1)]
    """Share of the asked weight that is taught."""
    breakdown: Mapping[str, float]
    """Points of each criterion: skills, distance, date, level, focus, cost, language, green_digital, credential, record."""
    explanation: tuple[Reason, ...] = ()
    uncovered_skills: tuple[str, ...] = ()
    """ESCO URIs, or the company's words where the concept is not known."""
    total_hours: Annotated[int, Whole(0, 10_000)] | None = None
    total_cost: Money | None = None
    distance_km: Annotated[float, Between(0, 20_040)] | None = None


class OfMatch(Payload):
    """Names a match."""

    match_id: MatchId


class Proposal(OfMatch):
    """The ranked candidates for one need or offer."""

    about: About
    candidates: Annotated[tuple[Candidate, ...], Size(1, 5)]
    ruleset_version: Label
    expires_at: Instant


class AskedCandidate(Payload):
    """One provider's own part of a candidate."""

    candidate_id: LocalId
    curriculum_refs: tuple[CurriculumRef, ...]
    session_refs: tuple[SessionRef, ...] = ()


class Levels(Payload):
    """EQF levels asked for; a missing one leaves that side open."""

    eqf_min: Eqf | None = None
    eqf_max: Eqf | None = None


class RequestedSkill(Payload):
    """A skill as a provider is told it."""

    uri: EscoUri | None = None
    label: Label
    must: bool = True


class PlacementTerms(Payload):
    """What a provider is told of a placement besides its skills: learners of its own would work there."""

    scheme: Label
    weeks: Annotated[int, Whole(1, 104)]
    weekly_hours: Annotated[int, Whole(1, 48)]
    min_age: Annotated[int, Whole(15, 99)]


class Request(OfMatch):
    """The question to one provider; names neither the company nor the need or offer."""

    provider_id: OrganisationId
    candidates: Annotated[tuple[AskedCandidate, ...], Size(1, 5)]
    respond_by: Day
    region: Nuts
    """NUTS-3 region of the company's place."""
    headcount: Annotated[int, Whole(1, 500)]
    levels: Levels
    skills: tuple[RequestedSkill, ...]
    start_window: Window
    placement: PlacementTerms | None = None
    """Present when learners are sought for a placement, not a course for learners."""
    reminder: bool = False
    """Whether it was asked before and the time to answer is nearly over."""


class Answer(OfMatch):
    """What a provider answers to a request."""

    provider_id: OrganisationId
    decision: Decision
    reason_code: Annotated[str, Listed("no_capacity", "too_far", "dates", "price", "not_in_scope", "other")] | None = (
        None
    )
    candidate_id: LocalId | None = None
    session_ref: SessionRef | None = None
    seats_offered: Annotated[int, Whole(1, 500)] | None = None
    price: Price | None = None
    valid_until: Day | None = None
    message: Note | None = None


class CompanyDecision(OfMatch):
    """What a company decides on a match: a candidate, none of them, or that it wants to know more."""

    decision: Annotated[str, Listed("accepted", "declined", "needs_info")]
    candidate_id: Annotated[LocalId | None, RequiredWhen("decision", "accepted")] = WHEN_ABSENT
    reason: Note | None = None


class RequestOutcome(OfMatch):
    """What became of the question to one provider, as the hub records it."""

    about: About
    provider_ids: Annotated[tuple[OrganisationId, ...], Size(1, 4)]
    decision: Annotated[str, Listed("accepted", "interested", "declined", "counter_offer", "expired", "closed")]
    candidate_id: LocalId | None = None
    reason_code: Label | None = None
    session_ref: SessionRef | None = None
    seats_offered: Annotated[int, Whole(1, 500)] | None = None
    price: Price | None = None
    valid_until: Day | None = None


class Override(Payload):
    """A coordinator overrules the ranking of one need for one curriculum."""

    about: About
    curriculum_ref: CurriculumRef
    reason: Note


class AboutMatch(OfMatch):
    """Something the hub says about a match."""

    about: About

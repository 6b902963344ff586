"""What providers teach: short curricula, and the sessions in which they are given."""

from typing import Annotated

from schemas.strictness import (
    WHEN_ABSENT,
    Between,
    NotAbove,
    NotBelow,
    NotWith,
    RequiredUnless,
    RequiredWhen,
    Size,
    Together,
    Whole,
)
from schemas.values import (
    CurriculumRef,
    Day,
    Description,
    ElmSlug,
    Eqf,
    EscoUri,
    Homepage,
    IscedF,
    Label,
    Language,
    LearnerGroup,
    LocalId,
    Mode,
    Note,
    OrganisationId,
    OwnCurriculumId,
    Payload,
    Place,
    Price,
    Statement,
    Title,
)


class TaughtSkill(Payload):
    """A skill that an outcome teaches: an ESCO concept, or the provider's own words."""

    uri: EscoUri | None = None
    text: Annotated[Statement | None, NotWith("uri"), RequiredUnless("uri")] = WHEN_ABSENT
    language: Annotated[Language | None, Together("text")] = WHEN_ABSENT
    """The language `text` is written in."""


class LearningOutcome(Payload):
    """What a learner can do afterwards."""

    title: Title
    skills: Annotated[tuple[TaughtSkill, ...], Size(1, 15)]


class Curriculum(Payload):
    """A short course as a provider offers it, without dates."""

    curriculum_id: LocalId
    provider_id: OrganisationId
    title: Title
    languages: Annotated[tuple[Language, ...], Size(1, 10)]
    hours: Annotated[int, Whole(1, 400)]
    modes: Annotated[tuple[Mode, ...], Size(1, 10)]
    kind: LearnerGroup
    learning_outcomes: Annotated[tuple[LearningOutcome, ...], Size(1, 20)]

    description: Description | None = None
    eqf: Eqf | None = None
    nqf: Label | None = None
    """Level of the national framework, in its own words."""
    isced_f: Annotated[tuple[IscedF, ...], Size(0, 10)] = ()
    ects: Annotated[float, Between(0, 60)] | None = None
    price: Price | None = None
    green: bool = False
    digital: bool = False
    min_age: Annotated[int, Whole(0, 99)] | None = None
    max_class: Annotated[int, Whole(1, 100)] | None = None
    assessment_types: Annotated[tuple[ElmSlug, ...], Size(0, 20)] = ()
    quality_assurance: ElmSlug | None = None
    prerequisites: Annotated[tuple[CurriculumRef, ...], Size(0, 20)] = ()
    stackable: bool = True
    """Whether it may be combined with other modules in one proposal."""
    on_demand: bool = False
    """Whether it is given on request, without a session planned beforehand."""
    wbl_hours: Annotated[int, Whole(0, 400), NotAbove("hours")] = 0
    """Hours of work-based learning among `hours`."""
    credential_profile: Label | None = None
    homepage: Homepage | None = None


class Retirement(Payload):
    """A curriculum is no longer offered."""

    curriculum_id: LocalId
    reason: Note
    replaced_by: CurriculumRef | None = None


class OfSession(Payload):
    """Names a session and the curriculum it gives, both of the organisation in the subject."""

    session_id: LocalId
    curriculum_id: OwnCurriculumId


class Session(OfSession):
    """A curriculum given on certain days to a certain number of learners."""

    start: Day
    end: Annotated[Day, NotBelow("start")]
    seats_total: Annotated[int, Whole(1, 500)]
    seats_free: Annotated[int, Whole(0, 500), NotAbove("seats_total")]
    mode: Mode
    language: Language

    location: Annotated[Place | None, RequiredWhen("mode", "presential", "blended")] = WHEN_ABSENT
    application_deadline: Day | None = None
    min_participants: Annotated[int, Whole(1, 500)] | None = None
    split_allowed: bool = False
    """Whether a group may be spread over several sessions."""
    price: Price | None = None


class SeatsTold(OfSession):
    """How many seats of a session are free now."""

    seats_free: Annotated[int, Whole(0, 500)]


class SessionCancellation(OfSession):
    """A session will not take place."""

    reason: Note

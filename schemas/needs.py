"""What companies look for: a need of training, and its end."""

from typing import Annotated

from schemas.strictness import WHEN_ABSENT, Listed, NotBelow, NotWith, RequiredUnless, Size, Together, Whole
from schemas.values import (
    Day,
    Eqf,
    EscoUri,
    Label,
    Language,
    LearnerGroup,
    LocalId,
    Mode,
    Money,
    NeedRef,
    Note,
    OccupationUri,
    OrganisationId,
    Payload,
    PersonRef,
    Place,
    SkillLevel,
    Statement,
    Title,
    Window,
)


class AskedSkill(Payload):
    """A skill that the learners should have afterwards: an ESCO concept, or the company's own words."""

    uri: EscoUri | None = None
    text: Annotated[Statement | None, NotWith("uri"), RequiredUnless("uri")] = WHEN_ABSENT
    language: Annotated[Language | None, Together("text")] = WHEN_ABSENT
    """The language `text` is written in."""
    weight: Annotated[int, Whole(1, 5)] = 3
    must: bool = True
    """Whether a course without this skill is of no use."""
    level: SkillLevel | None = None


class Need(Payload):
    """What a company asks for: skills, for how many learners, where, when, how, at what price at most."""

    need_id: LocalId
    company_id: OrganisationId
    title: Title
    skills: Annotated[tuple[AskedSkill, ...], Size(1, 15)]
    headcount: Annotated[int, Whole(1, 500)]
    target_group: LearnerGroup
    locations: Annotated[tuple[Place, ...], Size(1, 10)]
    languages: Annotated[tuple[Language, ...], Size(1, 10)]
    """Languages the learners can be taught in, the best first."""
    start_window: Window
    """When the first session should begin."""
    delivery_modes: Annotated[tuple[Mode, ...], Size(1, 10)]
    valid_until: Day

    language_preferred_only: bool = False
    """Whether other languages are accepted too."""
    radius_km: Annotated[int, Whole(0, 500)] = 50
    """How far learners travel, great circle."""
    remote_ok: bool = False
    eqf_min: Eqf | None = None
    eqf_max: Annotated[Eqf | None, NotBelow("eqf_min")] = None
    max_hours: Annotated[int, Whole(1, 600)] | None = None
    max_cost_per_learner: Money | None = None
    green: bool = False
    digital: bool = False
    accreditation_required: bool = False
    credential_wanted: bool = False
    esco_occupation: OccupationUri | None = None
    wbl_possible: bool = False
    """Whether the company can host work-based learning."""
    preferred_start: Day | None = None
    needed_by: Annotated[Day | None, NotBelow("preferred_start")] = None
    """When the last session must have ended."""
    notes: Note | None = None
    contact_ref: PersonRef | None = None


class Withdrawal(Payload):
    """A company no longer looks for this."""

    need_id: LocalId
    reason_code: Annotated[
        str, Listed("filled_elsewhere", "filled_by_hub", "budget", "postponed", "duplicate", "error", "other")
    ]


class AboutNeed(Payload):
    """Something the hub says about a need."""

    need_ref: NeedRef


class Rematch(AboutNeed):
    """A need should be matched again."""

    because: Label
    """What changed, as a code."""

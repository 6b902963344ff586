"""What companies offer: places where learners work and learn for some weeks, and their end."""

from typing import Annotated

from schemas.needs import AskedSkill
from schemas.strictness import WHEN_ABSENT, Between, Listed, RequiredUnless, Size, Whole
from schemas.values import (
    Day,
    Label,
    Language,
    LocalId,
    Money,
    OccupationUri,
    OrganisationId,
    Payload,
    PersonRef,
    Place,
    Title,
    Window,
)

Scheme = Annotated[str, Listed("apprenticeship", "traineeship", "fct", "dual", "shadowing")]
"""Under which rules learners come; `fct` is Portugal's «formação em contexto de trabalho»."""


class Allowance(Money):
    """What a learner is paid."""

    per: Annotated[str, Listed("month", "week", "day", "placement")] = "month"


class PlacementOffer(Payload):
    """Places for learners at a company: what they do there, when, how long, and who looks after them."""

    offer_id: LocalId
    company_id: OrganisationId
    title: Title
    esco_occupation: OccupationUri | None = None
    skills: Annotated[tuple[AskedSkill, ...] | None, Size(1, 15), RequiredUnless("esco_occupation")] = WHEN_ABSENT
    """What is practised there; without any it is what ESCO calls essential for the occupation."""
    places: Annotated[int, Whole(1, 100)]
    location: Place
    start_window: Window
    weeks: Annotated[int, Whole(1, 104)]
    weekly_hours: Annotated[int, Whole(1, 48)]
    tasks: Annotated[tuple[Title, ...], Size(1, 20)]
    languages: Annotated[tuple[Language, ...], Size(1, 10)]
    """Languages spoken at the workplace, the first one first; the agreement is written in it."""
    min_age: Annotated[int, Whole(15, 99)]
    scheme: Scheme

    tutor_ref: PersonRef | None = None
    tutor_count: Annotated[int, Whole(1, 100)] = 1
    max_learners_per_tutor: Annotated[int, Whole(1, 10)] = 5
    allowance: Allowance | None = None
    hazardous: Annotated[tuple[Label, ...], Size(0, 20)] = ()
    """Hazards at the workplace, such as solvents or presses."""
    remote_share: Annotated[float, Between(0, 100)] = 0
    """Percent of the hours away from the workplace."""
    shift_pattern: Label | None = None
    medical_required: bool = False
    ppe: Annotated[tuple[Label, ...], Size(0, 20)] = ()
    """Personal protective equipment that is provided."""
    valid_until: Day | None = None


class PlacementEnd(Payload):
    """A company no longer offers this placement."""

    offer_id: LocalId
    reason_code: Annotated[
        str, Listed("filled_elsewhere", "filled_by_hub", "budget", "postponed", "duplicate", "error", "other")
    ]

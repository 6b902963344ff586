"""What a document is made from: refs of people, organisations, days and figures. No person's name; those are filled in
when the document is rendered. This is the body of a courier's job, so it is all that a rendering may depend on.
"""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

Words = str | dict[str, str]
"""An organisation's own words: a text, or a map of languages."""


class Part(BaseModel):
    """What every object of a draft inherits."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Body(Part):
    """An organisation that is a party."""

    id: str
    legal_name: str | None = None
    vat_id: str | None = None


class Signature(Part):
    """A signature that is required; nobody may be named for it yet."""

    role: str
    ref: str | None = None


class Checked(Part):
    """A check in words, in the document's language (`checks.tell`)."""

    code: str
    status: str
    rule: str
    detail: str


class Pay(Part):
    """What the learner is paid."""

    amount: Decimal
    currency: str
    per: str = "month"
    """month, week, day or placement."""


class Course(Part):
    """A course that the learner takes."""

    ref: str
    title: Words
    hours: float
    eqf: int | None = None


class Draft(Part):
    """One version of one agreement."""

    agreement_id: str
    version: int
    template: str
    languages: tuple[str, ...]
    """The offer's or need's languages; the first is the document's, if the template has it."""
    at: datetime
    """When the event happened that caused this version: the document's own time."""
    about: str
    match_id: str
    rules: str
    """Version of the rules that the checks were made by."""

    company: Body
    provider: Body
    current_employer: Body | None = None
    learner_ref: str
    learner_status: str
    age_band: str
    tutor_ref: str | None = None
    signers: tuple[Signature, ...]

    programme: Words | None = None
    """What the offer or need calls it."""
    courses: tuple[Course, ...] = ()
    session_refs: tuple[str, ...] = ()
    occupation: str | None = None
    scheme: str | None = None
    outcomes: tuple[Words, ...] = ()
    tasks: tuple[Words, ...] = ()

    start: date
    end: date
    weekly_hours: float
    shift_pattern: Words | None = None
    place: str | None = None
    nuts: str | None = None
    remote_percent: float = 0
    """Percent of the hours away from the workplace."""
    learners: int | None = None
    """Learners at the workplace at the same time, where an offer says so."""
    tutors: int = 1

    allowance: Pay | None = None
    working_languages: tuple[str, ...] = ()
    cefr: str | None = None
    ppe: tuple[Words, ...] = ()
    hazardous: tuple[Words, ...] = ()
    medical_required: bool = False
    checks: tuple[Checked, ...] = ()

    @property
    def refs(self) -> frozenset[str]:
        """Everybody who is read from the vault for it."""
        named = (self.learner_ref, self.tutor_ref, *(each.ref for each in self.signers))
        return frozenset(ref for ref in named if ref)

"""What is known of an agreement when it is drafted, without a name: what signers and checks are computed from."""

from dataclasses import dataclass
from datetime import date

ADULT = "18+"


@dataclass(frozen=True, slots=True)
class Commitment:
    """Another agreement of the same learner."""

    agreement_id: str
    start: date
    end: date
    weekly_hours: float
    replaced: bool = False
    """A newer agreement stands in its place, or it was ended before it began: it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An agreement to be: its days and hours, and the refs of its people as far as they are named yet."""

    start: date
    end: date
    weekly_hours: float
    age_band: str
    learner_ref: str | None
    company_id: str
    country: str
    """Where the workplace is, ISO 3166-1 alpha-2: the rules of that country apply."""
    today: date
    daily_hours: float | None = None
    """The longest day; unknown when only the week is agreed."""
    guardian_refs: tuple[str, ...] = ()
    company_signatory_ref: str | None = None
    provider_signatory_ref: str | None = None
    current_employer_id: str | None = None
    current_employer_signatory_ref: str | None = None
    tutor_ref: str | None = None
    tutors: int = 1
    learners: int = 1
    """Learners at the workplace at the same time, this one included."""
    max_learners_per_tutor: int | None = None
    least_weeks: float = 0
    most_weeks: float | None = None
    """How long the template allows an agreement to be."""
    others: tuple[Commitment, ...] = ()

    @property
    def of_a_minor(self) -> bool:
        """Whether the learner is younger than 18 at the start; a band we have no word for is taken for young."""
        return self.age_band != ADULT

    @property
    def other_employer_id(self) -> str | None:
        """The learner's current employer, when that is another organisation than the host company."""
        return self.current_employer_id if self.current_employer_id != self.company_id else None

    @property
    def beside(self) -> tuple[Commitment, ...]:
        """The learner's other agreements that share a day with this one."""
        return tuple(
            each for each in self.others if not each.replaced and each.start <= self.end and each.end >= self.start
        )

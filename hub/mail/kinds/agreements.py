"""The draft of a work-based-learning agreement, told to each of its parties in the role they have in it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field

from hub.mail.kinds import samples
from hub.mail.kinds.base import Course, Entry, Id, MailContext, entries_of
from schemas.values import Payload, Title


class Check(Payload):
    """A rule that was looked at, and how it came out, in the words of the rules."""

    code: str
    status: Literal["ok", "warning", "failed"]
    rule: str
    detail: str


class AgreementToParty(MailContext):
    """Tells one party that the draft is ready: what it says, who signs, which rules were looked at, where it is."""

    agreement_id: Id
    version: int
    role: Literal["learner", "guardian", "company", "provider", "current_employer"]
    """The reader's part in it."""
    company_name: str
    provider_name: str
    employer_name: str | None = None
    """The learner's employer, where it signs as a party of its own."""
    title: Title
    """Of the need or offer it comes from."""
    placement: bool = False
    courses: tuple[Course, ...] = ()
    start: date
    end: date
    weekly_hours: int
    outcomes: tuple[Title, ...] = ()
    signers: Annotated[tuple[str, ...], Field(min_length=1)]
    """The roles that have to sign, the reader's among them."""
    checks: tuple[Check, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether a learner or a guardian is reading, who hears it in plain words."""
        return self.role in ("learner", "guardian")

    @property
    def worries(self) -> bool:
        """Whether a rule was found that somebody has to look at."""
        return any(check.status != "ok" for check in self.checks)

    def entries(self) -> tuple[Entry, ...]:
        """The weeks at the workplace, and the sessions of the courses."""
        weeks = Entry(
            uid=f"agreement/{self.agreement_id}",
            title=self.title,
            start=self.start,
            end=self.end,
            place=self.company_name,
        )
        return (weeks, *entries_of(self.courses))

    @classmethod
    def sample(cls) -> Self:
        """A pupil of 16 in a placement of twelve weeks."""
        return cls(
            hub_url=samples.HUB,
            agreement_id="0d4e5a52-6f2d-5d5b-8a5c-3b1f4f3f9a11",
            version=1,
            role="company",
            company_name="Belcinto",
            provider_name="CTCP",
            title={"en": "Manual leather goods operator", "pt": "Operador manual de marroquinaria"},
            placement=True,
            start=date(2027, 1, 25),
            end=date(2027, 4, 16),
            weekly_hours=30,
            outcomes=("apply pre-stitching techniques", "apply stitching techniques"),
            signers=("learner", "guardian", "company", "provider"),
            checks=(
                Check(
                    code="minors_hours",
                    status="ok",
                    rule="Directive 94/33/EC, Article 8: work and training of 15- to 17-year-olds take at most 40 hours a week",
                    detail="30 hours a week",
                ),
                Check(
                    code="insurance",
                    status="warning",
                    rule="Accident and liability insurance cover the whole period",
                    detail="nobody has named an insurance yet",
                ),
            ),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Each role; the employed learner's copy is about a course."""
        draft = cls.sample()
        employed = {
            "title": samples.WISH,
            "placement": False,
            "company_name": "Betangible",
            "provider_name": "MOVEX",
            "courses": (samples.CUTTING,),
            "start": date(2026, 12, 13),
            "end": date(2026, 12, 27),
            "weekly_hours": 15,
            "signers": ("learner", "company", "provider", "current_employer"),
            "employer_name": "Curtidos Sierra",
            "checks": draft.checks[:1],
        }
        return {
            "": draft,
            "learner": draft.model_copy(update={"role": "learner"}),
            "guardian": draft.model_copy(update={"role": "guardian"}),
            "provider": draft.model_copy(update={"role": "provider", "page_path": "/agreements/0d4e"}),
            "employer": draft.model_copy(update={**employed, "role": "current_employer"}),
        }

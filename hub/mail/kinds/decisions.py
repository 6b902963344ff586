"""What became of an answer, told to the provider; and what was agreed but cannot take place, told to both sides."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.mail.kinds import samples
from hub.mail.kinds.base import Count, Course, Entry, MailContext, People, Region, Session, entries_of
from schemas.values import Homepage, Title


class DecisionToProvider(MailContext):
    """Tells a provider what the company decided. Only one that was chosen learns which company it was."""

    match_id: str
    provider_id: str
    provider_name: str
    outcome: Literal["chosen", "not_chosen", "ended", "asked"]
    """`ended`: the company's wish is over. `asked`: it wants to know something before it decides."""
    region: Region
    headcount: People
    placement: bool = False
    courses: tuple[Course, ...] = ()
    """The provider's own part."""
    seats: Count = 0
    """Seats that are taken now, or free again."""
    question: Title | None = None
    company_name: str | None = None
    company_homepage: Homepage | None = None
    about: str | None = None
    title: Title | None = None

    @model_validator(mode="after")
    def _names_the_company_only_when_chosen(self) -> Self:
        named = any((self.company_name, self.company_homepage, self.about, self.title))
        if named != (self.outcome == "chosen") or (self.outcome == "chosen" and not self.company_name):
            raise ValueError("a provider learns which company it is when it was chosen, and only then")
        return self

    def entries(self) -> tuple[Entry, ...]:
        """The sessions that take place for this company."""
        return entries_of(self.courses) if self.outcome == "chosen" else ()

    @classmethod
    def sample(cls) -> Self:
        """The provider was chosen for three seats of a session."""
        return cls(
            hub_url=samples.HUB,
            match_id=samples.MATCH,
            provider_id="movex",
            provider_name="MOVEX",
            outcome="chosen",
            region=samples.UBRIQUE,
            headcount=3,
            courses=(samples.CUTTING,),
            seats=3,
            company_name="Betangible",
            company_homepage="https://betangible.example/",
            about="betangible/N-002",
            title=samples.WISH,
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Each outcome; and chosen for a placement."""
        chosen = cls.sample()
        unnamed = {"company_name": None, "company_homepage": None, "about": None, "title": None}
        return {
            "": chosen,
            "not-chosen": chosen.model_copy(update={**unnamed, "outcome": "not_chosen"}),
            "ended": chosen.model_copy(update={**unnamed, "outcome": "ended", "courses": (), "seats": 0}),
            "asked": chosen.model_copy(
                update={
                    **unnamed,
                    "outcome": "asked",
                    "seats": 0,
                    "question": "¿Se puede empezar después de Reyes?",
                    "page_path": "/requests/5b0c",
                }
            ),
            "placement": chosen.model_copy(
                update={
                    "provider_id": "ctcp",
                    "provider_name": "CTCP",
                    "region": Region(code="PT11A"),
                    "headcount": 2,
                    "placement": True,
                    "courses": (),
                    "seats": 0,
                    "company_name": "Belcinto",
                    "company_homepage": None,
                    "about": "belcinto/O-001",
                    "title": {"pt": "Operador manual de marroquinaria"},
                }
            ),
        }


class CooperationBroken(MailContext):
    """Tells a party that what was agreed cannot take place, and what happens next."""

    match_id: str
    party: Literal["company", "provider"]
    """Which of the two is reading."""
    reader_name: str
    other_names: Annotated[tuple[str, ...], Field(min_length=1)]
    """The organisations on the other side."""
    about: str
    title: Title
    headcount: People
    placement: bool = False
    reason_code: str
    course: Course | None = None
    """What was agreed and is off, with the days that were agreed."""
    moved_to: Session | None = None
    said: Title | None = None
    """The reason in its provider's own words."""

    def entries(self) -> tuple[Entry, ...]:
        """The session that the reader can take out of the calendar."""
        return entries_of((self.course,), cancelled=True) if self.course else ()

    @classmethod
    def sample(cls) -> Self:
        """The company reads that the session was cancelled."""
        return cls(
            hub_url=samples.HUB,
            match_id=samples.MATCH,
            party="company",
            reader_name="Betangible",
            other_names=("MOVEX",),
            about="betangible/N-002",
            title=samples.WISH,
            headcount=3,
            reason_code="session_cancelled",
            course=samples.CUTTING,
            said="La máquina está averiada.",
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Moved, told to the company; withdrawn, told to the provider."""
        cancelled, run = cls.sample(), samples.CUTTING.session
        later = (
            run.model_copy(update={"start": run.start.replace(2027, 2), "end": run.end.replace(2027, 2)})
            if run
            else run
        )
        provider = {"party": "provider", "reader_name": "MOVEX", "other_names": ("Betangible",)}
        return {
            "": cancelled,
            "moved": cancelled.model_copy(update={"reason_code": "session_moved", "moved_to": later, "said": None}),
            "provider": cancelled.model_copy(update={**provider, "reason_code": "withdrawn", "said": None}),
        }

"""What became of an answer, told to the provider; and what was agreed but cannot take place, told to both sides."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.mail.kinds import samples
from hub.mail.kinds.base import Count, Course, Entry, Id, Link, MailContext, People, Region, Session, entries_of
from schemas.values import Title


class DecisionToProvider(MailContext):
    """Tells a provider what the company decided. Only one that was chosen learns which company it was."""

    match_id: Id
    provider_id: Id
    provider_name: str
    outcome: Literal["chosen", "not_chosen", "ended", "asked"]
    """`ended`: the company's wish is over. `asked`: it wants to know something before it decides."""
    answered: bool = True
    """Whether the provider had said anything yet."""
    region: Region
    headcount: People
    placement: bool = False
    courses: tuple[Course, ...] = ()
    """The provider's own part."""
    seats: Count = 0
    """Seats that are taken now, or free again."""
    question: Title | None = None
    company_name: str | None = None
    company_homepage: Link | None = None
    about: Id | None = None
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
            "unanswered": chosen.model_copy(update={**unnamed, "outcome": "not_chosen", "answered": False, "seats": 0}),
            "asked": chosen.model_copy(
                update={
                    **unnamed,
                    "outcome": "asked",
                    "seats": 0,
                    "question": "¿Se puede empezar después de Reyes?",
                    "page_path": "/requests/5b0c",
                }
            ),
            "asked-first": chosen.model_copy(
                update={**unnamed, "outcome": "asked", "answered": False, "seats": 0, "question": "¿Hay autobús?"}
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

    match_id: Id
    party: Literal["company", "provider", "learner"]
    """Who is reading; a learner's guardian reads the learner's."""
    reader_name: str
    """The reader's organisation; empty for a learner."""
    other_names: Annotated[tuple[str, ...], Field(min_length=1)]
    """The organisations that it was agreed with."""
    about: Id
    title: Title
    headcount: People
    placement: bool = False
    reason_code: str
    course: Course | None = None
    """What was agreed and is off, with the days that were agreed."""
    moved_to: Session | None = None
    """The days that were put in the place of those agreed; what those were nobody keeps."""

    weeks: Entry | None = None
    """The days at the workplace, where an agreement had been drafted for the reader."""

    def entries(self) -> tuple[Entry, ...]:
        """The days that the reader can take out of the calendar."""
        off = (self.weeks.model_copy(update={"cancelled": True}),) if self.weeks else ()
        if self.course is None:
            return off
        course = self.course.model_copy(update={"session": self.course.session or self.moved_to})
        return (*entries_of((course,), cancelled=True), *off)

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
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Moved, told to the company; withdrawn, told to the provider; no longer held, told to the learner."""
        cancelled, run = cls.sample(), samples.CUTTING.session
        later = run and run.model_copy(update={"start": run.start.replace(2027, 2), "end": run.end.replace(2027, 2)})
        moved = {
            "reason_code": "session_moved",
            "course": samples.CUTTING.model_copy(update={"session": None}),
            "moved_to": later,
        }
        provider = {"party": "provider", "reader_name": "MOVEX", "other_names": ("Betangible",)}
        learner = {
            "party": "learner",
            "reader_name": "",
            "other_names": ("Betangible", "MOVEX"),
            "course": None,
            "weeks": Entry(uid="agreement/0d4e", title=samples.WISH, start=date(2026, 12, 13), end=date(2026, 12, 27)),
        }
        return {
            "": cancelled,
            "moved": cancelled.model_copy(update=moved),
            "provider": cancelled.model_copy(update={**provider, "reason_code": "withdrawn"}),
            "learner": cancelled.model_copy(update={**learner, "reason_code": "curriculum_retired"}),
        }

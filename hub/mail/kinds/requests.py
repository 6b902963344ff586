"""Questions to a provider: whether it can train some people, whether it has learners for a placement."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import Field

from hub.mail.kinds import samples
from hub.mail.kinds.base import Count, Course, Id, MailContext, People, Region, Skill, event_to_send
from schemas.matches import Levels, Reason
from schemas.values import Payload, Window


class Option(Payload):
    """One candidate of the match, told with the provider's own part of it."""

    candidate_id: Id
    courses: Annotated[tuple[Course, ...], Field(min_length=1)]
    reasons: tuple[Reason, ...] = ()


class Question(MailContext):
    """What a provider is told of a company's wish; neither which company it is nor which need or offer."""

    match_id: Id
    provider_id: Id
    provider_name: str
    respond_by: date
    reminder: bool = False
    """Whether it was asked before and has not answered."""
    region: Region
    headcount: People
    skills: tuple[Skill, ...] = ()
    start_window: Window

    @property
    def must(self) -> list[Skill]:
        """What is needed."""
        return [skill for skill in self.skills if skill.must]

    @property
    def welcome(self) -> list[Skill]:
        """What is welcome besides."""
        return [skill for skill in self.skills if not skill.must]

    def _answer_event(self, candidate_id: str) -> str:
        return event_to_send(
            "match.answered",
            source=f"/providers/{self.provider_id}",
            id_=f"{self.match_id}-{self.provider_id}-1",
            subject=self.match_id,
            data={
                "match_id": self.match_id,
                "provider_id": self.provider_id,
                "decision": "accepted",
                "candidate_id": candidate_id,
            },
        )


class RequestToProvider(Question):
    """Asks a provider whether it can train some people."""

    skills: Annotated[tuple[Skill, ...], Field(min_length=1)]
    levels: Levels = Levels()
    options: Annotated[tuple[Option, ...], Field(min_length=1)]

    @property
    def answer_event(self) -> str:
        """The event that accepts the first option, ready to be sent."""
        return self._answer_event(self.options[0].candidate_id)

    @classmethod
    def sample(cls) -> Self:
        """A request with two options: one course with a session, then two courses one after the other."""
        return cls(
            hub_url=samples.HUB,
            match_id=samples.MATCH,
            provider_id="movex",
            provider_name="MOVEX",
            respond_by=date(2026, 12, 4),
            region=samples.UBRIQUE,
            headcount=3,
            skills=samples.SKILLS,
            levels=Levels(eqf_min=3, eqf_max=4),
            start_window=samples.WINTER,
            options=(
                Option(
                    candidate_id="c1",
                    courses=(samples.CUTTING,),
                    reasons=(
                        Reason(code="teaches", params={"taught": 2, "asked": 2}),
                        Reason(code="at_your_site"),
                        Reason(code="starts_after_earliest", params={"start": "2026-12-13", "days": 10}),
                        Reason(code="under_your_limit", params={"amount": 30.0, "currency": "EUR"}),
                        Reason(code="your_first_language", params={"language": "es"}),
                    ),
                ),
                Option(
                    candidate_id="c2",
                    courses=(samples.BY_MACHINE, samples.DIGITAL),
                    reasons=(
                        Reason(code="teaches", params={"taught": 1, "asked": 2}),
                        Reason(code="distance", params={"km": 12}),
                        Reason(code="wish_met", params={"wish": "digital"}),
                    ),
                ),
            ),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """With a page to answer on; and once more, when there was no answer."""
        asked = cls.sample()
        return {
            "": asked,
            "page": asked.model_copy(update={"page_path": "/requests/5b0c"}),
            "reminder": asked.model_copy(update={"page_path": "/requests/5b0c", "reminder": True}),
        }


class PlacementToProvider(Question):
    """Asks a provider whether it has learners for the places of a company."""

    candidate_id: Id
    scheme: str
    weeks: Count
    weekly_hours: Count
    min_age: Count
    reasons: tuple[Reason, ...] = ()

    @property
    def answer_event(self) -> str:
        """The event that accepts, ready to be sent."""
        return self._answer_event(self.candidate_id)

    @classmethod
    def sample(cls) -> Self:
        """Two places for pupils at a workplace in the north of Portugal."""
        return cls(
            hub_url=samples.HUB,
            match_id=samples.MATCH,
            provider_id="ctcp",
            provider_name="CTCP",
            respond_by=date(2026, 12, 4),
            region=Region(code="PT11A"),
            headcount=2,
            skills=(Skill(label="apply pre-stitching techniques", must=True), samples.SKILLS[1]),
            start_window=Window(earliest=date(2027, 1, 22), latest=date(2027, 2, 21)),
            candidate_id="c1",
            scheme="fct",
            weeks=12,
            weekly_hours=30,
            min_age=15,
            reasons=(Reason(code="teaches_of_placement", params={"taught": 1, "asked": 2}),),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """And once more, when there was no answer; then with a page to answer on."""
        asked = cls.sample()
        return {"": asked, "reminder": asked.model_copy(update={"page_path": "/requests/5b0c", "reminder": True})}

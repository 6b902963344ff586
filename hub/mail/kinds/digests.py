"""A coordinator's morning: what needs somebody first, the best news, one figure."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.mail.kinds import samples
from hub.mail.kinds.base import Count, Id, MailContext, Path, Region
from schemas.matches import Reason
from schemas.values import Payload, Title


class Todo(Payload):
    """One thing that needs somebody: what it is, who should act, by when."""

    what: Literal["to_answer", "question", "to_decide", "expiring", "failed_mail", "agreement", "gap", "parked"]
    ref: str
    title: Title | None = None
    who: str
    """Name of the organisation that has to act, or that is concerned."""
    until: date | None = None
    page_path: Path | None = None


class News(Payload):
    """One new match, or one that was agreed: for whom, by whom, how good and why."""

    ref: Id
    title: Title
    company_name: str
    providers: Annotated[tuple[str, ...], Field(min_length=1)]
    courses: tuple[Title, ...] = ()
    score: Annotated[float, Field(ge=0, le=100)]
    reasons: tuple[Reason, ...] = ()
    agreed: bool = False
    page_path: Path | None = None


class Figure(Payload):
    """One number of the region, since a day where it is counted from one."""

    what: Literal["needs_matched", "learners_agreed", "open_needs", "open_gaps", "agreements_drafted"]
    count: Count
    of: Count | None = None
    """What it is a part of."""
    since: date | None = None


class CoordinatorDigest(MailContext):
    """Tells a coordinator what the new day asks for; the lists are cut, the counts are not."""

    coordinator_name: str
    day: date
    """The reader's own date."""
    regions: Annotated[tuple[Region, ...], Field(min_length=1)]
    todo: tuple[Todo, ...] = ()
    todo_count: Count = 0
    news: Annotated[tuple[News, ...], Field(max_length=5)] = ()
    news_count: Count = 0
    figure: Figure | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.todo or self.news):
            raise ValueError("a digest without anything to do and without news is not sent")
        if self.todo_count < len(self.todo) or self.news_count < len(self.news):
            raise ValueError("a digest counts at least what it lists")
        return self

    @classmethod
    def sample(cls) -> Self:
        """Every sort of thing to do, two matches, one figure."""
        title = {"en": "Four operators for pattern making", "pt": "Quatro operadores de modelação"}
        return cls(
            hub_url=samples.HUB,
            page_path="/",
            coordinator_name="European Footwear Confederation",
            day=date(2026, 11, 24),
            regions=(Region(code="PT11"),),
            todo=(
                Todo(
                    what="to_answer",
                    ref="belcinto/N-001",
                    title=title,
                    who="CTCP",
                    until=date(2026, 11, 25),
                    page_path="/needs/belcinto/N-001",
                ),
                Todo(
                    what="question", ref="oficina-b/N-1", title="Maintenance", who="Oficina B", until=date(2026, 12, 8)
                ),
                Todo(
                    what="to_decide",
                    ref="belcinto/O-001",
                    title="Placement",
                    who="Belcinto",
                    until=date(2026, 11, 27),
                    page_path="/offers/belcinto/O-001",
                ),
                Todo(
                    what="expiring", ref="oficina-a/N-1", title="Maintenance", who="Oficina A", until=date(2026, 11, 26)
                ),
                Todo(what="failed_mail", ref="notification/7f0c", who="Oficina B"),
                Todo(what="agreement", ref="betangible/N-002", title=samples.WISH, who="Betangible"),
                Todo(what="gap", ref="belcinto/N-003", title=title, who="Belcinto", page_path="/needs/belcinto/N-003"),
            ),
            todo_count=9,
            news=(
                News(
                    ref="betangible/N-002",
                    title=samples.WISH,
                    company_name="Betangible",
                    providers=("MOVEX",),
                    courses=(samples.CUTTING.title,),
                    score=94.2,
                    reasons=samples.PROPOSED[0].reasons[:3],
                    page_path="/needs/betangible/N-002",
                ),
                News(
                    ref="belcinto/O-001",
                    title="Placement",
                    company_name="Belcinto",
                    providers=("CTCP",),
                    score=73.5,
                    agreed=True,
                    reasons=(Reason(code="teaches_of_placement", params={"taught": 1, "asked": 2}),),
                ),
            ),
            news_count=2,
            figure=Figure(what="needs_matched", count=7, of=9, since=date(2026, 11, 17)),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Only things to do; only news, over three countries."""
        full = cls.sample()
        return {
            "": full,
            "todo": full.model_copy(
                update={"news": (), "news_count": 0, "todo": full.todo[:1], "todo_count": 1, "figure": None}
            ),
            "news": full.model_copy(
                update={
                    "todo": (),
                    "todo_count": 0,
                    "regions": (Region(code="PT"), Region(code="ES"), Region(code="RO")),
                    "figure": Figure(what="learners_agreed", count=12, since=date(2026, 11, 17)),
                }
            ),
        }

"""What each mail has to say: one frozen context a kind, and MAILS, the table of all kinds.

Handlers write a context into a job as JSON, the courier reads it back, `hub/mail/render` puts it into words.
A context never holds a person's name or address: those are looked up when the mail leaves, so that an erasure reaches them.
To add a mail: a context with its sample and a row in MAILS here, a folder `templates/<kind>/` (subject.txt, body.txt,
body.html) with its translations (`locale/babel.cfg` says how), and the function in `handlers/messages` that asks for it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from json import dumps
from typing import Annotated, Self

from pydantic import Field

from schemas.matches import Levels, Reason
from schemas.values import Payload, Price, Title, Window


class MailContext(Payload):
    """What every mail needs; `hub_url` is where the reader's side of the hub is found."""

    hub_url: Annotated[str, Field(pattern=r"^https?://[^\s\"<>]+[^\s\"<>/]$")]

    @classmethod
    def sample(cls) -> Self:
        """Return an invented, complete context: for golden files and for looking at the mail."""
        raise NotImplementedError


class Region(Payload):
    """A NUTS code with the name people call it by, where one is known."""

    code: str
    label: Title | None = None


class Skill(Payload):
    """A skill asked for; without `must` it is welcome but not needed."""

    label: Title
    must: bool


class Session(Payload):
    """One run of a course."""

    ref: str
    start: date
    end: date
    mode: str
    language: str
    seats_free: int
    place: Title | None = None


class Course(Payload):
    """One of the provider's own curricula, with the run that fits; without one it is held on demand."""

    ref: str
    title: Title
    hours: int
    session: Session | None = None
    price: Price | None = None


class Option(Payload):
    """One candidate of the match, told with the provider's own part of it."""

    candidate_id: str
    courses: Annotated[tuple[Course, ...], Field(min_length=1)]
    reasons: tuple[Reason, ...] = ()


class RequestToProvider(MailContext):
    """Asks a provider whether it can train some people; says neither which company asks nor which need it is."""

    match_id: str
    provider_id: str
    provider_name: str
    respond_by: date
    region: Region
    headcount: Annotated[int, Field(ge=1)]
    skills: Annotated[tuple[Skill, ...], Field(min_length=1)]
    levels: Levels = Levels()
    start_window: Window
    options: Annotated[tuple[Option, ...], Field(min_length=1)]
    answer_path: Annotated[str, Field(pattern=r"^/[^\s\"<>]*$")] | None = None
    """The page on which a person answers; without one the mail explains the event alone."""

    @property
    def must(self) -> list[Skill]:
        """What has to be taught."""
        return [skill for skill in self.skills if skill.must]

    @property
    def welcome(self) -> list[Skill]:
        """What may be taught besides."""
        return [skill for skill in self.skills if not skill.must]

    @property
    def answer_event(self) -> str:
        """The event that accepts the first option, ready to be sent."""
        answer = {
            "specversion": "1.0",
            "id": f"{self.match_id}-{self.provider_id}-1",
            "source": f"/providers/{self.provider_id}",
            "type": "eu.vethub.match.answered.v1",
            "subject": self.match_id,
            "datacontenttype": "application/json",
            "data": {
                "match_id": self.match_id,
                "provider_id": self.provider_id,
                "decision": "accepted",
                "candidate_id": self.options[0].candidate_id,
            },
        }
        return dumps(answer, indent=2)

    @classmethod
    def sample(cls) -> Self:
        """A request with two options: one course with a session, then two courses one after the other."""
        return cls(
            hub_url="https://hub.example",
            match_id="5b0c3c3e-8f4e-5d0a-9c1c-1f2a7f6d9e10",
            provider_id="movex",
            provider_name="MOVEX",
            respond_by=date(2026, 12, 4),
            region=Region(code="ES612", label="Cádiz"),
            headcount=3,
            skills=(
                Skill(label="operate automatic cutting systems for footwear and leather goods", must=True),
                Skill(
                    label={
                        "en": "machine cutting techniques",
                        "pt": "técnicas de corte à máquina",
                        "es": "técnicas de corte a máquina",
                    },
                    must=False,
                ),
            ),
            levels=Levels(eqf_min=3, eqf_max=4),
            start_window=Window(earliest=date(2026, 12, 3), latest=date(2027, 1, 22)),
            options=(_one_course(), _two_courses()),
        )


def _one_course() -> Option:
    return Option(
        candidate_id="c1",
        courses=(
            Course(
                ref="movex/C07",
                title={"en": "Automatic cutting operator", "es": "Operador de corte automático"},
                hours=30,
                session=Session(
                    ref="movex/C07-1",
                    start=date(2026, 12, 13),
                    end=date(2026, 12, 27),
                    mode="workplace",
                    language="es",
                    seats_free=8,
                    place="Ubrique",
                ),
                price=Price(amount=Decimal("220.00"), currency="EUR", per="learner"),
            ),
        ),
        reasons=(
            Reason(code="teaches", params={"taught": 2, "asked": 2}),
            Reason(code="at_your_site"),
            Reason(code="starts_after_earliest", params={"start": "2026-12-13", "days": 10}),
            Reason(code="under_your_limit", params={"amount": 30.0, "currency": "EUR"}),
            Reason(code="your_first_language", params={"language": "es"}),
        ),
    )


def _two_courses() -> Option:
    return Option(
        candidate_id="c2",
        courses=(
            Course(ref="movex/C06", title="Corte a máquina", hours=24),
            Course(
                ref="movex/C09",
                title={"en": "Digital cutting", "pt": "Corte digital"},
                hours=48,
                price=Price(amount=Decimal("1760.00"), currency="EUR", per="group"),
            ),
        ),
        reasons=(
            Reason(code="teaches", params={"taught": 1, "asked": 2}),
            Reason(code="distance", params={"km": 12}),
            Reason(code="wish_met", params={"wish": "digital"}),
        ),
    )


MAILS: Mapping[str, type[MailContext]] = {
    "request_to_provider": RequestToProvider,
}

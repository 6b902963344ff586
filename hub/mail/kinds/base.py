"""What the contexts of mails are made of: places, courses, candidates, and the entries of a calendar."""

from collections.abc import Mapping
from datetime import date
from json import dumps
from typing import Annotated, Self

from pydantic import Field, JsonValue

from schemas.matches import Reason
from schemas.values import Money, Payload, Price, Title

Count = Annotated[int, Field(ge=0)]
People = Annotated[int, Field(ge=1)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~/-]{0,199}$")]
"""A ref, a slug or an id of the hub: it can stand in a line as it is."""
Link = Annotated[str, Field(pattern=r"^https?://[^\s\"<>]{1,1990}$")]
Path = Annotated[str, Field(pattern=r"^/[^\s\"<>]*$")]


class Entry(Payload):
    """What a mail puts into a calendar: whole days, both included; `uid` stays when the days change."""

    uid: Id
    title: Title
    start: date
    end: date
    place: Title | None = None
    cancelled: bool = False


class MailContext(Payload):
    """What every mail needs; `hub_url` is where the reader's side of the hub is found."""

    hub_url: Annotated[str, Field(pattern=r"^https?://[^\s\"<>]+[^\s\"<>/]$")]
    page_path: Path | None = None
    """The page on which the reader does what is asked; without one the mail explains the event alone, if there is any."""

    @classmethod
    def sample(cls) -> Self:
        """Return an invented, complete context: for golden files and for looking at the mail."""
        raise NotImplementedError

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Return every way the mail can look, by name; the sample is the one without a name."""
        return {"": cls.sample()}

    def entries(self) -> tuple[Entry, ...]:
        """Return what belongs into the reader's calendar."""
        return ()


class Region(Payload):
    """A NUTS code with the name people call it by, where one is known."""

    code: str
    label: Title | None = None


class Skill(Payload):
    """A skill asked for; without `must` it is welcome but not needed."""

    label: Title
    must: bool


class Session(Payload):
    """One run of a course; free seats are left out where the reader has his already."""

    ref: Id
    start: date
    end: date
    mode: str
    language: str
    seats_free: Count | None = None
    place: Title | None = None


class Course(Payload):
    """A curriculum with the run that fits; without one it is held on demand. The provider is named to companies."""

    ref: Id
    title: Title
    hours: Count
    provider_name: str | None = None
    session: Session | None = None
    price: Price | None = None

    def entry(self, *, cancelled: bool = False) -> Entry | None:
        """Return its run as it stands in a calendar."""
        run = self.session
        if run is None:
            return None
        return Entry(uid=run.ref, title=self.title, start=run.start, end=run.end, place=run.place, cancelled=cancelled)


class Proposed(Payload):
    """One candidate as its company sees it; a placement has providers and no courses."""

    candidate_id: Id
    providers: Annotated[tuple[str, ...], Field(min_length=1)]
    courses: tuple[Course, ...] = ()
    score: Annotated[float, Field(ge=0, le=100)]
    reasons: tuple[Reason, ...] = ()
    uncovered: tuple[Title, ...] = ()
    """Skills, or the company's own words for them, that it leaves out."""
    hours: Count | None = None
    cost: Money | None = None
    """For one learner, all courses together."""


def entries_of(courses: tuple[Course, ...], *, cancelled: bool = False) -> tuple[Entry, ...]:
    """Return the calendar entries of those courses that have a run."""
    found = [course.entry(cancelled=cancelled) for course in courses]
    return tuple(entry for entry in found if entry is not None)


def event_to_send(type_: str, *, source: str, id_: str, subject: str, data: Mapping[str, JsonValue]) -> str:
    """Write a CloudEvent as a partner's system would send it."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": f"eu.vethub.{type_}.v1",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }
    return dumps(event, indent=2)

"""What the digest's handler asks for by type: who reads, where they look after, and what is told them this morning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from events.base import Event
from events.refusals import ReminderDue
from hub.clock import Clock
from hub.digests.lines import Morning, morning
from hub.digests.scene import Scene, read_scene
from hub.mornings import zones
from hub.rows import Organisation
from hub.store import nouns, people
from hub.store.port import Store
from hub.store.session import Session

DIGEST = "digest"
COORDINATOR = "coordinator"
FRESH = timedelta(seconds=30)
"""So long all batches of one morning are told from one reading; what comes meanwhile is told the next morning."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A coordinator as a handler may know one: neither name nor address."""

    ref: str
    org: str
    organisation: str
    """Name of the organisation; its slug while it has not registered."""
    timezone: str
    nuts: tuple[str, ...]
    """Regions looked after; none while the organisation has not registered as a coordinator."""

    def local_date(self, at: datetime) -> date:
        """Return the date that an instant has where the reader lives."""
        return at.astimezone(zones()[self.timezone]).date()


class DigestBoard:
    """Answers from memory; reads what the digests of a batch need before its transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: dict[str, Reader] = {}
        self._told: dict[tuple[str, int], Morning] = {}  # a handler runs again for each row that it lacked
        self._scene: Scene | None = None
        self._seen: tuple[datetime, datetime] | None = None  # the morning that the scene is of, and when it was read

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Read who is to be told, and what is under way, once for all whose morning it is."""
        due = [event for event in events if isinstance(event, ReminderDue) and event.kind == DIGEST]
        self._readers, self._told = {}, {}
        now = self._clock.now()
        if self._seen is not None and not now - FRESH < self._seen[1] <= now:
            self._scene = self._seen = None
        if not due:
            return
        self._readers = await store.read(_readers, sorted({event.about for event in due}))
        morning_at = max(event.at for event in due)
        if self._seen is None or self._seen[0] != morning_at:
            # A digest that is said ahead of its time is told as of its time.
            self._scene = await store.read(read_scene, max(now, morning_at))
            self._seen = (morning_at, now)

    def reader(self, ref: str) -> Reader | None:
        """Return the coordinator behind a ref; None when nobody (any more) or somebody else stands behind it."""
        return self._readers.get(ref)

    @property
    def until(self) -> int:
        """Number of the last event that this morning tells about."""
        return self._scene.until if self._scene else 0

    def morning(self, reader: Reader, *, since: int, day: date) -> Morning:
        """Return what a reader is told."""
        if self._scene is None:
            raise LookupError(f"no digest of {reader.ref} was announced to this batch")
        place = (reader.ref, since)
        if place not in self._told:
            self._told[place] = morning(self._scene, reader.nuts, since=since, day=day)
        return self._told[place]


async def _readers(session: Session, refs: Sequence[str]) -> dict[str, Reader]:
    found = await people.find_all(session, refs)
    coordinators = [one for one in found if one.kind == COORDINATOR and one.timezone in zones()]
    orgs = await nouns.load(session, Organisation, sorted({one.org for one in coordinators}))
    return {one.ref: _reader(one, orgs.get(one.org)) for one in coordinators}


def _reader(person: people.Person, row: Organisation | None) -> Reader:
    told = row.coordinator if row else None
    return Reader(
        person.ref, person.org, told.legal_name if told else person.org, person.timezone, told.nuts if told else ()
    )

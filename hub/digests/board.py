"""What the digest's handler asks for by type: who reads, where they look after, and what is told them this morning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
        self._scene: Scene | None = None

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Read who is to be told, and what is under way, once for all of them."""
        due = [event for event in events if isinstance(event, ReminderDue) and event.kind == DIGEST]
        self._readers, self._scene = {}, None
        if due:
            # A digest that is said ahead of its time is told as of its time.
            at = max(self._clock.now(), *(event.at for event in due))
            self._readers, self._scene = await store.read(_look, sorted({event.about for event in due}), at)

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
        return morning(self._scene, reader.nuts, since=since, day=day)


async def _look(session: Session, refs: Sequence[str], at: datetime) -> tuple[dict[str, Reader], Scene]:
    found = await people.find_all(session, refs)
    coordinators = [one for one in found if one.kind == COORDINATOR and one.timezone in zones()]
    orgs = await nouns.load(session, Organisation, sorted({one.org for one in coordinators}))
    readers = {one.ref: _reader(one, orgs.get(one.org)) for one in coordinators}
    return readers, await read_scene(session, at)


def _reader(person: people.Person, row: Organisation | None) -> Reader:
    told = row.coordinator if row else None
    return Reader(
        person.ref, person.org, told.legal_name if told else person.org, person.timezone, told.nuts if told else ()
    )

"""What a handler works on: frozen rows in memory, a draft per event, no I/O.

`Memory` lives for one batch: what was loaded, and what the events of this batch have saved so far. `UnitOfWork` is one
event's draft over it; the executor keeps the draft when the event is done and forgets it otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from events.envelope import Envelope
from hub.dispatch.outcomes import NotLoaded, Refused, Waiting
from hub.ids import said_id
from hub.rows import Row
from hub.store.shares import Share

R = TypeVar("R", bound=Row)
RowKey = tuple[type[Row], str]


class Search(NamedTuple):
    """All rows of a kind with one searched column at one value."""

    kind: type[Row]
    column: str
    value: str


class Reminder(NamedTuple):
    """Something that falls due: the scheduler will say `reminder.due` with this kind about this ref or id."""

    at: datetime
    kind: str
    about: str
    key: str  # partition key of the reminder
    cause: Envelope


class Job(NamedTuple):
    """Something for a courier to carry out of the building; the dedupe key makes it happen once."""

    job_id: str
    dedupe_key: str
    channel: str
    kind: str
    body: dict[str, Any]
    due_at: datetime
    cause: Envelope


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator sets and handlers go by."""

    respond_by_days: int = 5  # working days a provider has to answer
    match_days: int = 21  # days after which an open match expires
    hub_url: str = "http://127.0.0.1:8480"


@dataclass
class Memory:
    """One batch's rows: as loaded, and as saved by the events done so far."""

    loaded: dict[RowKey, Row | None] = field(default_factory=dict)
    found: dict[Search, tuple[str, ...]] = field(default_factory=dict)
    saved: dict[RowKey, Row] = field(default_factory=dict)
    reminders: list[Reminder] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)

    careful: bool = False
    """Whether a new row is looked for before it is saved: after a conflict, which may mean that it was there."""

    def seen_version(self, row: RowKey) -> int:
        """Return the version this batch read from the store, 0 for a row that was not there."""
        loaded = self.loaded.get(row)
        return loaded.version if loaded else 0


DEFAULT_TERMS = Terms()


class UnitOfWork:
    """One event's draft. Rows are frozen: change one with `model_copy(update=…)` and `save` it."""

    __slots__ = (
        "_drafts",
        "_handler",
        "_jobs",
        "_made",
        "_memory",
        "_reminders",
        "_shares",
        "envelope",
        "now",
        "partition",
        "terms",
    )

    def __init__(
        self, memory: Memory, *, envelope: Envelope, now: datetime, partition: str = "", terms: Terms = DEFAULT_TERMS
    ) -> None:
        self._memory = memory
        self.envelope = envelope
        self.now = now
        self.partition = partition
        self.terms = terms
        self._drafts: dict[RowKey, Row] = {}
        self._reminders: list[Reminder] = []
        self._jobs: list[Job] = []
        self._shares: list[Share] = []
        self._handler = ""
        self._made = 0

    @property
    def seq(self) -> int:
        """Number of the event in the history; rows keep the number of the event that told them last."""
        return self.envelope.seq or 0

    def only_newer(self, row: Row | None) -> None:
        """Refuse an event older than what the row was told last: it waited while a newer one of its key went on."""
        if row is not None and self.seq < row.told_seq:
            raise Refused("superseded", f"{row.NOUN} {row.key} was stated anew after this event")

    def latest(self, row: Row) -> int:
        """Return the `told_seq` of a row that ends: an end that waited must not put back what was told meanwhile."""
        return max(row.told_seq, self.seq)

    def waiting(self, kind: type[Row], key: str, reason: str) -> Waiting:
        """Return what to raise when a row is there but not yet as the event needs it."""
        return Waiting(kind.NOUN, key, reason)

    def find(self, kind: type[R], key: str) -> R | None:
        """Return the row, or None when there is none."""
        place = (kind, key)
        if place in self._drafts:
            return self._drafts[place]  # type: ignore[return-value]
        if place in self._memory.saved:
            return self._memory.saved[place]  # type: ignore[return-value]
        try:
            return self._memory.loaded[place]  # type: ignore[return-value]
        except KeyError:
            raise NotLoaded(place) from None

    def fetch(self, places: Iterable[RowKey]) -> None:
        """Have rows loaded that `find` will be asked for, all at once instead of one after the other."""
        known = (self._drafts, self._memory.saved, self._memory.loaded)
        lacking = [place for place in places if not any(place in rows for rows in known)]
        if lacking:
            raise NotLoaded(*lacking)

    def get(self, kind: type[R], key: str, *, otherwise: str = "") -> R:
        """Return the row; when it is not there (yet), the event waits for it, with `otherwise` as the reason shown."""
        row = self.find(kind, key)
        if row is None:
            raise Waiting(kind.NOUN, key, otherwise)
        return row

    def all(self, kind: type[R], **searched: str) -> list[R]:
        """Return every row of a kind whose searched column has the value, ordered by key."""
        ((column, value),) = searched.items()
        search = Search(kind, column, value)
        if search not in self._memory.found:
            raise NotLoaded(search)
        keys = set(self._memory.found[search])
        keys.update(key for (of, key) in (*self._memory.saved, *self._drafts) if of is kind)
        rows = (self.find(kind, key) for key in sorted(keys))
        return [row for row in rows if row is not None and getattr(row, column) == value]

    def saved(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind that this batch has changed so far: what an index read before the batch lacks."""
        merged = {key: row for (of, key), row in (*self._memory.saved.items(), *self._drafts.items()) if of is kind}
        return list(merged.values())  # type: ignore[arg-type]

    def save(self, row: Row) -> None:
        """Keep a new or changed row; a conflicting save by another process makes the whole batch run again."""
        place = (type(row), row.key)
        is_new = row.version == 0 and not self._memory.careful
        if not is_new and place not in self._memory.loaded:
            raise NotLoaded(place)
        self._drafts[place] = row

    def remind(self, at: datetime, *, kind: str, about: str, key: str | None = None) -> None:
        """Ask for `reminder.due` at an instant; one reminder a (kind, about), the last one wins."""
        self._reminders.append(Reminder(at, kind, about, key or about, self.envelope))

    def job(self, *, channel: str, kind: str, body: dict[str, Any], dedupe_key: str) -> str:
        """Give a courier something to carry; the same dedupe key twice is one job. Returns the job's id."""
        job_id = said_id(self.envelope.source, self.envelope.id, self._handler, f"job {dedupe_key}")
        self._jobs.append(Job(job_id, dedupe_key, channel, kind, body, self.now, self.envelope))
        return job_id

    def share(self, org: str, *, part: bool = False) -> None:
        """Leave the event itself for a partner's topic, whole or what a provider may know before agreement."""
        self._shares.append(Share(self.seq, org, int(part)))

    def new_id(self) -> str:
        """Make an id for a match, gap or notification: the same event handled again makes the same ids."""
        self._made += 1
        return said_id(self.envelope.source, self.envelope.id, self._handler, f"row {self._made}")

    def begin(self, handler: str) -> None:
        """Name the handler that works from here on (the executor's call)."""
        self._handler = handler
        self._made = 0

    def keep(self) -> None:
        """Move the draft into the batch's memory (the executor's call)."""
        self._memory.saved.update(self._drafts)
        self._memory.reminders.extend(self._reminders)
        self._memory.jobs.extend(self._jobs)
        self._memory.shares.extend(self._shares)

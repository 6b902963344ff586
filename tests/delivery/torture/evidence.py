"""What a schedule left behind, read straight from the database, and what the one judge makes of it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from events.base import Event
from events.catalogue import read
from hub.rows import KINDS, Row
from hub.store import jobs
from hub.store.history import NAMES, envelope
from hub.store.jobs import JobRow
from hub.store.port import Store
from hub.store.session import Session
from tests.delivery.judge import (
    Effect,
    Parked,
    Said,
    Taken,
    Violation,
    judge,
    lost_or_doubled_in_history,
    without_cause_or_consequence,
    without_outcome,
)
from tests.delivery.torture.witness import HEARS, Lane

E = TypeVar("E", bound=Event)
Ref = tuple[str, str]  # (source, id)
SAYS = {
    ("workflow", "match.proposed"): ["match.requested"],
    ("workflow", "match.answered"): ["request.answered"],
    ("notifier", "match.requested"): ["notification.requested"],
}
HEARD = {group: {event.TYPE for event in heard} for group, heard in HEARS.items()}


@dataclass(frozen=True)
class Evidence:
    """Everything in the database after the hub has come to rest; each row as the engine gave it."""

    events: tuple[Event, ...]
    inbox: tuple[Any, ...]
    parked: tuple[Any, ...]
    jobs: tuple[JobRow, ...]
    due: tuple[Any, ...]
    unsent: int
    lanes: tuple[Lane, ...]
    rows: Mapping[type[Row], Mapping[str, Any]]
    mails: Counter[str] = field(default_factory=Counter)
    """How often each Message-ID came to the mail server."""

    def outcome(self, group: str, event: Event) -> str | None:
        """What a group made of an event."""
        return self._outcomes.get((group, event.envelope.source, event.envelope.id))

    def done(self, group: str, *kinds: type[E]) -> list[E]:
        """The events of some types that a group is done with, in the order of the history."""
        return [event for event in self.said(*kinds) if self.outcome(group, event) == "done"]

    def said(self, *kinds: type[E]) -> list[E]:
        """The events of some types."""
        return [event for event in self.events if isinstance(event, kinds)]

    @cached_property
    def _outcomes(self) -> Mapping[tuple[str, str, str], str]:
        return {(row.grp, row.source, row.id): row.outcome for row in self.inbox}


async def gather(store: Store, mails: Counter[str]) -> Evidence:
    """Read everything on one snapshot."""
    return await store.read(_everything, mails)


async def _everything(session: Session, mails: Counter[str]) -> Evidence:
    history = await session.rows(f"SELECT h.seq, {NAMES} FROM history h ORDER BY h.seq")  # noqa: S608 - our own names
    lanes = await session.rows("SELECT body FROM counters WHERE key LIKE 'lane/%'")
    rows = {kind: await _all(session, kind) for kind in KINDS}
    return Evidence(
        events=tuple(read(envelope(row)) for row in history),
        inbox=tuple(await session.rows("SELECT * FROM inbox")),
        parked=tuple(await session.rows("SELECT * FROM parked")),
        jobs=tuple(await jobs.listing(session, limit=100_000)),
        due=tuple(await session.rows("SELECT * FROM due")),
        unsent=int((await session.rows("SELECT count(*) AS n FROM outbox"))[0].n),
        lanes=tuple(Lane.model_validate_json(row.body) for row in lanes),
        rows=rows,
        mails=mails,
    )


async def _all(session: Session, kind: type[Row]) -> dict[str, Row]:
    rows = await session.rows(f"SELECT key, body FROM {kind.TABLE} WHERE key NOT LIKE 'lane/%'")  # noqa: S608 - our own
    return {row.key: kind.model_validate_json(row.body) for row in rows}


def judged(evidence: Evidence, *, accepted: Collection[Ref], noted: bool) -> list[Violation]:
    """Ask the judge; without a witness's notes it cannot count effects or see their order."""
    history = [
        Said(
            event.envelope.seq or 0,
            event.envelope.source,
            event.envelope.id,
            event.TYPE,
            event.envelope.partition_key or "",
            event.envelope.causation_id,
        )
        for event in evidence.events
    ]
    inbox = [Taken(row.grp, row.source, row.id, row.outcome) for row in evidence.inbox]
    parked = [Parked(row.grp, row.state, row.source, row.id, row.reason) for row in evidence.parked]
    if not noted:
        return [
            *lost_or_doubled_in_history(history, accepted),
            *without_outcome(history, inbox, parked, HEARD),
            *without_cause_or_consequence(history, inbox, SAYS),
        ]
    return judge(
        history=history,
        inbox=inbox,
        parked=parked,
        effects=list(_effects(evidence)),
        accepted=accepted,
        hears=HEARD,
        says=SAYS,
        waited={(row.grp, row.source, row.id) for row in evidence.inbox if row.note == "after waiting"},
    )


def _effects(evidence: Evidence) -> Iterator[Effect]:
    for lane in evidence.lanes:
        for position, (source, event_id) in enumerate(lane.seen):
            yield Effect(lane.group, source, event_id, lane.partition_key, position)

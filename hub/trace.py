"""The trace: every event of a story in order, which groups took it, what came of it, and what they said because of it.

`GET /v1/trace` and `vet-hub trace` ask. The web part leaves out what its reader may not see before the steps are made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from events.envelope import Envelope
from hub.clock import stamp
from hub.dispatch.runner import Runner
from hub.store import history, inbox, jobs, parked
from hub.store.jobs import JobRow
from hub.store.port import Store
from hub.store.session import Session

STORED = "stored"  # the outcome of an event that no group has taken (yet, or ever)


@dataclass(frozen=True, slots=True)
class Inside:
    """What only operators are told of an event: how often groups tried what is parked, and the couriers' jobs."""

    parked: Mapping[str, Any] = field(default_factory=dict)
    jobs: tuple[JobRow, ...] = ()


NOTHING = Inside()


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a story, the handler that said it (None: somebody outside), and what groups did with it."""

    envelope: Envelope
    handler: str | None
    works: tuple[inbox.Step, ...]
    inside: Inside = NOTHING


@dataclass(frozen=True, slots=True)
class Step:
    """What one group did with one event. `caused` are the events its handlers said because of it."""

    at: str
    event_id: str
    type: str
    group: str | None
    outcome: str
    caused: tuple[str, ...]
    subject: str
    said_by: str | None
    """The handler that said the event; None for an event from outside."""
    note: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A whole trace; without an id where the reader may not know what it belongs to."""

    correlation_id: str | None
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as the wire writes it."""
        return {"correlation_id": self.correlation_id, "steps": [asdict(step) for step in self.steps]}


async def trace(store: Store, word: str, groups: Mapping[str, str] | None = None) -> Story:
    """Trace for operators what a ref, an event's id or a correlation id belongs to; no steps where nothing does.

    `groups` says which group a handler is of (`groups_of`), so that `caused` stands with the group that said it.
    """
    told = await store.read(read_inside, word)
    return Story(told[0].envelope.correlation_id if told else None, steps(told, groups or {}))


def groups_of(runners: Mapping[str, Runner]) -> dict[str, str]:
    """Map each handler's name to its group."""
    return {
        handler.name: name
        for name, runner in runners.items()
        for handlers in runner.group.by_type.values()
        for handler in handlers
    }


async def read(session: Session, word: str) -> list[Told]:
    """Read all that belongs to the stories of a word, in order."""
    ids = await history.stories_of(session, word)
    said = await history.told(session, correlation_ids=ids)
    works: dict[inbox.EventKey, list[inbox.Step]] = defaultdict(list)
    for work in await inbox.steps(session, [(each.source, each.id) for each, _ in said]):
        works[work.source, work.id].append(work)
    return [Told(each, handler, tuple(works[each.source, each.id])) for each, handler in said]


async def read_inside(session: Session, word: str) -> list[Told]:
    """Read all that belongs to the stories of a word, with what only operators are told."""
    told = await read(session, word)
    ids = sorted({one.envelope.id for one in told})
    put_aside: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in await parked.of_events(session, ids):
        put_aside[row.id][row.grp] = row
    carried: dict[str, list[JobRow]] = defaultdict(list)
    for job in await jobs.of_events(session, ids):
        carried[job.event_id].append(job)
    return [replace(one, inside=Inside(put_aside[one.envelope.id], tuple(carried[one.envelope.id]))) for one in told]


def steps(told: Sequence[Told], groups: Mapping[str, str]) -> tuple[Step, ...]:
    """Make one step for each group that took an event, and one for an event that none has taken."""
    caused: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        caused[one.envelope.causation_id or ""].append(one)
    return tuple(step for one in told for step in _steps(one, caused[one.envelope.id], groups))


def _steps(one: Told, caused: Sequence[Told], groups: Mapping[str, str]) -> list[Step]:
    by_group = {work.grp for work in one.works}
    refusing = next((work.grp for work in one.works if work.outcome == "refused"), None)
    said: dict[str | None, list[str]] = defaultdict(list)
    for each in caused:
        group = refusing if each.handler == "refuse" else groups.get(each.handler or "")
        # A courier or the scheduler is no group, and gets a line of its own.
        said[group if group in by_group else each.handler if one.works else None].append(each.envelope.id)
    if not one.works:
        at = one.envelope.received_at or one.envelope.time
        return [_step(one, at=stamp(at) if at else "", group=None, outcome=STORED, caused=said[None])]
    steps = [
        _step(one, at=work.at, group=work.grp, outcome=work.outcome, caused=said[work.grp], note=_note(one, work))
        for work in one.works
    ]
    others = [name for name in said if name not in by_group]
    steps += [_step(one, at=steps[-1].at, group=name, outcome="done", caused=said[name]) for name in others]
    return steps + [_carried(one, job) for job in one.inside.jobs]


def _note(one: Told, work: inbox.Step) -> str | None:
    row = one.inside.parked.get(work.grp)
    if row is None:
        return work.note
    again = f"next try {row.next_at[:19]}" if row.next_at else "no further try by itself"
    return "; ".join([*([work.note] if work.note else []), f"tried {row.attempts} times, {again}"])


def _carried(one: Told, job: JobRow) -> Step:
    # What a mail server answered may name people, so only how often and when is told.
    tries = "1 try" if job.attempts == 1 else f"{job.attempts} tries"
    again = f", next {job.due_at[:19]}" if job.state == "due" else ""
    note = f"{job.kind}: {tries}{again}"
    return _step(one, at=job.created_at, group=f"courier {job.channel}", outcome=job.state, caused=(), note=note)


def _step(
    one: Told, *, at: str, group: str | None, outcome: str, caused: Sequence[str], note: str | None = None
) -> Step:
    envelope = one.envelope
    return Step(at, envelope.id, envelope.type, group, outcome, tuple(caused), envelope.subject, one.handler, note)

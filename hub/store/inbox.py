"""The inbox: which group has taken which event. Insert first, look afterwards: two processes cannot both win."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.store import cursors
from hub.store.epochs import CURRENT
from hub.store.session import Session, each, listed, spread, storable, values

EventKey = tuple[str, str]  # (source, id)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of an event when it was not simply done."""

    source: str
    id: str
    outcome: str
    note: str | None = None


async def claim(session: Session, events: Sequence[EventKey], *, grp: str, epoch: int, at: str) -> set[EventKey]:
    """Take events for a group; returns those nobody had taken. They count as done unless `settle` says otherwise."""
    if not events:
        return set()
    engine = session.engine
    rows = await session.rows(
        "INSERT INTO inbox (grp, epoch, source, id, at, outcome) "
        f"SELECT :grp, :epoch, t.source, t.id, :at, 'done' FROM {each(engine, source='text', id='text')} WHERE true "
        "ON CONFLICT DO NOTHING RETURNING source, id",
        grp=grp,
        epoch=epoch,
        at=at,
        **spread(engine, source=[source for source, _ in events], id=[event_id for _, event_id in events]),
    )
    return {tuple(row) for row in rows}


async def settle(session: Session, settled: Sequence[Settled], *, grp: str, epoch: int, at: str) -> None:
    """Write down what came of taken events."""
    for one in settled:
        await session.run(
            "UPDATE inbox SET outcome = :outcome, note = :note, at = :at "
            "WHERE grp = :grp AND epoch = :epoch AND source = :source AND id = :id",
            outcome=one.outcome,
            note=one.note and storable(one.note),
            at=at,
            grp=grp,
            epoch=epoch,
            source=one.source,
            id=one.id,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One group's work on one event, as the trace shows it."""

    grp: str
    source: str
    id: str
    at: str
    outcome: str
    note: str | None


async def steps(session: Session, events: Sequence[EventKey]) -> list[Step]:
    """Return what every group did with the events."""
    engine = session.engine
    rows = await session.rows(
        "SELECT i.grp, i.source, i.id, i.at, i.outcome, i.note "
        f"FROM {each(engine, source='text', id='text')} JOIN inbox i ON i.source = t.source AND i.id = t.id "
        "ORDER BY i.at, i.grp",
        **spread(engine, source=[source for source, _ in events], id=[event_id for _, event_id in events]),
    )
    return [Step(row.grp, row.source, row.id, row.at, row.outcome, row.note) for row in rows]


class Untaken(NamedTuple):
    """How many events a group has not taken yet, when the oldest was stored, and the lowest of their numbers."""

    events: int
    oldest: str | None
    first: int | None


async def untaken(session: Session, *, grp: str, types: Sequence[str]) -> Untaken:
    """Return what a group has not taken yet of some types.

    Everything up to the group's cursor is taken: on the embedded log that of its reader, on the cluster that of the
    sampler (`hub.lag`), and before its first the whole history is held against the inbox.
    """
    row = (
        await session.rows(
            "SELECT count(*) AS n, min(h.received_at) AS oldest, min(h.seq) AS first FROM history h "
            # As a parameter, so that PostgreSQL sees how little there is to look at.
            f"WHERE h.seq > :after AND h.type IN {listed(session.engine, 'types')} AND NOT EXISTS "
            f"(SELECT 1 FROM inbox i WHERE i.grp = :grp AND i.epoch = {CURRENT} AND i.source = h.source AND i.id = h.id)",
            grp=grp,
            after=await cursors.position(session, grp),
            types=values(session.engine, types),
        )
    )[0]
    return Untaken(int(row.n), row.oldest, row.first)

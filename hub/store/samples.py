"""Samples of how groups stand, one every few seconds for an hour: whether a group moves shows only over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.store.session import Session, listed, values


@dataclass(frozen=True, slots=True)
class Sample:
    """How one group stood: events it had not taken and when the oldest of them was stored; what came and went since before.

    `newest` is the number of the newest event there was, so that the next sample counts on from it.
    """

    group: str
    at: str
    events: int
    oldest: str | None
    newest: int
    came: int
    taken: int


async def put(session: Session, sample: Sample) -> None:
    """Keep a sample, unless somebody else took one at the same moment."""
    await session.run(
        "INSERT INTO samples (grp, at, events, oldest, newest, came, taken) "
        "VALUES (:grp, :at, :events, :oldest, :newest, :came, :taken) ON CONFLICT DO NOTHING",
        grp=sample.group,
        at=sample.at,
        events=sample.events,
        oldest=sample.oldest,
        newest=sample.newest,
        came=sample.came,
        taken=sample.taken,
    )


async def since(session: Session, at: str) -> dict[str, list[Sample]]:
    """Return the samples since an instant by group, oldest first."""
    rows = await session.rows("SELECT * FROM samples WHERE at >= :at ORDER BY at", at=at)
    found: dict[str, list[Sample]] = {}
    for row in rows:
        found.setdefault(row.grp, []).append(_sample(row))
    return found


async def forget(session: Session, *, before: str) -> None:
    """Forget samples older than an instant."""
    await session.run("DELETE FROM samples WHERE at < :before", before=before)


async def came_since(session: Session, number: int, *, types: Sequence[str]) -> int:
    """Return how many events of the types were stored after a number."""
    rows = await session.rows(
        f"SELECT count(*) AS n FROM history WHERE seq > :number AND type IN {listed(session.engine, 'types')}",
        number=number,
        types=values(session.engine, types),
    )
    return int(rows[0].n)


def _sample(row: Any) -> Sample:
    return Sample(row.grp, row.at, int(row.events), row.oldest, int(row.newest), int(row.came), int(row.taken))

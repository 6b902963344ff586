"""Looks for people: how many events of each type there are, the newest of them, and how quickly groups take theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from events.envelope import Envelope
from hub.store.history import NAMES, envelope
from hub.store.session import Session, listed, values

NEWEST = 20_000  # events that a rate looks at; enough for a minute of the fastest stream


@dataclass(frozen=True, slots=True)
class Pace:
    """How many events came for a group and how many it took since an instant, and when it last took one."""

    came: int
    taken: int
    last_taken: str | None


async def events_by_type(session: Session) -> dict[str, int]:
    """Return how many events of each full type were ever said."""
    rows = await session.rows("SELECT type, count(*) AS n FROM history GROUP BY type")
    return {row.type: int(row.n) for row in rows}


async def pace(session: Session, *, grp: str, types: Sequence[str], since: str) -> Pace:
    """Return a group's pace over the newest events of the types it hears."""
    row = (
        await session.rows(
            "SELECT coalesce(sum(CASE WHEN h.received_at >= :since THEN 1 ELSE 0 END), 0) AS came, "
            "coalesce(sum(CASE WHEN i.at >= :since THEN 1 ELSE 0 END), 0) AS taken, max(i.at) AS last_taken "
            "FROM history h LEFT JOIN inbox i "
            "ON i.grp = :grp AND i.epoch = 0 AND i.source = h.source AND i.id = h.id "
            "WHERE h.seq > (SELECT coalesce(max(seq), 0) FROM history) - :newest "
            f"AND h.type IN {listed(session.engine, 'types')}",
            grp=grp,
            since=since,
            newest=NEWEST,
            types=values(session.engine, types),
        )
    )[0]
    return Pace(int(row.came), int(row.taken), row.last_taken)


async def taken_by_minute(session: Session, *, since: str, newest: int) -> dict[str, dict[str, int]]:
    """Return how many of the newest events each group took in each minute (2026-11-23T19:44) since an instant."""
    rows = await session.rows(
        "SELECT i.grp, substr(i.at, 1, 16) AS minute, count(*) AS n FROM history h "
        "JOIN inbox i ON i.source = h.source AND i.id = h.id AND i.epoch = 0 "
        "WHERE h.seq > (SELECT coalesce(max(seq), 0) FROM history) - :newest AND i.at >= :since "
        "GROUP BY i.grp, substr(i.at, 1, 16)",
        since=since,
        newest=newest,
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.grp, {})[row.minute] = int(row.n)
    return found


async def newest(session: Session, *, limit: int, types: Sequence[str] = (), subject: str = "") -> list[Envelope]:
    """Return the newest events, oldest of them first, optionally of some types or about one subject."""
    wanted = [f"h.type IN {listed(session.engine, 'types')}"] if types else []
    wanted += ["h.subject = :subject"] if subject else []
    only = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    given = {"types": values(session.engine, types)} if types else {}
    given |= {"subject": subject} if subject else {}
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h {only} ORDER BY h.seq DESC LIMIT :limit", limit=limit, **given
    )
    return [envelope(row) for row in reversed(rows)]

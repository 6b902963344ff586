"""Looks for people: how many events of each type there are, and the newest of them."""

from collections.abc import Sequence

from events.envelope import Envelope
from hub.store.history import NAMES, envelope
from hub.store.session import Session, listed, values


async def events_by_type(session: Session) -> dict[str, int]:
    """Return how many events of each full type were ever said."""
    rows = await session.rows("SELECT type, count(*) AS n FROM history GROUP BY type")
    return {row.type: int(row.n) for row in rows}


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

"""Looks for people: how many events of each type there are."""

from hub.store.session import Session


async def events_by_type(session: Session) -> dict[str, int]:
    """Return how many events of each full type were ever said."""
    rows = await session.rows("SELECT type, count(*) AS n FROM history GROUP BY type")
    return {row.type: int(row.n) for row in rows}

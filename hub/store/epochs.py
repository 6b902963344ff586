"""Epochs: under which a group's events are claimed. A replay begins the next one (`hub.store.replays`)."""

from hub.store.session import Session

CURRENT = "(SELECT coalesce(max(r.epoch), 0) FROM replays r WHERE r.grp = :grp)"


async def current(session: Session, grp: str) -> int:
    """Return the epoch under which a group takes events."""
    return int((await session.rows(f"SELECT {CURRENT} AS epoch", grp=grp))[0].epoch)


async def joined(session: Session, grp: str) -> int:
    """Return the epoch, which stays the group's until this transaction ends."""
    if session.engine == "postgresql":
        await session.rows("SELECT pg_advisory_xact_lock_shared(hashtextextended(:grp, 1))", grp=grp)
    return await current(session, grp)


async def closed(session: Session, grp: str) -> int:
    """Return the epoch once every transaction that joined it has ended; none joins until this one ends."""
    if session.engine == "postgresql":
        await session.rows("SELECT pg_advisory_xact_lock(hashtextextended(:grp, 1))", grp=grp)
    return await current(session, grp)

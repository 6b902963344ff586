"""How far each group has read the embedded log. A hint: the inbox is the truth."""

from hub.store.session import Session


async def position(session: Session, grp: str) -> int:
    """Return the number of the last event the group is through with."""
    rows = await session.rows("SELECT position FROM cursors WHERE grp = :grp", grp=grp)
    return int(rows[0].position) if rows else 0


async def move(session: Session, grp: str, to: int) -> None:
    """Move a group on; it never moves back."""
    await session.run(
        "INSERT INTO cursors (grp, position) VALUES (:grp, :to) ON CONFLICT (grp) DO UPDATE "
        "SET position = excluded.position WHERE cursors.position < excluded.position",
        grp=grp,
        to=to,
    )


async def all_positions(session: Session) -> dict[str, int]:
    """Return every group's position."""
    return {row.grp: int(row.position) for row in await session.rows("SELECT grp, position FROM cursors")}

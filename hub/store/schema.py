"""Which schema a database has, told without the migrations' machinery: commands and doctor ask before they read."""

from hub.store.session import Session

HAS_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
}


async def revision(session: Session) -> str | None:
    """Return the revision that the database stands at, None when no hub has used it yet."""
    if not await session.rows(HAS_TABLE[session.engine]):
        return None
    rows = await session.rows("SELECT version_num FROM alembic_version")
    return str(rows[0].version_num) if rows else None

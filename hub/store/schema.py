"""Which schema a database has, told without the migrations' machinery: commands and doctor ask before they read."""

from hub.store.session import Session

HAS_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
}
HAS_TERMS = {engine: sql.replace("alembic_version", "schema_terms") for engine, sql in HAS_TABLE.items()}


async def revision(session: Session) -> str | None:
    """Return the revision that the database stands at, None when no hub has used it yet."""
    if not await session.rows(HAS_TABLE[session.engine]):
        return None
    rows = await session.rows("SELECT version_num FROM alembic_version")
    return str(rows[0].version_num) if rows else None


def cannot_work(there: str, oldest: str, known: str) -> str:
    """Return why code that knows schemas up to `known` cannot work on a database, empty when it can."""
    if known >= oldest:
        return ""
    return (
        f"the database is at schema {there}, which releases before schema {oldest} cannot work on; this one ends at "
        f"{known}: start the newer release in its place"
    )


async def oldest(session: Session) -> str:
    """Return the oldest schema whose code may work on this one; empty where nothing is said."""
    if not await session.rows(HAS_TERMS[session.engine]):
        return ""
    rows = await session.rows("SELECT oldest FROM schema_terms")
    return str(rows[0].oldest) if rows else ""

"""What PostgreSQL lets the hub's role do with the tables, asked before the work begins instead of found out by it."""

from hub.errors import Shut
from hub.store import schema, tables
from hub.store.postgres import GRANT, PostgresStore
from hub.store.session import Session

MIGRATE = "run `vet-hub migrate` of this release as the database's owner"
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
FOR_OWNERS = frozenset({"schema_terms"})  # written by migrations, read by everybody
LACKING = """
    SELECT verb, array_agg(name ORDER BY name) AS names
    FROM unnest(CAST(:names AS text[])) AS name, unnest(CAST(:verbs AS text[])) AS verb
    WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name), verb)
    GROUP BY verb ORDER BY verb
"""


async def lacking(session: Session) -> dict[str, list[str]]:
    """Return what the role may not do, with the tables it may not do it to; nothing on a sound database."""
    names = sorted(set(tables.metadata.tables) - FOR_OWNERS)
    return {row.verb: list(row.names) for row in await session.rows(LACKING, names=names, verbs=list(VERBS))}


async def may_make_tables(session: Session) -> bool:
    """Return whether the role may make tables where the hub's are or will be."""
    rows = await session.rows("SELECT has_schema_privilege(current_schema(), 'CREATE') AS may")
    return bool(rows[0].may)


async def require_role(url: str, newest: str) -> None:
    """Return when the role may bring the database to a schema and do all that the hub does; raises Shut, ServiceAway."""
    store = PostgresStore(url, pool=1)
    try:
        at = await store.read(schema.revision)
        may_make = await store.read(may_make_tables)
    finally:
        await store.stop()
    if (at is None or at < newest) and not may_make:
        there = f"schema is {at}" if at else "tables are missing"
        raise Shut(f"the database's {there}, {newest} is wanted, and this role may not make tables", cure=MIGRATE)
    await require_grants(url)


async def require_grants(url: str) -> None:
    """Return when the role may do all that the hub does; raises Shut with what it may not, and ServiceAway."""
    store = PostgresStore(url, pool=1)
    try:
        missing = await store.read(lacking)
    finally:
        await store.stop()
    if missing:
        says = ", ".join(f"{verb} on {_told(names)}" for verb, names in missing.items())
        raise Shut(f"PostgreSQL does not let the hub's role at its work: it lacks {says}", cure=GRANT)


def _told(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more tables"

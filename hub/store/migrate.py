"""Bring a database to the newest schema. The embedded hub does it at start; in a cluster the first process of a release.

Old and new code work on one database while a cluster is upgraded, so a migration only adds. One that takes something away
says in `OLDEST` up to which schema code still used it; processes older than that refuse to work on the database.
"""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from hub.errors import ServiceAway, Shut, WrongSchema
from hub.store.lite import calling, lite_engine
from hub.store.postgres import LOCK_LIMIT, NOT_PERMITTED, sqlstate, trouble_of
from hub.store.schema import cannot_work

MIGRATION_LOCK = 7_203_948_112  # advisory lock: two processes that start together migrate one after the other


def script() -> Config:
    """Return Alembic's configuration for the migrations in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest() -> str:
    """Return the newest revision that this code knows."""
    head = ScriptDirectory.from_config(script()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations in the package")
    return head


async def migrate(url: str) -> None:
    """Bring the database at `url` (sqlite:///PATH or postgresql+asyncpg://…) to the newest schema.

    One of a newer release is left as it is, if this release may work on it. Raises WrongSchema, ServiceAway.
    """
    if url.startswith("sqlite:///"):
        await asyncio.to_thread(calling, _migrate_lite, Path(url.removeprefix("sqlite:///")))
        return
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            # Who waits for a table's lock makes everybody else wait behind him: better to come again.
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_LIMIT}'")
            await connection.run_sync(_bring)
    except (OSError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and sqlstate(error) == NOT_PERMITTED:
            raise Shut(
                f"the database's schema is older than this release's, {newest()}, and this role may not change it",
                cure="run `vet-hub migrate` of this release as the database's owner",
            ) from error
        trouble = trouble_of(error)
        raise trouble if isinstance(trouble, ServiceAway) else error from error
    finally:
        await engine.dispose()


def _migrate_lite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and addresses will lie in it
    engine = lite_engine(path)
    try:
        with engine.connect() as connection:
            if current(connection) == newest():
                return
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _bring(connection)
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def _bring(connection: Connection) -> None:
    there, known = current(connection), newest()
    if there is None or there < known:
        upgrade(connection)
    elif there > known and (reason := cannot_work(there, oldest(connection), known)):
        raise WrongSchema(reason)


def upgrade(connection: Connection) -> None:
    """Run the missing migrations on an open connection."""
    config = script()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    revisions = ScriptDirectory.from_config(config).walk_revisions()
    terms = max(getattr(each.module, "OLDEST", "") for each in revisions)
    connection.exec_driver_sql("DELETE FROM schema_terms")
    connection.exec_driver_sql(f"INSERT INTO schema_terms (oldest) VALUES ('{terms}')")


def current(connection: Connection) -> str | None:
    """Return the revision a database stands at, None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def oldest(connection: Connection) -> str:
    """Return the oldest schema whose code may work on this database; empty where nothing is said."""
    if not inspect(connection).has_table("schema_terms"):
        return ""
    return str(connection.exec_driver_sql("SELECT oldest FROM schema_terms").scalar() or "")

"""Bring a database to the newest schema. The embedded hub does it at start; a cluster runs it once per release."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from hub.errors import ServiceAway
from hub.store.lite import calling, lite_engine

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
    """Bring the database at `url` (sqlite:///PATH or postgresql+asyncpg://…) to the newest schema."""
    if url.startswith("sqlite:///"):
        await asyncio.to_thread(calling, _migrate_lite, Path(url.removeprefix("sqlite:///")))
        return
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            await connection.run_sync(upgrade)
    except OSError as error:
        raise ServiceAway(f"PostgreSQL does not answer: {error}") from error
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
            upgrade(connection)
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the missing migrations on an open connection."""
    config = script()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """Return the revision a database stands at, None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()

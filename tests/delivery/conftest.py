"""A real SQLite file and a real PostgreSQL database for each delivery test; each schema is made once per run.

Making and dropping a PostgreSQL database takes over a second, so one is shared and emptied before every test.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from hub.store.lite import LiteStore
from hub.store.migrate import migrate
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from hub.store.tables import metadata
from tests.conftest import DATABASE
from tests.delivery.rigs import HistoryRig, KafkaRig, Rig
from tests.delivery.toys import Bench

Stores = LiteStore | PostgresStore


@pytest.fixture(scope="session")
def lite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest schema, to copy from."""
    path = tmp_path_factory.mktemp("lite") / "hub.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def shared_database() -> Iterator[str]:
    """A PostgreSQL database at the newest schema, dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    url = DATABASE.rpartition("/")[0] + f"/{name}"
    asyncio.run(_on_the_server(f"CREATE DATABASE {name}"))
    asyncio.run(migrate(url))
    yield url
    asyncio.run(_on_the_server(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def store_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's own database is, on each engine in turn."""
    if engine == "postgresql":
        return str(request.getfixturevalue("shared_database"))
    (tmp_path / "hub").mkdir()
    shutil.copy(request.getfixturevalue("lite_file"), tmp_path / "hub" / "hub.db")
    return f"sqlite:///{tmp_path / 'hub' / 'hub.db'}"


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Stores]:
    """An open, empty store, on each engine in turn."""
    made: Stores
    if store_url.startswith("sqlite:///"):
        made = LiteStore(Path(store_url.removeprefix("sqlite:///")))
        await made.start()
    else:
        made = PostgresStore(store_url)
        await made.write(_empty)
    yield made
    await made.stop()


@pytest.fixture
async def postgres(shared_database: str) -> AsyncIterator[PostgresStore]:
    """An open, empty store on PostgreSQL, for what SQLite's one writer cannot get wrong."""
    made = PostgresStore(shared_database)
    await made.write(_empty)
    yield made
    await made.stop()


@pytest.fixture
async def lite(lite_file: Path, tmp_path: Path) -> AsyncIterator[LiteStore]:
    """An open, empty store on SQLite, for what only a file can suffer."""
    (tmp_path / "hub").mkdir()
    shutil.copy(lite_file, tmp_path / "hub" / "hub.db")
    made = LiteStore(tmp_path / "hub" / "hub.db")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def bench(store: Stores) -> Bench:
    """An executor over a store, on each engine in turn."""
    return Bench(store)


async def _empty(session: Session) -> None:
    deletes = "".join(f"DELETE FROM {table}; " for table in metadata.tables)  # noqa: S608 - our own tables
    await session.run(f"DO $$ BEGIN {deletes} ALTER SEQUENCE history_seq_seq RESTART; END $$")


async def _on_the_server(sql: str) -> None:
    engine = create_async_engine(DATABASE, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(sql)
    await engine.dispose()


@pytest.fixture
def history_rig(lite: LiteStore) -> HistoryRig:
    """The embedded log."""
    return HistoryRig(lite)


@pytest.fixture
async def kafka_rig(postgres: PostgresStore, topic_prefix: str) -> AsyncIterator[KafkaRig]:
    """The cluster's log, its relay running, on topics of its own."""
    async with KafkaRig(postgres, topic_prefix).running() as rig:
        yield rig


@pytest.fixture(params=["history", pytest.param("kafka", marks=pytest.mark.services)])
def rig(request: pytest.FixtureRequest) -> Rig:
    """Each log in turn."""
    made: Rig = request.getfixturevalue(f"{request.param}_rig")
    return made

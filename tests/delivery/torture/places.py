"""Where a schedule's hub keeps its state: a folder, or a database and topics of its own; made quickly, left behind by none."""

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from events.topics import TOPICS
from hub.store.lite import LiteStore
from hub.store.migrate import migrate
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from tests.delivery.torture.schedule import Engine

PARTITIONS = 3  # of each topic: enough to be shared by two processes
FEWER = json.dumps({topic.name: PARTITIONS for topic in TOPICS})  # processes wait for as many as they want


@dataclass(frozen=True)
class Place:
    """Settings for the victims, and the store as the test sees it."""

    settings: Mapping[str, str]
    store: Store


class Embedded:
    """Makes folders with a migrated database, copied from one that is migrated once."""

    def __init__(self, folder: Path) -> None:
        self._original = folder / "original.db"

    async def prepare(self) -> None:
        """Migrate the original."""
        await migrate(f"sqlite:///{self._original}")

    @asynccontextmanager
    async def place(self, folder: Path) -> AsyncIterator[Place]:
        """Lend a fresh folder."""
        shutil.copy(self._original, folder / "hub.db")
        store = LiteStore(folder / "hub.db", exclusive=False)
        await store.start()
        try:
            yield Place({"VET_HUB_DATA": str(folder)}, store)
        finally:
            await store.stop()


class Cluster:
    """Makes databases from a migrated template, and topics."""

    def __init__(self, database_url: str, log_url: str) -> None:
        self._log = log_url
        self._server = database_url.rpartition("/")[0]
        self._template = f"torture_{uuid4().hex[:12]}"
        self._engine: AsyncEngine = create_async_engine(database_url, isolation_level="AUTOCOMMIT")

    async def prepare(self) -> None:
        """Migrate the template."""
        await self._tell(f"CREATE DATABASE {self._template}")
        await migrate(f"{self._server}/{self._template}")

    async def clear(self) -> None:
        """Drop the template."""
        await self._tell(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")
        await self._engine.dispose()

    @asynccontextmanager
    async def place(self, _folder: Path) -> AsyncIterator[Place]:
        """Lend a fresh database and fresh topics."""
        name = f"torture_{uuid4().hex[:12]}"
        await self._tell(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        try:
            async with self._topics(f"{name}."):
                store = PostgresStore(f"{self._server}/{name}", pool=2)
                try:
                    yield Place(
                        {
                            "VET_HUB_DATABASE_URL": f"{self._server}/{name}",
                            "VET_HUB_LOG_URL": self._log,
                            "VET_HUB_TOPIC_PREFIX": f"{name}.",
                            "VET_HUB_PARTITIONS": FEWER,
                        },
                        store,
                    )
                finally:
                    await store.stop()
        finally:
            await self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def _topics(self, prefix: str) -> AsyncIterator[None]:
        names = [prefix + topic.name for topic in TOPICS if not topic.per_tenant]
        admin = AIOKafkaAdminClient(bootstrap_servers=self._log.removeprefix("kafka://"))
        await admin.start()
        try:
            answer = await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
            refused = [error for error in answer.topic_errors if error[1]]
            if refused:
                raise RuntimeError(f"topics not made: {refused}")
            yield
            await admin.delete_topics(names)
        finally:
            await admin.close()

    async def _tell(self, sql: str) -> None:
        async with self._engine.connect() as connection:
            await connection.exec_driver_sql(sql)


Ground = Embedded | Cluster


@asynccontextmanager
async def grounds(
    engines: frozenset[Engine], folder: Path, *, database_url: str, log_url: str
) -> AsyncIterator[Mapping[Engine, Ground]]:
    """Make what all schedules of a run build on, and take it away again."""
    made: dict[Engine, Ground] = {}
    try:
        if "sqlite" in engines:
            made["sqlite"] = Embedded(folder)
        if "cluster" in engines:
            made["cluster"] = Cluster(database_url, log_url)
        for ground in made.values():  # one after the other: Alembic keeps the open migration in a global
            await ground.prepare()
        yield made
    finally:
        for ground in made.values():
            if isinstance(ground, Cluster):
                await ground.clear()


async def let_leases_run_out(session: Session) -> int:
    """Ten seconds pass for the relay's lease, which goes by the database's clock; a dead relay does not renew it."""
    return await session.run("UPDATE leases SET until = '2000-01-01T00:00:00.000000Z'")

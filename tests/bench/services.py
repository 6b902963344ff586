"""Databases and topics for a bench, on the real services of development; made before, dropped afterwards."""

import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy.ext.asyncio import create_async_engine

from events.topics import TOPICS
from hub.store.migrate import migrate
from tests.bench.harness import Services

SCRIPT = Path(__file__).parents[2] / "deploy/dev/services.sh"
DATABASE, LOG = "VET_HUB_TEST_DATABASE_URL", "VET_HUB_TEST_LOG_URL"


def find_services() -> Services | None:
    """Return the services that the environment names, else those of `deploy/dev/services.sh` when they run."""
    named = {name: os.environ[name] for name in (DATABASE, LOG) if os.environ.get(name)} or _of_the_script()
    if DATABASE not in named or LOG not in named:
        return None
    return Services(named[DATABASE], named[LOG].removeprefix("kafka://"))


def _of_the_script() -> dict[str, str]:
    if subprocess.run([SCRIPT, "status"], capture_output=True, check=False).returncode:
        return {}
    told = subprocess.run([SCRIPT, "env"], capture_output=True, check=True, text=True).stdout
    words = [word.partition("=") for word in shlex.split(told) if "=" in word]
    return {name.replace("VET_HUB_", "VET_HUB_TEST_"): value for name, _, value in words}


@asynccontextmanager
async def database(services: Services) -> AsyncIterator[str]:
    """Make an empty database with the hub's tables; give its URL."""
    name = f"bench_{uuid4().hex[:12]}"
    engine = create_async_engine(services.database_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = services.database_url.rpartition("/")[0] + f"/{name}"
    try:
        await migrate(url)
        yield url
    finally:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        await engine.dispose()


@asynccontextmanager
async def topics(services: Services) -> AsyncIterator[str]:
    """Make the hub's topics under a prefix of their own; give the prefix."""
    prefix = f"bench{uuid4().hex[:10]}."
    wanted = [NewTopic(prefix + topic.name, topic.partitions, 1) for topic in TOPICS if not topic.per_tenant]
    admin = AIOKafkaAdminClient(bootstrap_servers=services.bootstrap)
    await admin.start()
    try:
        await admin.create_topics(wanted)
        yield prefix
        await admin.delete_topics([topic.name for topic in wanted])
    finally:
        await admin.close()

"""What all tests share: real services when they are up, a fresh database or topic prefix each, and one honest line.

Without services the marked tests are skipped and the summary says so; with VET_HUB_REQUIRE_SERVICES=1 (CI) that fails.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import create_async_engine

from events.topics import TOPICS
from hub.rows import Row
from hub.settings import Settings, load
from hub.store import nouns
from hub.store.migrate import migrate
from hub.store.recent import keep, read_row
from tests.delivery.outages.disk import may_mount
from tests.log_guard import log_as_before

__all__ = ["log_as_before"]

hypothesis.settings.register_profile(
    "hub",
    deadline=None,  # a loaded machine is not a bug; speed is the benches' matter
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.load_profile("hub")

DATABASE = os.environ.get("VET_HUB_TEST_DATABASE_URL", "")
LOG = os.environ.get("VET_HUB_TEST_LOG_URL", "")
REQUIRED = os.environ.get("VET_HUB_REQUIRE_SERVICES") == "1"
TOOLS = Path(__file__).parents[1] / ".tools"
VERAPDF = TOOLS / "cli-1.30.2.jar"
ASYNCAPI = TOOLS / "asyncapi-3.6.3" / "whole.json"
EXAMPLE_JARS = TOOLS / "java-example" / "pom.xml"
EXAMPLE_NODE = TOOLS / "javascript-example" / "whole.json"
MAILPIT = TOOLS / "mailpit-1.27.11" / "mailpit"


@dataclass(frozen=True)
class Outside:
    """Something real that tests of a marker need and that a machine may lack."""

    marker: str
    there: bool
    tests: str
    cure: str
    may_lack: bool = False
    """Whether even CI may leave it out: a right that nobody can install."""


OUTSIDE = (
    Outside("services", bool(DATABASE and LOG), "on real PostgreSQL and Kafka", "deploy/dev/services.sh up"),
    Outside("verapdf", VERAPDF.exists() and bool(shutil.which("java")), "by veraPDF", "deploy/dev/verapdf.sh fetch"),
    Outside("browser", bool(shutil.which("chromium")), "in a real browser", "apt-get install chromium"),
    Outside(
        "asyncapi",
        ASYNCAPI.exists() and bool(shutil.which("node")),
        "by AsyncAPI's parser",
        "deploy/dev/asyncapi.sh fetch",
    ),
    Outside(
        "examples",
        EXAMPLE_JARS.exists() and EXAMPLE_NODE.exists() and all(map(shutil.which, ("javac", "curl", "node"))),
        "of partners' programs",
        "deploy/dev/examples.sh fetch",
    ),
    Outside("disk", may_mount(), "on a disk that fills up", "run as root, or with the right to mount", True),
    Outside("mailpit", MAILPIT.exists(), "with a real mail server", "deploy/dev/mailpit.sh build"),
)
LEFT_OUT = pytest.StashKey[dict[Outside, int]]()


@pytest.fixture(autouse=True)
def _own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's shell may reach a test."""
    for name in os.environ:
        if name.startswith("VET_HUB_") and not name.startswith(("VET_HUB_TEST_", "VET_HUB_REQUIRE")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _rows_come_back_as_they_were_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A row that is kept is what its text says: who reads it back may be given the one or the other."""
    changed: list[str] = []

    def checked(row: Row) -> str:
        body = keep(row)
        with suppress(ValidationError):  # what nobody could read is refused by the database's columns too
            again = read_row(type(row), body)
            if again != row:
                changed.append(f"kept {row!r}, read back {again!r}")
        return body

    monkeypatch.setattr(nouns, "keep", checked)
    yield
    assert changed == []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs something that is not there, or fail at once where nothing may be skipped."""
    left_out = config.stash.setdefault(LEFT_OUT, {})
    for outside in OUTSIDE:
        marked = [] if outside.there else [item for item in items if item.get_closest_marker(outside.marker)]
        if marked and REQUIRED and not outside.may_lack:
            raise pytest.UsageError(
                f"VET_HUB_REQUIRE_SERVICES=1, but {len(marked)} tests {outside.tests} cannot run: {outside.cure}"
            )
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"needs `{outside.cure}`"))
        left_out[outside] = len(marked)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one line what was left out and how to get it."""
    left_out = [(outside, count) for outside, count in config.stash.get(LEFT_OUT, {}).items() if count]
    if left_out:
        told = ", ".join(f"{count} tests {outside.tests} (`{outside.cure}`)" for outside, count in left_out)
        terminalreporter.write_line(f"left out: {told}; after these commands `make test` runs them too")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest schema, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "hub.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def embedded_settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings of an embedded hub in a folder of its own."""
    folder = tmp_path / "hub"
    folder.mkdir()
    shutil.copy(migrated, folder)
    return load(data=folder)


@pytest.fixture
async def database_url() -> AsyncIterator[str]:
    """A fresh PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    engine = create_async_engine(DATABASE, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield DATABASE.rpartition("/")[0] + f"/{name}"
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    await engine.dispose()


@pytest.fixture
async def topic_prefix() -> AsyncIterator[str]:
    """A fresh set of the hub's topics on the real broker, deleted afterwards."""
    prefix = f"test{uuid4().hex[:10]}."
    admin = AIOKafkaAdminClient(bootstrap_servers=LOG.removeprefix("kafka://"))
    await admin.start()
    wanted = [NewTopic(prefix + topic.name, topic.partitions, 1) for topic in TOPICS if not topic.per_tenant]
    answer = await admin.create_topics(wanted)
    assert all(code == 0 for _, code, _ in answer.topic_errors), answer.topic_errors
    yield prefix
    await admin.delete_topics([topic.name for topic in wanted])
    await admin.close()


@pytest.fixture
async def bare_prefix() -> AsyncIterator[str]:
    """A prefix under which there are no topics yet; what is made under it is deleted."""
    prefix = f"test{uuid4().hex[:10]}."
    admin = AIOKafkaAdminClient(bootstrap_servers=LOG.removeprefix("kafka://"))
    await admin.start()
    yield prefix
    await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(prefix)])
    await admin.close()


@pytest.fixture
def bare_cluster(database_url: str, bare_prefix: str, tmp_path: Path) -> Settings:
    """Settings of a cluster in which nothing is made yet: an empty database and no topics."""
    return load(data=tmp_path / "hub", database_url=database_url, log_url=LOG, topic_prefix=bare_prefix)


@pytest.fixture
def cluster_settings(database_url: str, topic_prefix: str, tmp_path: Path) -> Settings:
    """Settings of a cluster with a database and topics of its own."""
    return load(data=tmp_path / "hub", database_url=database_url, log_url=LOG, topic_prefix=topic_prefix)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)

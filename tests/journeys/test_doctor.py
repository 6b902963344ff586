"""Wrong topics, roles and credentials: the doctor names each with its cure, processes wait for it and go on when mended."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sqlalchemy.ext.asyncio import create_async_engine

from events.topics import CATALOGUE
from hub.cli import run
from hub.errors import Shut
from hub.log.topics import make_missing
from hub.settings import Settings
from hub.store.migrate import migrate
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from hub.stream import ready
from tests.conftest import DATABASE, LOG
from tests.delivery.processes import Start, processes_of
from tests.journeys.composing import free_port

pytestmark = pytest.mark.services

BOOTSTRAP = LOG.removeprefix("kafka://")
Doctor = Callable[..., Any]


@pytest.fixture
def doctor(cluster_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Asks the doctor, under other settings where they are given; returns what is wrong, by check, and the exit code."""

    async def ask(**other: str) -> tuple[dict[str, dict[str, Any]], int]:
        given = {
            "database_url": cluster_settings.url,
            "log_url": LOG,
            "topic_prefix": cluster_settings.topic_prefix,
        } | other
        for name, value in given.items():
            monkeypatch.setenv(f"VET_HUB_{name.upper()}", value)
        code = await asyncio.to_thread(run, ["doctor", "--json"])
        rows = json.loads(capsys.readouterr().out)
        return {row["check"]: row for row in rows if not row["ok"]}, code

    return ask


@pytest.fixture
async def start(cluster_settings: Settings, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts processes of a cluster of the test's own."""
    async with processes_of(cluster_settings, tmp_path) as starting:
        yield starting


async def sql(url: str, *statements: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
    await engine.dispose()


@pytest.fixture
async def role(cluster_settings: Settings) -> AsyncIterator[str]:
    """A role that may log in and read, and nothing more; returns the URL by which it comes to the database."""
    name = f"test_{uuid4().hex[:12]}"
    await migrate(cluster_settings.url)
    await sql(
        cluster_settings.url, f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"
    )
    yield cluster_settings.url.replace("postgres@", f"{name}@", 1)
    await sql(cluster_settings.url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def test_a_sound_cluster_passes(doctor: Doctor, cluster_settings: Settings, bare_prefix: str) -> None:
    await migrate(cluster_settings.url)
    await make_missing(BOOTSTRAP, prefix=bare_prefix)

    assert await doctor(topic_prefix=bare_prefix) == ({}, 0)


async def test_missing_topics_are_named_with_the_command_that_makes_them(doctor: Doctor, bare_prefix: str) -> None:
    wrong, code = await doctor(topic_prefix=bare_prefix)

    assert f"topics missing: {bare_prefix}hub.cooperation.v1" in wrong["Kafka"]["says"]
    assert wrong["Kafka"]["cure"] == "vet-hub topics apply"
    assert (set(wrong), code) == ({"Kafka"}, 3)


async def test_a_setting_that_drifted_is_named(doctor: Doctor, bare_prefix: str) -> None:
    await make_missing(BOOTSTRAP, prefix=bare_prefix)
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    drifted = ConfigResource(ConfigResourceType.TOPIC, bare_prefix + CATALOGUE, configs={"retention.ms": "1000"})
    await admin.alter_configs([drifted])
    await admin.close()

    async with asyncio.timeout(60):
        while "Kafka" not in (wrong := (await doctor(topic_prefix=bare_prefix))[0]):
            pass

    assert wrong["Kafka"]["says"] == f"topics differ: {bare_prefix}{CATALOGUE} retention.ms 1000 → 7776000000"
    assert wrong["Kafka"]["cure"] == "vet-hub topics apply"


async def test_too_few_partitions_are_named_and_waited_for_unless_they_are_wanted(
    doctor: Doctor, start: Start, bare_prefix: str
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    few = NewTopic(bare_prefix + CATALOGUE, 2, 1, topic_configs={"retention.ms": "7776000000"})
    await admin.create_topics([few])
    await admin.close()
    await make_missing(BOOTSTRAP, prefix=bare_prefix)

    relay = start("relay", topic_prefix=bare_prefix)
    wrong, code = await doctor(topic_prefix=bare_prefix)
    await relay.says(f"topics with too few partitions: {bare_prefix}{CATALOGUE} has 2 of 6")

    assert f"{bare_prefix}{CATALOGUE} has 2 partitions, 6 are wanted" in wrong["Kafka"]["says"]
    assert f"VET_HUB_PARTITIONS='{{\"{CATALOGUE}\": 2}}'" in wrong["Kafka"]["cure"]
    assert code == 1
    assert await relay.stop() == 0
    kept, _ = await doctor(topic_prefix=bare_prefix, partitions=f'{{"{CATALOGUE}": 2}}')
    assert kept == {}


async def test_a_role_that_may_not_write_is_named_and_waited_for_until_it_may(
    doctor: Doctor, start: Start, role: str, cluster_settings: Settings
) -> None:
    courier = start("courier", database_url=role)
    wrong, code = await doctor(database_url=role)
    await courier.says("PostgreSQL does not let the hub's role at its work: it lacks DELETE on")

    assert "INSERT on agreements, audit and" in wrong["role"]["says"]
    assert wrong["role"]["cure"].startswith("as the tables' owner: GRANT SELECT, INSERT, UPDATE, DELETE")
    assert code == 4
    name = role.partition("//")[2].partition("@")[0]
    await sql(cluster_settings.url, f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    await courier.says("courier: running")
    assert courier.said().count("start.waiting") < 6
    assert await courier.stop() == 0


async def test_a_role_that_may_not_make_tables_is_told_who_does(
    doctor: Doctor, role: str, cluster_settings: Settings
) -> None:
    empty = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO public")
    await sql(cluster_settings.url, *empty)

    wrong, code = await doctor(database_url=role)
    with pytest.raises(
        Shut, match="this role may not change it; run `vet-hub migrate` of this release as the database"
    ):
        await migrate(role)

    assert "the database's tables are missing" in wrong["role"]["says"]
    assert wrong["role"]["cure"] == "run `vet-hub migrate` of this release as the database's owner"
    assert code == 4


async def test_a_right_that_is_taken_away_later_stands_for_no_bug(role: str) -> None:
    store = PostgresStore(role)

    with pytest.raises(Shut, match="does not let the hub at its work: permission denied for table outbox"):
        await store.write(_delete_from_outbox)
    await store.stop()


async def _delete_from_outbox(session: Session) -> None:
    await session.run("DELETE FROM outbox")


@pytest.mark.parametrize(
    ("url", "says", "cure"),
    [
        (
            "postgresql+asyncpg://nobody_made_this@HOST/vet_hub",
            'role "nobody_made_this" does not exist',
            "make that role",
        ),
        (
            "postgresql+asyncpg://USER@HOST/nobody_made_this",
            'database "nobody_made_this" does not exist',
            "make that database",
        ),
        ("postgresql+asyncpg://hub:wrong@WARY/vet_hub", "password authentication failed", "is the password in VET_HUB"),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    doctor: Doctor, cluster_settings: Settings, url: str, says: str, cure: str
) -> None:
    user, _, host = DATABASE.partition("//")[2].rpartition("/")[0].rpartition("@")
    async with wary_postgres() as wary:
        url = url.replace("USER", user).replace("HOST", host).replace("WARY", wary)
        wrong, code = await doctor(database_url=url)
        with pytest.raises(Shut, match=f"PostgreSQL does not let the hub in: {says}"):
            await ready(cluster_settings.model_copy(update={"database_url": url}))

    assert says in wrong["database"]["says"]
    assert wrong["database"]["cure"].startswith(cure)
    assert code == 4
    assert "wrong@" not in json.dumps(wrong)


@asynccontextmanager
async def wary_postgres() -> AsyncIterator[str]:
    """Says what PostgreSQL says to a wrong password: the development server asks for none. Yields its host and port."""
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "hub"\0\0'

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length, code) = struct.unpack("!ii", await reader.readexactly(8))
        if code == 80877103:  # whether it speaks TLS
            writer.write(b"N")
            (length, _) = struct.unpack("!ii", await reader.readexactly(8))
        await reader.readexactly(length - 8)
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_kafka_that_is_not_there_and_kafka_that_does_not_let_in_are_told_apart(doctor: Doctor) -> None:
    away, code_away = await doctor(log_url=f"kafka://127.0.0.1:{free_port()}")
    # This broker takes no passwords: whoever shows one is not let in.
    shut, code_shut = await doctor(log_url=LOG, log_user="hub", log_password="wrong")

    assert "does not answer" in away["Kafka"]["says"]
    assert code_away == 3
    assert "takes connections and does not let the hub in" in shut["Kafka"]["says"]
    assert "VET_HUB_LOG_USER, its password" in shut["Kafka"]["cure"]
    assert code_shut == 4

"""The cluster's processes as the system sees them: they wait for what they need, stop in good order, and replace each other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from events.topics import NOTIFICATION
from hub.access import create_key
from hub.clock import SystemClock
from hub.log.topics import make_missing
from hub.settings import Settings
from hub.store.postgres import PostgresStore
from tests.bench.web import event
from tests.delivery.processes import Part, Start, processes_of
from tests.delivery.rigs import BOOTSTRAP
from tests.delivery.toys import until

pytestmark = pytest.mark.services


@pytest.fixture
async def start(cluster_settings: Settings, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts processes of a cluster of the test's own."""
    async with processes_of(cluster_settings, tmp_path) as starting:
        yield starting


async def test_a_process_says_once_what_it_waits_for_and_begins_when_that_is_there(
    start: Start, cluster_settings: Settings
) -> None:
    missing = cluster_settings.topic_prefix + NOTIFICATION
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    await admin.delete_topics([missing])
    await admin.close()

    relay = start("relay")
    await relay.says(f"topics missing: {missing}; make them with `vet-hub topics apply`")
    await make_missing(BOOTSTRAP, prefix=cluster_settings.topic_prefix)
    await relay.says("relay: running")

    assert relay.said().count("start.waiting") < 4
    assert await relay.stop() == 0


async def test_a_process_that_waits_stops_when_it_is_told_to(start: Start) -> None:
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    worker = start("worker", "--group", "matcher", "--group", "workflow", database_url=nowhere)
    await worker.says("PostgreSQL does not answer")

    assert await worker.stop() == 0
    assert "Traceback" not in worker.said()


async def test_processes_that_are_told_to_stop_end_with_success(start: Start) -> None:
    parts = [start("worker"), start("scheduler"), start("courier")]
    for part in parts:
        await part.says("running")

    assert [await part.stop() for part in parts] == [0, 0, 0]
    assert [line for part in parts for line in part.said().splitlines() if "running" not in line] == []


async def test_a_web_process_lets_open_requests_end_and_a_second_signal_ends_it_at_once(
    start: Start, cluster_settings: Settings
) -> None:
    one, two = start("web"), start("web")
    for web in (one, two):
        await web.says("running at")
    first, second = [await half_a_post(web, await key_of(cluster_settings)) for web in (one, two)]

    one.signal(signal.SIGTERM)
    two.signal(signal.SIGTERM)
    for web in (one, two):
        await until(lambda web=web: is_closed(web))  # type: ignore[misc]
    two.signal(signal.SIGTERM)
    first.writer.write(first.rest)

    assert (await first.reader.readline()).startswith(b"HTTP/1.1 202")
    assert await one.ended() == 0
    assert await two.ended() == -signal.SIGTERM
    assert await second.reader.read() == b""
    for half in (first, second):
        half.writer.close()


class Half(NamedTuple):
    """A request that is on its way: what is still to be sent, and its connection."""

    rest: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def key_of(settings: Settings) -> str:
    store = PostgresStore(settings.database_url or "")
    key, _ = await create_key(store, SystemClock(), org="hub", scopes=["events:write", "import"])
    await store.stop()
    return key


async def half_a_post(web: Part, key: str) -> Half:
    body = orjson.dumps(event(1))
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: hub.example\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/cloudevents+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(head.encode() + body[:10])
    await writer.drain()
    return Half(body[10:], reader, writer)


async def is_closed(web: Part) -> bool:
    """Return whether it takes no more connections."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
    except OSError:
        return True
    writer.close()
    return False

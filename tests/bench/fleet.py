"""The cluster as it is run: every part a process of its own, on the real PostgreSQL and Kafka."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from events.codec import to_structured
from hub.demo import story
from tests.bench.commands import COMMAND
from tests.bench.harness import Services
from tests.bench.posting import CONNECTIONS, Connection, Target, post_all, request, server
from tests.bench.ranking import NOBODY, TODAY
from tests.bench.services import database, topics

GROUPS = ("matcher", "workflow", "notifier", "projector")
PARTS: Sequence[tuple[str, ...]] = (("relay",), *(("worker", "--group", group) for group in GROUPS))
START_LIMIT = 240.0  # seconds


@asynccontextmanager
async def fleet(services: Services, *, more: Mapping[str, str] | None = None) -> AsyncIterator[tuple[Target, str]]:
    """Run web, relay and a worker for each group on a database and topics of their own; give the door and the database.

    Scheduler and courier are left out: nothing falls due, and what leaves the building is measured elsewhere.
    """
    async with database(services) as url, topics(services) as prefix, running(services, url, prefix, more) as target:
        yield target, url


@asynccontextmanager
async def running(
    services: Services, url: str, prefix: str, more: Mapping[str, str] | None = None
) -> AsyncIterator[Target]:
    """Run the processes on a database and topics that are there."""
    settings = {
        "VET_HUB_DATABASE_URL": url,
        "VET_HUB_LOG_URL": f"kafka://{services.bootstrap}",
        "VET_HUB_TOPIC_PREFIX": prefix,
        **(more or {}),
    }
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(server("web", settings))
        await asyncio.gather(*[stack.enter_async_context(_process(part, settings)) for part in PARTS])
        yield target


@asynccontextmanager
async def _process(part: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")}
    process = await asyncio.create_subprocess_exec(
        COMMAND, *part, stdout=DEVNULL, stderr=PIPE, env={**environment, **settings, "VET_HUB_LOG_LEVEL": "error"}
    )
    try:
        async with asyncio.timeout(START_LIMIT):
            await _says_that_it_runs(process)
        reading = asyncio.ensure_future(_read_on(process))
        yield process
        reading.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _says_that_it_runs(process: Process) -> None:
    said = b""
    assert process.stderr is not None
    async for line in process.stderr:
        said += line
        if b": running" in line:
            return
    raise AssertionError(f"a process of the cluster ended: {said.decode()}")


async def _read_on(process: Process) -> None:
    """Keep its pipe from filling up."""
    assert process.stderr is not None
    async for _ in process.stderr:
        pass


async def connect(target: Target) -> list[Connection]:
    """Open the connections of one client."""
    return [await Connection.to(target) for _ in range(CONNECTIONS)]


async def publish_catalogue(line: Connection, target: Target) -> None:
    """Post who takes part in the demonstration and what is taught."""
    for post in story.catalogue(TODAY, NOBODY):
        await post_all([line], [request(target, to_structured(envelope)) for envelope in post.envelopes])

"""What `up` and the cluster's processes share: they run until a signal or until a part fails, and end in good order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from hub.app import embedded
from hub.cli.opening import cluster_module
from hub.log.topic_plan import asked
from hub.parts import Hub
from hub.settings import Settings

log = structlog.get_logger()
SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOP_LIMIT = 14.0  # seconds from the first signal to the end, whatever still hangs


def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run until the work ends or a signal comes. The first lets it finish what it has in hand, a second ends it at once."""
    asyncio.run(_until_told(work))


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(work)
    told = asyncio.Event()

    def tell() -> None:
        told.set()
        for name in SIGNALS:
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)
        loop.call_later(STOP_LIMIT, _cut_short)
        working.cancel()

    for name in SIGNALS:
        loop.add_signal_handler(name, tell)
    try:
        await working
    except asyncio.CancelledError:
        if not told.is_set():
            raise


def _cut_short() -> None:
    # Nothing is lost: what was not committed comes again, to this process's successor or to its neighbours.
    log.warning("stop.cut_short", seconds=STOP_LIMIT)
    os._exit(0)


@asynccontextmanager
async def whole_hub(settings: Settings, *, patience: float = 0.0) -> AsyncIterator[Hub]:
    """Run every part in this process: embedded, or the whole cluster, with its topics, where the settings name one."""
    if settings.embedded:
        async with embedded(settings) as hub:
            yield hub
    else:
        stream = cluster_module("hub.stream")
        await stream.wait_for_broker(settings, patience=patience)
        await cluster_module("hub.log.topics").make_missing(settings.bootstrap, **asked(settings))
        async with stream.cluster(settings, patience=patience) as hub:
            yield hub


async def while_well(hub: Hub, *works: Awaitable[None]) -> None:
    """Do works while the hub runs, without end where there are none; raises what a part of the hub or a work failed of."""
    parts = [hub.trouble] if hub.trouble is not None else []
    running: list[asyncio.Future[Any]] = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait([*running, *parts], return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)

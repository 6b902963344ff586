"""What `up` and the cluster's processes share: they run until a signal or until a part fails."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from hub.app import embedded
from hub.cli.opening import cluster_module
from hub.log.topic_plan import asked
from hub.parts import Hub
from hub.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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


async def until_stopped(hub: Hub, *works: Awaitable[None]) -> None:
    """Return on SIGINT or SIGTERM, after the works have ended; raises what a part of the hub or a work failed of."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in SIGNALS:
        loop.add_signal_handler(name, told.set)
    running: list[asyncio.Future[Any]] = [asyncio.ensure_future(told.wait()), *map(asyncio.ensure_future, works)]
    parts = [hub.trouble] if hub.trouble is not None else []
    try:
        done, _ = await asyncio.wait([*running, *parts], return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        # From here a second signal ends the process at once.
        for name in SIGNALS:
            loop.remove_signal_handler(name)
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)

"""The embedded hub: every part in one process on SQLite, the history table as its log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.clock import Clock, SystemClock
from hub.log.history import HistoryLog, HistoryReader
from hub.parts import Hub, Work, at_work, build
from hub.settings import Settings
from hub.store.lite import LiteStore
from hub.store.migrate import migrate


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Clock | None = None, exclusive: bool = True
) -> AsyncIterator[tuple[Hub, HistoryLog]]:
    """Open the folder, bring its database to the newest schema, and make the parts; nothing runs yet."""
    store = LiteStore(settings.sqlite_path, exclusive=exclusive)
    store.lock()
    await migrate(f"sqlite:///{settings.sqlite_path}")
    await store.start()
    appender = HistoryLog()
    try:
        yield build(settings, clock or SystemClock(), store, appender), appender
    finally:
        await store.stop()


@asynccontextmanager
async def embedded(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Hub]:
    """Run the whole hub until the block ends."""
    async with opened(settings, clock=clock) as (hub, appender), at_work(*works(hub, appender)) as trouble:
        hub.trouble = trouble
        yield hub


def works(hub: Hub, appender: HistoryLog) -> list[Work]:
    """Return everything that runs in the embedded hub, save the web part."""
    readers = [HistoryReader(hub.store, appender, runner, batch=hub.settings.batch) for runner in hub.runners.values()]
    for runner in hub.runners.values():
        runner.executor.released[:] = [each.wake for each in hub.runners.values()]
        runner.executor.left_jobs[:] = [hub.courier.wake]
    return [
        hub.ingest.run,
        hub.scheduler.run,
        hub.sampler.run,
        hub.replayer.run,
        hub.courier.run,
        *(reader.run for reader in readers),
        *(runner.look_at_parked for runner in hub.runners.values()),
    ]

"""How commands come to a store: beside a running hub, in short transactions, on the engine the settings name.

Only operators' commands use it; `up` and the cluster's processes open what they own themselves.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

from hub.errors import HubError, WrongSetting
from hub.logs import LEVELS, set_up
from hub.settings import Settings, load, misspelt
from hub.store import schema
from hub.store.lite import LiteStore
from hub.store.port import Store

log = structlog.get_logger()
EXTRAS = {
    "asyncpg": "postgres",
    "greenlet": "postgres",
    "aiokafka": "kafka",
    "confluent_kafka": "kafka",
    "faststream": "kafka",
}


def settings_for(data: Path | None = None, *, quiet: bool = True, **given: Any) -> Settings:
    """Load the settings and send the log to standard error; a quiet command logs only what went wrong."""
    settings = load(data=data, **given)
    hushed = quiet and settings.log_level in LEVELS and settings.log_level != "debug"
    set_up("error" if hushed else settings.log_level)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL if hushed else logging.NOTSET)
    if not quiet:
        for reason in misspelt():
            log.warning("setting.unknown", reason=reason)
    return settings


@asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[Store]:
    """Open the store of a hub that exists; raises HubError when none does."""
    if settings.embedded and not settings.sqlite_path.exists():
        raise HubError(
            f"there is no hub in {settings.data}; name its folder with --data DIR, or start one: `vet-hub up`"
        )
    async with store_as_it_is(settings) as store:
        if await store.read(schema.revision) is None:
            raise HubError("no hub has used this database yet; `vet-hub up` or `vet-hub doctor` comes first")
        yield store


@asynccontextmanager
async def store_made(settings: Settings) -> AsyncIterator[Store]:
    """Open the store, and make it where there is none: keys and people may come before the hub's first start."""
    # By name: the migrations' machinery takes half a second to load, and no other command needs it.
    await import_module("hub.store.migrate").migrate(settings.url)
    async with store_as_it_is(settings) as store:
        yield store


@asynccontextmanager
async def store_as_it_is(settings: Settings) -> AsyncIterator[Store]:
    """Open the store without a look at what is in it; nothing is locked and nothing migrated."""
    store: Any
    if settings.embedded:
        store = LiteStore(settings.sqlite_path, exclusive=False)
    else:
        store = cluster_module("hub.store.postgres").PostgresStore(settings.url)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


def cluster_module(name: str) -> ModuleType:
    """Load a module of the cluster by name; raises WrongSetting with the cure where its packages are missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        extra = EXTRAS.get((missing.name or "").partition(".")[0])
        if extra is None:
            raise
        raise WrongSetting(
            f"the cluster needs the package {missing.name}, which is not installed; pip install 'vet-hub[kafka,postgres]'"
        ) from missing


def require_cluster(settings: Settings) -> None:
    """Raise WrongSetting unless the settings name a cluster."""
    if settings.embedded:
        raise WrongSetting(
            "this is a process of the cluster: set VET_HUB_DATABASE_URL and VET_HUB_LOG_URL "
            "(without a cluster `vet-hub up` runs everything in one process)"
        )

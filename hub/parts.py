"""The parts every process of the hub is made of, whatever store and log it has; `app` and `stream` put them to work."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import structlog

from hub.access import Doorkeeper
from hub.clock import Clock, stamp
from hub.couriers import Channel, Courier
from hub.digests.board import DigestBoard
from hub.dispatch.executor import Executor
from hub.dispatch.router import Group, Reaction, Router, bind
from hub.dispatch.runner import Runner
from hub.dispatch.unit_of_work import Terms
from hub.documents import CHANNEL as DOCUMENT
from hub.documents import DocumentChannel
from hub.errors import WrongSetting
from hub.ingest import Ingest
from hub.known_people import KnownPeople
from hub.lag import Sampler, hears_of, window_of
from hub.log.port import Log
from hub.mailing import mail_channel
from hub.matching.follow import MatchingIndex
from hub.matching.model import RuleSet
from hub.matching.rulesets import CURRENT, RULESETS
from hub.replay import Replayer
from hub.scheduler import Scheduler
from hub.settings import Settings
from hub.store import inbox, jobs, parked
from hub.store.port import Store
from hub.store.session import Session
from hub.subscribers import Subscribers
from hub.tracing import Tracing

log = structlog.get_logger()
SETTLED = timedelta(seconds=1)
YOUNG, OFTEN, SELDOM = 2_000, 3, 400
"""Objects made before Python looks for cycles among them (everything stands still the longer, the more they are); times
this happens before it looks at the survivors too; times that happens before it looks at everything."""
SWITCH = 0.001  # seconds a thread may compute while another waits for the interpreter; the loop is one that waits
Work = Callable[[], Coroutine[Any, Any, None]]


class RelayState(Protocol):
    """What readiness and metrics ask a relay that runs in this process."""

    active: bool
    sent: int
    sending_since: datetime | None


@dataclass
class Hub:
    """One process's parts, made but not running."""

    settings: Settings
    clock: Clock
    store: Store
    log: Log
    index: MatchingIndex
    doorkeeper: Doorkeeper
    ingest: Ingest
    scheduler: Scheduler
    sampler: Sampler
    replayer: Replayer
    courier: Courier
    runners: dict[str, Runner]
    trouble: "asyncio.Future[None] | None" = None
    relay: RelayState | None = None
    tracing: Tracing | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)  # set once the groups of this process may get batches

    async def is_idle(self) -> bool:
        """Return whether every group is through with every event it hears and nothing is on its way out.

        An event that waits is looked at again after a second in any case, so the hub is not idle before that.
        """
        soon = stamp(self.clock.now() + SETTLED)
        return not await self.store.read(parked.due_before, at=soon) and await self.is_quiet()

    async def is_quiet(self) -> bool:
        """Return whether it is idle but for what waits."""
        groups = [runner.group for runner in self.runners.values() if not runner.group.outward]
        return await self.store.read(_is_quiet, groups, self.courier.channels)

    def call_when_moved(self, wake: Callable[[], None]) -> None:
        """Call something whenever this process committed a batch or wrote down what came of a job."""
        for executor in {id(runner.executor): runner.executor for runner in self.runners.values()}.values():
            executor.committed.append(wake)
        self.courier.wrote_down.append(wake)


async def _is_quiet(session: Session, groups: Sequence[Group], channels: Collection[str]) -> bool:
    # One snapshot: a courier that reports between two looks would be missed by both.
    for group in groups:
        types = [f"eu.vethub.{name}.v1" for name in group.by_type]
        if (await inbox.untaken(session, grp=group.name, types=types)).events:
            return False
    if (await jobs.counts(session)).get("running", 0):
        return False
    return not any([await jobs.any_due(session, channel=name, now="~") for name in channels])


def load_routers(settings: Settings) -> Sequence[Router]:
    """Load the routers that the setting names; raises WrongSetting when there are none."""
    module, _, attribute = settings.handlers.partition(":")
    if find_spec(module.partition(".")[0]) is None:
        raise WrongSetting(f"VET_HUB_HANDLERS = {settings.handlers!r}: there is no module {module!r}")
    routers = getattr(import_module(module), attribute or "ROUTERS", None)
    if not routers or not all(isinstance(router, Router) for router in routers):
        raise WrongSetting(f"VET_HUB_HANDLERS = {settings.handlers!r}: write module:attribute of a list of routers")
    return list(routers)


def reactions(settings: Settings) -> list[Reaction]:
    """Return every declared handler."""
    return [reaction for router in load_routers(settings) for reaction in router.reactions]


def rules_of(settings: Settings) -> RuleSet:
    """Return the matching rules the settings ask for."""
    if settings.ruleset is None:
        return CURRENT
    if settings.ruleset not in RULESETS:
        raise WrongSetting(f"VET_HUB_RULESET = {settings.ruleset!r}: there are {', '.join(RULESETS)}")
    return RULESETS[settings.ruleset]


def hub_url(settings: Settings) -> str:
    """Return where partners and mails find this hub."""
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def terms_of(settings: Settings) -> Terms:
    """Return what handlers go by."""
    return Terms(settings.respond_by_days, settings.match_days, hub_url(settings))


def bound(settings: Settings, clock: Clock, index: MatchingIndex | None = None) -> dict[str, Group]:
    """Bind the handlers that the settings name to the helpers they ask for."""
    index = index or MatchingIndex(rules_of(settings), clock, rates=settings.rates)
    routers = [each for each in load_routers(settings) if not (each.outward and settings.embedded)]
    return bind(routers, [index, KnownPeople(), DigestBoard(clock), Subscribers()])


def tracing_of(settings: Settings) -> Tracing | None:
    """Return what traces are told to: the setting's collector, or that of OpenTelemetry's own variable; None without."""
    collector = settings.otlp_url or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not collector:
        return None
    try:
        # By name: it is an extra, and takes a while to load.
        tracing: Tracing = import_module("hub.telemetry").telemetry_to(collector)
    except ModuleNotFoundError as missing:
        raise WrongSetting(
            f"VET_HUB_OTLP_URL = {collector!r} needs the package {missing.name}; pip install 'vet-hub[otel]'"
        ) from missing
    return tracing


def build(settings: Settings, clock: Clock, store: Store, appender: Log) -> Hub:
    """Make all parts over a store and a log."""
    tune_interpreter()
    index = MatchingIndex(rules_of(settings), clock, rates=settings.rates)
    tracing = tracing_of(settings)
    executor = Executor(store, appender, clock, terms_of(settings), tracing)
    groups = bound(settings, clock, index)
    channels: dict[str, Channel] = {
        DOCUMENT: DocumentChannel(store),
        "mail": mail_channel(settings, store, clock),
    }
    return Hub(
        settings=settings,
        clock=clock,
        store=store,
        log=appender,
        index=index,
        doorkeeper=Doorkeeper(store, clock),
        ingest=Ingest(store, appender, clock, outbox_limit=settings.outbox_limit),
        scheduler=Scheduler(
            store,
            appender,
            clock,
            sweep=timedelta(minutes=settings.sweep_minutes),
            digest_at=settings.digest_at,
        ),
        sampler=Sampler(store, clock, hears_of(groups.values()), window_of(settings)),
        replayer=Replayer(store, executor, clock, groups),
        courier=Courier(store, appender, clock, channels, tracing),
        tracing=tracing,
        runners={name: Runner(group, executor, store, clock) for name, group in groups.items()},
    )


def tune_interpreter() -> None:
    """Let Python look for cycles of garbage more seldom, and let the loop's thread have its turn sooner.

    At its default the collector is a tenth of a batch's time, and every thread that computes costs the loop 5 ms a turn.
    """
    gc.set_threshold(YOUNG, OFTEN, SELDOM)
    sys.setswitchinterval(SWITCH)
    if not gc.get_freeze_count():
        spare_the_old()


def spare_the_old() -> None:
    """Tell the collector that what is there stays: a look at every import is a tenth of a second in which nothing runs."""
    gc.freeze()


@asynccontextmanager
async def at_work(*works: Work) -> AsyncIterator[asyncio.Future[None]]:
    """Run parts until the block ends; the future it gives fails as soon as one of them does."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    trouble: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def notice(task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and task.exception() is not None and not trouble.done():
            log.error("part.failed", error=repr(task.exception()))
            trouble.set_exception(task.exception())  # type: ignore[arg-type]
            trouble.exception()  # seen here; whoever waits for the future still gets it

    for task in tasks:
        task.add_done_callback(notice)
    try:
        yield trouble
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        trouble.cancel()

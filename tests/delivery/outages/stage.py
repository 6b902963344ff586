"""A hub at work with everything it stands on, embedded or as a cluster, and its database as the judge reads it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from hub.access import create_key
from hub.clock import SystemClock
from hub.errors import ServiceAway
from hub.log.history import HistoryLog
from hub.log.topics import make_missing
from hub.parts import Hub, build
from hub.settings import load
from hub.store import people
from hub.store.lite import LiteStore
from hub.store.migrate import migrate
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from tests.delivery.judge import Violation
from tests.delivery.outages.posting import TEACHER, Partners, Ref, founding
from tests.delivery.outages.processes import PATIENT, Hubs
from tests.delivery.outages.site import Site, free_ports
from tests.delivery.torture.evidence import gather, judged

HANDLERS = "tests.delivery.torture.witness:NOTING"
POLL = 0.1  # seconds
GROUPS = ("matcher", "workflow", "notifier", "projector")


@dataclass
class Stage:
    """One hub that runs, what was accepted by it so far, and who may look at it."""

    hubs: Hubs
    store: Store
    port: int
    key: str
    onlooker: Hub
    dsn: str | None = None
    accepted: set[Ref] = field(default_factory=set)

    async def at_rest(self, patience: float) -> None:
        """Return when every group is through with everything; raises AssertionError when that takes too long."""
        until = monotonic() + patience
        while not await self.onlooker.is_idle():
            self.hubs.look()
            if monotonic() > until:
                raise AssertionError(f"the hub is not through with its events after {patience:.0f} s")
            await asyncio.sleep(POLL)

    async def verdict(self) -> list[Violation]:
        """Judge everything that is in the database."""
        evidence = await gather(self.store, Counter())
        stuck = [Violation("stuck", f"{row.id} in {row.grp} is {row.state}: {row.reason}") for row in evidence.parked]
        unsent = [Violation("stuck", f"{evidence.unsent} events were not sent")] if evidence.unsent else []
        return [*judged(evidence, accepted=self.accepted, noted=True), *stuck, *unsent]

    async def handled(self, refs: Sequence[Ref]) -> bool:
        """Return whether the matcher is through with some events."""
        try:
            return await self.store.read(_taken, [event_id for _, event_id in refs]) >= len(refs)
        except ServiceAway:
            return False

    async def found(self) -> None:
        """Let the companies and the provider come."""
        await self.store.write(people.put, TEACHER)
        async with Partners(self.port, self.key, seed=0, a_second=1) as partners:
            await partners.tell(founding())
        self.accepted.update(partners.accepted)


async def _taken(session: Session, ids: Sequence[str]) -> int:
    names = ", ".join(f":id{n}" for n in range(len(ids)))
    rows = await session.rows(
        f"SELECT count(*) AS n FROM inbox WHERE grp = 'matcher' AND id IN ({names})",  # noqa: S608 - names of parameters
        **{f"id{n}": event_id for n, event_id in enumerate(ids)},
    )
    return int(rows[0].n)


@asynccontextmanager
async def cluster_stage(
    site: Site, folder: Path, *, program: str = PATIENT, apart: bool = False
) -> AsyncIterator[Stage]:
    """Run web, relay, scheduler, courier and workers as processes; `apart`: a worker a group."""
    (port,) = free_ports(1)
    settings = {"VET_HUB_DATABASE_URL": site.database_url, "VET_HUB_LOG_URL": site.log_url, **_common(port)}
    await migrate(site.database_url)
    await make_missing(site.log_url.removeprefix("kafka://"))
    workers = (
        {f"worker-{group}": ("worker", "--group", group) for group in GROUPS} if apart else {"worker": ("worker",)}
    )
    commands = {name: (name,) for name in ("web", "relay", "scheduler", "courier")} | workers
    store = PostgresStore(site.database_url, pool=2)
    try:
        async with _stage(Hubs(folder, settings, program=program), store, port, commands) as stage:
            stage.dsn = site.database_url.replace("+asyncpg", "")
            yield stage
    finally:
        await store.stop()


@asynccontextmanager
async def embedded_stage(data: Path, folder: Path, *, program: str = PATIENT) -> AsyncIterator[Stage]:
    """Run the whole hub in one process on SQLite."""
    (port,) = free_ports(1)
    settings = {"VET_HUB_DATA": str(data), **_common(port)}
    await migrate(f"sqlite:///{data / 'hub.db'}")
    store = LiteStore(data / "hub.db", exclusive=False)
    await store.start()
    try:
        async with _stage(Hubs(folder, settings, program=program), store, port, {"up": ("up",)}) as stage:
            yield stage
    finally:
        await store.stop()


def _common(port: int) -> dict[str, str]:
    return {"VET_HUB_HANDLERS": HANDLERS, "VET_HUB_PORT": str(port), "VET_HUB_RATE": "1e9", "VET_HUB_BURST": "1000000"}


@asynccontextmanager
async def _stage(hubs: Hubs, store: Store, port: int, commands: dict[str, tuple[str, ...]]) -> AsyncIterator[Stage]:
    key, _ = await create_key(store, SystemClock(), org="hub", scopes=("events:write", "import"))
    async with hubs:
        await asyncio.gather(*(hubs.start(name, *command) for name, command in commands.items()))
        stage = Stage(hubs, store, port, key, build(load(handlers=HANDLERS), SystemClock(), store, HistoryLog()))
        await stage.found()
        yield stage

"""One outage: posting goes on while a service is away, and for as long as the hub takes to be as before."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic

from tests.delivery.judge import Violation
from tests.delivery.outages.posting import Partners
from tests.delivery.outages.site import Site
from tests.delivery.outages.stage import Stage
from tests.delivery.outages.watch import Watch

BEFORE = 1.5  # seconds of posting before anything goes wrong
PROBES = 30  # events accepted after the return whose handling makes the hub «normal again»
POLL = 0.05  # seconds

Absence = Callable[[], AbstractContextManager[None]]
"""The service is away as soon as the block begins and back when it has ended."""


@dataclass(frozen=True)
class Report:
    """What came of an outage."""

    name: str
    violations: tuple[Violation, ...]
    posts: int
    put_off: int
    slowest: float
    """Seconds of the slowest answer."""
    normal_after: float
    """Seconds from the service's return until events that came after it were handled."""
    lines: float
    """Lines a second of the process that wrote most."""

    def __str__(self) -> str:
        """Say what came of it."""
        return (
            f"{self.name}: {self.posts} posts, {self.put_off} of them put off by 503, slowest answer {self.slowest:.1f} s, "
            f"normal again {self.normal_after:.1f} s after the return, {self.lines:.1f} lines a second at the most"
        )


async def play(
    stage: Stage, name: str, absence: Absence, *, seed: int, seconds: float, patience: float, a_second: int
) -> Report:
    """Play one outage to the verdict; whatever the hub owes must be done `patience` seconds after the return."""
    async with Watch(stage.hubs, stage.dsn) as watch:
        async with Partners(stage.port, stage.key, seed=seed, a_second=a_second) as partners:
            await asyncio.sleep(BEFORE)
            await _away(absence, seconds)
            back = monotonic()
            normal_after = await _normal(stage, partners, back, patience)
        stage.accepted.update(partners.accepted)
        await stage.at_rest(patience)
    return Report(
        name=name,
        violations=(*partners.wrong, *watch.wrong, *await stage.verdict()),
        posts=partners.statuses.total(),
        put_off=partners.statuses[503],
        slowest=partners.slowest,
        normal_after=normal_after,
        lines=watch.most,
    )


async def _away(absence: Absence, seconds: float) -> None:
    away = absence()
    await asyncio.to_thread(away.__enter__)
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(away.__exit__, None, None, None)


async def _normal(stage: Stage, partners: Partners, back: float, patience: float) -> float:
    """Wait until what was accepted first after the return is handled; returns how long after it that was."""
    while monotonic() - back < patience:
        probes = [ref for ref, at in partners.accepted.items() if at > back and "need" not in ref[1]][:PROBES]
        if len(probes) == PROBES and await stage.handled(probes):
            return monotonic() - back
        if partners.wrong:
            break
        await asyncio.sleep(POLL)
    partners.wrong.append(Violation("slow", f"not normal again {monotonic() - back:.0f} s after the return"))
    return monotonic() - back


@contextmanager
def kafka_killed(site: Site) -> Iterator[None]:
    """Kafka dies of SIGKILL and is started again."""
    site.kill_kafka()
    try:
        yield
    finally:
        site.up()


@contextmanager
def postgres_killed(site: Site) -> Iterator[None]:
    """PostgreSQL dies of SIGKILL and is started again."""
    site.kill_postgres()
    try:
        yield
    finally:
        site.up()


def absences(site: Site) -> dict[str, Absence]:
    """Return the ways in which a cluster's services go away."""
    return {
        "Kafka killed": partial(kafka_killed, site),
        "PostgreSQL killed": partial(postgres_killed, site),
        "Kafka silent": site.silent_kafka,
        "PostgreSQL silent": site.silent_postgres,
    }

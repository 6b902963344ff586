"""How far each group is behind, and whether it moves: `vet-hub lag`, the console and alarms tell it in the same way.

As Burrow judges consumers: not by one look but by several in a row. A sampler beside the scheduler takes them and keeps
them in the database, so every process and command judges by the same. A look now is held against the last of them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import structlog

from hub.clock import Clock, instant, stamp
from hub.dispatch.router import Group
from hub.dispatch.runner import pause_after
from hub.errors import ServiceAway
from hub.settings import Settings
from hub.store import cursors, history, inbox, samples
from hub.store.port import Store
from hub.store.samples import Sample
from hub.store.session import Session

log = structlog.get_logger()
OK, WARN, STALL, STOP = "OK", "WARN", "STALL", "STOP"
STATES = (OK, WARN, STALL, STOP)
KEPT = timedelta(hours=1)
LINE = timedelta(minutes=10)  # what small lines show
PACE = timedelta(minutes=1)  # over which rates are taken
SURE = timedelta(minutes=5)  # no transaction stays open so long: what was numbered before has been seen
DEAREST = 20  # sampling takes at the most one part of so many of the time, however much there is to count

Hears = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Window:
    """What groups are judged by: a sample every `every` seconds, `count` of them in a row, `warn` seconds of patience."""

    every: float = 10.0
    count: int = 6
    warn: float = 10.0

    @property
    def lasts(self) -> timedelta:
        """How long a window is."""
        return timedelta(seconds=self.every * self.count)


@dataclass(frozen=True, slots=True)
class GroupLag:
    """One group: events it has not taken, age of the oldest in seconds, its state, events a second in and out.

    `samples` are those of the last minutes, the oldest first, the last of them taken now.
    """

    group: str
    events: int
    seconds: float
    state: str
    rate_in: float
    rate_out: float
    samples: tuple[Sample, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as the wire writes it."""
        names = ("group", "events", "seconds", "state", "rate_in", "rate_out")
        return {name: getattr(self, name) for name in names}

    @property
    def line(self) -> list[int]:
        """How many events waited at each sample."""
        return [sample.events for sample in self.samples]


def window_of(settings: Settings) -> Window:
    """Return what the settings judge by."""
    return Window(settings.lag_every, settings.lag_samples, settings.lag_warn)


def hears_of(groups: Iterable[Group]) -> Hears:
    """Return the full types that groups hear."""
    return {group.name: wire_types(group.by_type) for group in groups}


def wire_types(short_types: Iterable[str]) -> list[str]:
    """Return the full types of what a group hears."""
    return sorted(f"eu.vethub.{name}.v1" for name in short_types)


async def lags(store: Store, hears: Hears, now: datetime, window: Window) -> list[GroupLag]:
    """Return how each group stands that hears these full types."""
    before = await store.read(samples.since, stamp(now - LINE))
    looks = await store.read(_look, hears, {group: last[-1] for group, last in before.items()}, now)
    return [judged(look, before.get(look.group, ()), now, window) for look, _ in looks]


class Look(NamedTuple):
    """A sample, and the number of the first event that waits."""

    sample: Sample
    first: int | None


async def _look(session: Session, hears: Hears, last: Mapping[str, Sample], now: datetime) -> list[Look]:
    newest = await history.last_seq(session)
    return [await _sample(session, group, types, last.get(group), newest, now) for group, types in hears.items()]


async def _sample(
    session: Session, group: str, types: Sequence[str], last: Sample | None, newest: int, now: datetime
) -> Look:
    waiting = await inbox.untaken(session, grp=group, types=types)
    came = await samples.came_since(session, last.newest, types=types) if last else 0
    taken = max(0, came + last.events - waiting.events) if last else 0
    return Look(Sample(group, stamp(now), waiting.events, waiting.oldest, newest, came, taken), waiting.first)


def judged(look: Sample, before: Sequence[Sample], now: datetime, window: Window) -> GroupLag:
    """Judge how a group stands by a look now and the samples before it."""
    told = (*before, look)
    waited = _age(look.oldest, now) if look.oldest else 0.0
    came, taken, seconds = _pace(told, now)
    return GroupLag(
        group=look.group,
        events=look.events,
        seconds=round(waited, 1),
        state=state(told, now, window),
        rate_in=round(came / seconds, 2) if seconds else 0.0,
        rate_out=round(taken / seconds, 2) if seconds else 0.0,
        samples=told,
    )


def state(told: Sequence[Sample], now: datetime, window: Window) -> str:
    """Name how a group stands by its samples, the newest last.

    STOP: through the whole window something waited and none of it was taken. STALL: some was, and yet no fewer wait from
    sample to sample. WARN: the oldest waits too long, but it goes forward, or the window is too young to say.
    """
    look = told[-1]
    waited = _age(look.oldest, now) if look.oldest else 0.0
    if waited < window.warn:
        return OK
    began = now - window.lasts
    seen = [sample for sample in told if instant(sample.at) > began]
    before = [sample for sample in told if began - window.lasts <= instant(sample.at) <= began]
    if not before:
        # If nobody looked for as long as a window, nobody runs the hub, or its scheduler.
        return STOP if len(seen) == 1 and waited >= window.lasts.total_seconds() else WARN
    seen = [before[-1], *seen]
    if not all(sample.events for sample in seen):
        return WARN
    if not any(sample.taken for sample in seen[1:]):
        return STOP
    return STALL if all(b.events >= a.events for a, b in pairwise(seen)) else WARN


def _pace(told: Sequence[Sample], now: datetime) -> tuple[int, int, float]:
    """Return what came and what was taken in how many seconds, about the last minute."""
    seen = [sample for sample in told if instant(sample.at) >= now - PACE]
    after = seen[1:]
    seconds = _age(seen[0].at, now) if after else 0.0
    return sum(sample.came for sample in after), sum(sample.taken for sample in after), seconds


def _age(at: str, now: datetime) -> float:
    return max(0.0, (now - instant(at)).total_seconds())


class Sampler:
    """Takes the samples. Any number may run: the first in each slot has taken it for all."""

    def __init__(self, store: Store, clock: Clock, hears: Hears, window: Window) -> None:
        self._store = store
        self._clock = clock
        self._hears = hears
        self._window = window

    async def run(self) -> None:
        """Take samples until cancelled."""
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.take()
                failures = 0
            except ServiceAway as away:
                failures += 1
                if failures & (failures - 1) == 0:
                    log.warning("sampler.away", failures=failures, reason=str(away))
                await asyncio.sleep(pause_after(failures))
                continue
            dear = min(DEAREST * (loop.time() - began), self._window.lasts.total_seconds() / 2)
            await asyncio.sleep(max(self._rest(), dear))

    async def take(self) -> bool:
        """Take the present slot's sample; False where somebody has it already."""
        now = self._clock.now()
        slot = self._slot(now)
        before = await self._store.read(samples.since, stamp(now - KEPT))
        if any(each[-1].at >= stamp(slot) for each in before.values()):
            return False
        last = {group: each[-1] for group, each in before.items()}
        found = await self._store.read(_look, self._hears, last, slot)
        sure = {
            group: [each.newest for each in told if instant(each.at) < now - SURE] for group, told in before.items()
        }
        await self._store.write(_keep, found, {group: max(told) for group, told in sure.items() if told}, now)
        return True

    def _slot(self, now: datetime) -> datetime:
        return datetime.fromtimestamp(now.timestamp() // self._window.every * self._window.every, tz=now.tzinfo)

    def _rest(self) -> float:
        now = self._clock.now()
        return self._window.every - (now - self._slot(now)).total_seconds()


async def _keep(session: Session, found: Sequence[Look], sure: Mapping[str, int], now: datetime) -> None:
    for sample, first in found:
        await samples.put(session, sample)
        # The cluster has no cursor of its own in the database. Up to where nothing waits it need not look again, or
        # every look would cost more than the one before.
        if session.engine == "postgresql" and sample.group in sure:
            seen = sure[sample.group]
            await cursors.move(session, sample.group, seen if first is None else min(seen, first - 1))
    await samples.forget(session, before=stamp(now - KEPT))

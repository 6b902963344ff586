"""The numbers beside the menu and the pill at the top: how much there is of everything, and whether it moves.

Every page shows them, so they are read at most every few seconds, by whoever comes first; the others are shown the last.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from starlette.requests import Request

from hub import lag
from hub.access import Sender
from hub.lag import GroupLag
from hub.parts import Hub
from hub.store import looks
from hub.store.session import Session
from hub.visitors import Visitor
from hub.web.sight import regions_seen

LASTS = 3.0  # seconds numbers are good for
LASTS_ON_CLUSTER = 15.0  # there the lag is dearer to know


@dataclass(frozen=True, slots=True)
class Pulse:
    """How much there is, by section and state, and how far each group is."""

    at: datetime
    counts: Mapping[str, Mapping[str, int]]
    parked: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[GroupLag, ...] = ()

    def of(self, section: str, *states: str) -> int:
        """Return how many of a section stand in the states, all without any."""
        found = self.counts.get(section, {})
        return sum(n for state, n in found.items() if not states or state in states)

    @property
    def behind(self) -> int:
        """Events that some group has not taken yet."""
        return sum(group.events for group in self.groups)

    @property
    def set_aside(self) -> int:
        """Parked events, those left out that only stand behind another."""
        return sum(n for state, n in self.parked.items() if state != "behind")

    @property
    def slow(self) -> tuple[GroupLag, ...]:
        """Groups somebody should look at."""
        return tuple(group for group in self.groups if group.state != "OK")


class Pulses:
    """The last pulse of each kind of reader, in this process."""

    def __init__(self, hub: Hub, *, lasts: float | None = None) -> None:
        self._hub = hub
        self._lasts = lasts if lasts is not None else (LASTS if hub.settings.embedded else LASTS_ON_CLUSTER)
        self._known: dict[str, tuple[float, Pulse]] = {}
        self._reading: dict[str, asyncio.Task[Pulse]] = {}

    async def of(self, visitor: Visitor) -> Pulse:
        """Return the last pulse; one that is older than it may be is read anew beside, and only the first is waited for."""
        who = visitor.org if not visitor.operates else ""
        at, pulse = self._known.get(who, (0.0, None))
        if pulse is not None and monotonic() - at < self._lasts:
            return pulse
        reading = self._reading.get(who)
        if reading is None or reading.done():
            reading = self._reading[who] = asyncio.create_task(self._renew(who, visitor))
        if pulse is not None and self._lasts:
            reading.add_done_callback(_forgive)
            return pulse
        return await asyncio.shield(reading)

    async def _renew(self, who: str, visitor: Visitor) -> Pulse:
        pulse = await self._read(visitor)
        self._known[who] = (monotonic(), pulse)
        return pulse

    async def _read(self, visitor: Visitor) -> Pulse:
        hub = self._hub
        counts = await hub.store.read(_counts, visitor.sender)
        if not visitor.operates:
            return Pulse(hub.clock.now(), counts)
        hears = lag.hears_of(runner.group for runner in hub.runners.values())
        groups = await lag.lags(hub.store, hears, hub.clock.now(), lag.window_of(hub.settings))
        parked = await hub.store.read(looks.parked_counts)
        return Pulse(hub.clock.now(), counts, parked, tuple(groups))


def _forgive(reading: asyncio.Task[Pulse]) -> None:
    """Take note of a failure nobody waits for: the next page asks again."""
    if not reading.cancelled():
        reading.exception()


async def _counts(session: Session, sender: Sender) -> dict[str, dict[str, int]]:
    return await looks.counts_for(session, regions=await regions_seen(session, sender))


async def pulse_of(request: Request, visitor: Visitor) -> Pulse:
    """Return the application's pulse for a visitor."""
    pulses: Pulses = request.app.state.pulses
    return await pulses.of(visitor)

"""How far each group is behind, and whether it moves: `vet-hub lag` and the console tell it in the same way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.clock import instant, stamp
from hub.store import figures, inbox
from hub.store.port import Store

WINDOW = timedelta(minutes=1)  # over which rates are taken
WARN_AFTER = 10.0  # seconds the oldest event may wait before anybody should look
STALL_AFTER = 60.0  # seconds without taking anything while something waits
STOP_AFTER = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class GroupLag:
    """One group: events it has not taken, age of the oldest in seconds, its state, events a second in and out."""

    group: str
    events: int
    seconds: float
    state: str
    rate_in: float
    rate_out: float

    def as_json(self) -> dict[str, Any]:
        """Return it as the wire writes it."""
        return {
            "group": self.group,
            "events": self.events,
            "seconds": self.seconds,
            "state": self.state,
            "rate_in": self.rate_in,
            "rate_out": self.rate_out,
        }


def wire_types(short_types: Iterable[str]) -> list[str]:
    """Return the full types of what a group hears."""
    return sorted(f"eu.vethub.{name}.v1" for name in short_types)


async def lags(store: Store, hears: Mapping[str, Sequence[str]], now: datetime) -> list[GroupLag]:
    """Return how each group stands that hears these full types."""
    return [await _lag(store, group, types, now) for group, types in hears.items()]


async def standing(store: Store, hears: Mapping[str, Sequence[str]], now: datetime) -> list[GroupLag]:
    """Return how each group stands, without rates: cheap enough for every page, as long as nothing waits for long."""
    found = []
    for group, types in hears.items():
        events, oldest = await store.read(inbox.untaken, grp=group, types=types)
        waited = _age(oldest, now) if oldest else 0.0
        if waited < WARN_AFTER:
            found.append(GroupLag(group, events, round(waited, 1), state(waited, waited), 0.0, 0.0))
        else:
            found.append(await _lag(store, group, types, now))
    return found


async def _lag(store: Store, group: str, types: Sequence[str], now: datetime) -> GroupLag:
    events, oldest = await store.read(inbox.untaken, grp=group, types=types)
    pace = await store.read(figures.pace, grp=group, types=types, since=stamp(now - WINDOW))
    waited = _age(oldest, now) if oldest else 0.0
    still = min(waited, _age(pace.last_taken, now)) if pace.last_taken else waited
    return GroupLag(
        group=group,
        events=events,
        seconds=round(waited, 1),
        state=state(waited, still),
        rate_in=round(pace.came / WINDOW.total_seconds(), 2),
        rate_out=round(pace.taken / WINDOW.total_seconds(), 2),
    )


def state(waited: float, still: float) -> str:
    """Name how a group stands whose oldest event waited so long and which took nothing for so long meanwhile."""
    if waited < WARN_AFTER:
        return "OK"
    if still >= STOP_AFTER:
        return "STOP"
    return "STALL" if still >= STALL_AFTER else "WARN"


def _age(at: str, now: datetime) -> float:
    return max(0.0, (now - instant(at)).total_seconds())

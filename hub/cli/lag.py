"""`vet-hub lag`: how far each group is behind, and whether it moves."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.clock import SystemClock, instant, stamp
from hub.parts import reactions
from hub.settings import Settings
from hub.store import figures, inbox
from hub.store.port import Store

WINDOW = timedelta(minutes=1)  # over which rates are taken
WARN_AFTER = 10.0  # seconds the oldest event may wait before anybody should look
STALL_AFTER = 60.0  # seconds without taking anything while something waits
STOP_AFTER = 300.0  # seconds
STYLES = {"OK": "good", "WARN": "warn", "STALL": "bad", "STOP": "bad"}

app = commands()


@app.command()
def lag(data: DataDir = None, as_json: AsJson = False) -> None:
    """How far each group is behind, in events and seconds.

    OK: nothing waits longer than ten seconds. WARN: something does, and the group is working on it.
    STALL: events wait and the group has taken none for a minute. STOP: for five minutes, or nobody runs the group.

    Seconds are those since the oldest event that waits was stored; rates are events a second over the last minute.
    """
    found = asyncio.run(_lags(settings_for(data)))
    if as_json:
        print_json(found)
    else:
        console().print(_table(found))


async def _lags(settings: Settings) -> list[dict[str, Any]]:
    hears: dict[str, set[str]] = {}
    for reaction in reactions(settings):
        hears.setdefault(reaction.group, set()).update(event.wire_type() for event in reaction.hears)
    async with store_of(settings) as store:
        now = SystemClock().now()
        return [await _lag(store, group, sorted(types), now) for group, types in hears.items()]


async def _lag(store: Store, group: str, types: list[str], now: datetime) -> dict[str, Any]:
    events, oldest = await store.read(inbox.untaken, grp=group, types=types)
    pace = await store.read(figures.pace, grp=group, types=types, since=stamp(now - WINDOW))
    waited = _age(oldest, now) if oldest else 0.0
    still = min(waited, _age(pace.last_taken, now)) if pace.last_taken else waited
    return {
        "group": group,
        "events": events,
        "seconds": round(waited, 1),
        "state": state(waited, still),
        "rate_in": round(pace.came / WINDOW.total_seconds(), 2),
        "rate_out": round(pace.taken / WINDOW.total_seconds(), 2),
    }


def state(waited: float, still: float) -> str:
    """Name how a group stands whose oldest event waited so long and which took nothing for so long meanwhile."""
    if waited < WARN_AFTER:
        return "OK"
    if still >= STOP_AFTER:
        return "STOP"
    return "STALL" if still >= STALL_AFTER else "WARN"


def _age(at: str, now: datetime) -> float:
    return max(0.0, (now - instant(at)).total_seconds())


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="soft")
    table.add_column("group")
    for name in ("events", "seconds", "in/s", "out/s"):
        table.add_column(name, justify="right")
    table.add_column("state")
    for each in found:
        style = STYLES[each["state"]]
        figures_of = [f"{each[name]:g}" for name in ("events", "seconds", "rate_in", "rate_out")]
        table.add_row(each["group"], *figures_of, f"[{style}]{each['state']}[/]")
    return table

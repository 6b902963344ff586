"""`vet-hub lag`: how far each group is behind, and whether it moves."""

import asyncio
from typing import Any

from rich.table import Table

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.clock import SystemClock
from hub.lag import lags
from hub.parts import reactions
from hub.settings import Settings

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
        found = await lags(store, {group: sorted(types) for group, types in hears.items()}, SystemClock().now())
        return [each.as_json() for each in found]


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

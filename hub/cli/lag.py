"""`vet-hub lag`: how far each group is behind, and whether it moves."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json, print_line
from hub.clock import SystemClock
from hub.lag import GroupLag, Hears, lags, window_of, wire_types
from hub.parts import reactions
from hub.settings import Settings
from hub.store.port import Store

STYLES = {"OK": "good", "WARN": "warn", "STALL": "bad", "STOP": "bad"}
AGAIN = 2.0  # seconds between looks with --watch
BARS = "▁▂▃▄▅▆▇█"
WIDTH = 30  # samples a small line shows

app = commands()


@app.command()
def lag(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every two seconds until Ctrl-C.")] = False,
    samples: Annotated[bool, typer.Option("--samples", help="With --json: also the samples of ten minutes.")] = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """How far each group is behind, in events and seconds, and whether it moves.

    OK: nothing waits longer than ten seconds. WARN: something does, and it goes forward, or it is too early to say.
    STALL: the group takes events, and yet no fewer wait, through a whole minute: it is too slow, or a part of it stands.
    STOP: events wait and none was taken for a minute, or nobody runs the hub.

    Seconds are those since the oldest event that waits was stored; rates are events a second over the last minute. What
    counts is set by VET_HUB_LAG_WARN, VET_HUB_LAG_EVERY and VET_HUB_LAG_SAMPLES.
    """
    try:
        asyncio.run(_lag(settings_for(data), watch=watch, as_json=as_json, samples=samples))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _lag(settings: Settings, *, watch: bool, as_json: bool, samples: bool) -> None:
    async with store_of(settings) as store:
        found = await _found(store, settings)
        if not watch:
            if as_json:
                print_json(_json(found, samples=samples))
            else:
                console().print(_table(found))
        elif as_json:
            while True:
                print_line(_json(found, samples=samples))
                await asyncio.sleep(AGAIN)
                found = await _found(store, settings)
        else:
            await _watch(store, settings, found)


async def _watch(store: Store, settings: Settings, found: Sequence[GroupLag]) -> None:
    with Live(_table(found), console=console(), auto_refresh=False) as live:
        while True:
            await asyncio.sleep(AGAIN)
            live.update(_table(await _found(store, settings)), refresh=True)


async def _found(store: Store, settings: Settings) -> list[GroupLag]:
    return await lags(store, _hears(settings), SystemClock().now(), window_of(settings))


def _hears(settings: Settings) -> Hears:
    heard: dict[str, set[str]] = {}
    for reaction in reactions(settings):
        if reaction.outward and settings.embedded:
            continue  # nobody runs it here
        heard.setdefault(reaction.group, set()).update(event.TYPE for event in reaction.hears)
    return {group: wire_types(types) for group, types in heard.items()}


def _json(found: Sequence[GroupLag], *, samples: bool) -> list[dict[str, Any]]:
    if not samples:
        return [each.as_json() for each in found]
    names = ("at", "events", "oldest", "came", "taken")
    return [
        {**each.as_json(), "samples": [{name: getattr(one, name) for name in names} for one in each.samples]}
        for each in found
    ]


def _table(found: Sequence[GroupLag]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="soft")
    table.add_column("group")
    for name in ("events", "seconds", "in/s", "out/s"):
        table.add_column(name, justify="right")
    table.add_column("state")
    table.add_column("behind, last 10 min")
    for each in found:
        style = STYLES[each.state]
        figures_of = [f"{figure:g}" for figure in (each.events, each.seconds, each.rate_in, each.rate_out)]
        table.add_row(each.group, *figures_of, f"[{style}]{each.state}[/]", f"[leather]{spark(each.line)}[/]")
    return table


def spark(figures: Sequence[int]) -> str:
    """Draw figures as a line of small bars, the newest on the right."""
    shown = figures[-WIDTH:]
    top = max([*shown, 1])
    return "".join(BARS[round(figure * (len(BARS) - 1) / top)] for figure in shown)

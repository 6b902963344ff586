"""Retries of a snapshot on the command line: begun here, done by the hub, shown with a bar."""

import asyncio
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub.cli.acting import act
from hub.cli.opening import store_of
from hub.cli.screen import console, notes, print_json
from hub.errors import HubError
from hub.settings import Settings
from hub.store import lots
from hub.store.lots import Lot
from hub.store.parked import Which
from hub.store.port import Store

LOOK = 0.25  # seconds between looks


async def retry_all(
    settings: Settings, which: Which, rate: float, *, dry_run: bool, wait: bool | None, as_json: bool
) -> None:
    """Give every event that matches its moment, and show how it goes."""
    async with store_of(settings) as store:
        if dry_run:
            _tell_matching(await store.read(lots.matching, which), rate, as_json=as_json)
            return
        number = await store.write(lots.start, act(lots.RETRY, "snapshot"), which, rate=rate)
        if number is None:
            raise HubError(
                "nothing that is parked matches, or all of it is in a lot that goes on: `vet-hub parked lot`"
            )
        if wait or (wait is None and sys.stderr.isatty()):
            await _watch(store, number)
        _tell(await _lot(store, number), as_json=as_json)


async def tell_lots(settings: Settings, number: int | None, *, stop: bool, wait: bool, as_json: bool) -> None:
    """Tell how far one lot is, or all that go on."""
    async with store_of(settings) as store:
        if number is None:
            found = await store.read(lots.running)
            if as_json:
                print_json([each.as_json() for each in found])
            for each in () if as_json else found:
                _tell(each, as_json=False)
            if not found and not as_json:
                console().print("No snapshot is being tried again. `vet-hub parked retry --all` begins one.")
            return
        if stop:
            await store.write(lots.stop, act(lots.STOP, str(number)), number)
        elif wait:
            await _watch(store, number)
        _tell(await _lot(store, number), as_json=as_json)


async def _watch(store: Store, number: int) -> None:
    columns = (TextColumn("lot {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True) as progress:
        lot = await _lot(store, number)
        shown = progress.add_task(str(number), total=lot.events)
        while lot.due:
            progress.update(shown, completed=lot.events - lot.due)
            await asyncio.sleep(LOOK)
            lot = await _lot(store, number)


async def _lot(store: Store, number: int) -> Lot:
    lot = await store.read(lots.find, number)
    if lot is None:
        raise HubError(f"there is no lot {number}; `vet-hub parked lot` lists those that go on")
    return lot


def _tell_matching(events: int, rate: float, *, as_json: bool) -> None:
    if as_json:
        print_json({"events": events, "seconds": round(events / rate, 1)})
    else:
        console().print(f"{events} would be tried again, in about {events / rate:.0f} s; nothing was changed")


def _tell(lot: Lot, *, as_json: bool) -> None:
    if as_json:
        print_json(lot.as_json())
        return
    _words(lot, console())


def _words(lot: Lot, out: Console) -> None:
    chosen = ", ".join(f"{name} {value}" for name, value in lot.which.items()) or "everything"
    out.print(f"[bold]lot {lot.number}[/]  [soft]{chosen}, {lot.rate:g} a second, by {lot.who} at {lot.at[:19]}[/]")
    left = f"[warn]{lot.due} to come[/], the last at {lot.last_at[:19]}" if lot.last_at else "all came up"
    failed = f", [bad]{lot.failed} failed or wait again[/]" if lot.failed else ""
    stopped = f", {lot.stopped} stopped" if lot.stopped else ""
    out.print(f"  {lot.events} events: [good]{lot.through} through[/]{failed}{stopped}; {left}")

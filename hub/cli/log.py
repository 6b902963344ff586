"""`vet-hub log tail`: the stream of events as the history holds it, oldest first, on and on with --follow."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated

import typer
from rich.console import Console

from events.catalogue import EVENTS
from events.codec import to_structured
from events.envelope import Envelope
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_line
from hub.clock import SystemClock, stamp
from hub.settings import Settings
from hub.store import history, sieve
from hub.store.port import Store
from hub.store.sieve import Sieve

POLL = 0.5  # seconds between looks while following
PAGE = 500  # events a look reads
AGO = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
OUTCOMES = ("done", "refused", "waiting", "parked", "behind", "skipped", "replaced")

app = commands("Read the stream of events.")


@app.command()
def tail(
    count: Annotated[
        int, typer.Option("-n", "--lines", min=1, max=100_000, help="How many events to begin with.")
    ] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on showing what comes.")] = False,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only this type, as in need.published or need.*; may be repeated."),
    ] = None,
    subject: Annotated[str, typer.Option(help="Only about this ref or id, or of this key.", show_default=False)] = "",
    org: Annotated[str, typer.Option(help="Only said by this organisation; hub is the hub.", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(help="Only since then: 15m, 2h, 3d ago, or 2026-11-24T08:00.", show_default=False)
    ] = "",
    correlation: Annotated[str, typer.Option(help="Only of the story of this id.", show_default=False)] = "",
    group: Annotated[str, typer.Option(help="Only what this group has taken.", show_default=False)] = "",
    outcome: Annotated[
        str, typer.Option(help=f"Only what came to this: {', '.join(OUTCOMES)}.", show_default=False)
    ] = "",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest events; with --json one CloudEvent a line."""
    wanted = Sieve(
        types=tuple(_known(name) for name in types or ()),
        about=subject,
        org=org,
        since=_instant(since),
        correlation=correlation,
        group=group,
        outcome=_outcome(outcome),
    )
    try:
        asyncio.run(_tail(settings_for(data), count, wanted, follow=follow, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _known(pattern: str) -> str:
    names = [*EVENTS, *(event.wire_type() for event in EVENTS.values())]
    if not any(fnmatchcase(name, pattern) for name in names):
        raise typer.BadParameter(f"{pattern!r} is not an event; `vet-hub map` lists them all", param_hint="--type")
    return pattern


def _outcome(word: str) -> str:
    if word and word not in OUTCOMES:
        raise typer.BadParameter(f"{word!r} is none of {', '.join(OUTCOMES)}", param_hint="--outcome")
    return word


def _instant(word: str) -> str:
    if not word:
        return ""
    ago = AGO.fullmatch(word)
    if ago:
        return stamp(SystemClock().now() - timedelta(**{UNITS[ago[2]]: int(ago[1])}))
    try:
        return stamp(datetime.fromisoformat(word).astimezone())
    except ValueError:
        raise typer.BadParameter(
            f"{word!r} is no time; write 15m, 2h, 3d or 2026-11-24T08:00", param_hint="--since"
        ) from None


async def _tail(settings: Settings, count: int, wanted: Sieve, *, follow: bool, as_json: bool) -> None:
    out = None if as_json else console()
    async with store_of(settings) as store:
        position = await store.read(history.last_seq)
        found, _ = await store.read(sieve.newest, wanted, limit=count, before=position + 1)
        _show(found[::-1], out)
        while follow:
            position = await _next(store, position, wanted, out)


async def _next(store: Store, position: int, wanted: Sieve, out: Console | None) -> int:
    found, position = await store.read(sieve.after, wanted, position, limit=PAGE)
    _show(found, out)
    if len(found) < PAGE:
        await asyncio.sleep(POLL)
    return position


def _show(found: Sequence[Envelope], out: Console | None) -> None:
    for each in found:
        if out is None:
            print_line(to_structured(each))
        else:
            at = f"{each.received_at:%H:%M:%S.%f}"[:-3] if each.received_at else ""
            out.print(
                f"[soft]{each.seq:>6} {at}[/] {each.short_type:<22} [ref]{each.subject}[/] [soft]{each.source}[/]",
                soft_wrap=True,
            )

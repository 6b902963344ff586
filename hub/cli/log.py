"""`vet-hub log tail`: the stream of events as the history holds it, oldest first, on and on with --follow."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from events.catalogue import EVENTS
from events.codec import to_structured
from events.envelope import Envelope
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_line
from hub.settings import Settings
from hub.store import figures, history
from hub.store.port import Store

POLL = 0.5  # seconds between looks while following
PAGE = 500  # events a look reads

app = commands("Read the stream of events.")


@app.command()
def tail(
    count: Annotated[
        int, typer.Option("-n", "--lines", min=1, max=100_000, help="How many events to begin with.")
    ] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on showing what comes.")] = False,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type, as in need.published; may be repeated.")
    ] = None,
    subject: Annotated[str, typer.Option(help="Only about this ref or id.", show_default=False)] = "",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest events; with --json one CloudEvent a line."""
    only = [_full(name) for name in types or ()]
    try:
        asyncio.run(_tail(settings_for(data), count, only, subject, follow=follow, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _full(name: str) -> str:
    if name in EVENTS:
        return EVENTS[name].wire_type()
    if any(name == event.wire_type() for event in EVENTS.values()):
        return name
    raise typer.BadParameter(f"{name!r} is not an event; `vet-hub map` lists them all", param_hint="--type")


async def _tail(
    settings: Settings, count: int, types: Sequence[str], subject: str, *, follow: bool, as_json: bool
) -> None:
    out = None if as_json else console()
    async with store_of(settings) as store:
        found = await store.read(figures.newest, limit=count, types=types, subject=subject)
        position = found[-1].seq or 0 if found else await store.read(history.last_seq)
        _show(found, out)
        while follow:
            position = await _next(store, position, types, subject, out)


async def _next(store: Store, position: int, types: Sequence[str], subject: str, out: Console | None) -> int:
    found = await store.read(history.tail, after_seq=position, limit=PAGE, types=types, subject=subject)
    _show(found, out)
    if found:
        return found[-1].seq or position
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

"""`vet-hub map`: event → handler → events, read from the handlers' signatures. Needs no store."""

from typing import Annotated, Any

import typer
from rich.console import Console

from events.catalogue import EVENTS
from hub.cli.opening import settings_for
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, print_json
from hub.dispatch.router import Reaction
from hub.parts import reactions

app = commands()


@app.command(name="map")
def show_map(
    event: Annotated[str, typer.Argument(help="Only this event, as in need.published.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Which handler hears which event, and what it says."""
    heard = [_row(name, reactions(settings_for())) for name in EVENTS if not event or name == event]
    if not heard:
        raise typer.BadParameter(f"{event!r} is not an event; `vet-hub map` lists them all", param_hint="EVENT")
    if as_json:
        print_json(heard)
    else:
        _tell(heard, console())


def _row(name: str, declared: list[Reaction]) -> dict[str, Any]:
    said_by = sorted(EVENTS[name].SAID_BY)
    handlers = [each for each in declared if any(name == heard.TYPE for heard in each.hears)]
    return {
        "event": name,
        "said_by": said_by,
        "handlers": [
            {
                "group": each.group,
                "name": each.name,
                "where": each.where,
                "says": sorted(said.TYPE for said in each.says),
            }
            for each in handlers
        ],
    }


def _tell(heard: list[dict[str, Any]], out: Console) -> None:
    for row in heard:
        out.print(f"[bold]{row['event']}[/]  [soft]said by {', '.join(row['said_by'])}[/]", soft_wrap=True)
        for each in row["handlers"]:
            says = f" [soft]→[/] {', '.join(each['says'])}" if each["says"] else ""
            out.print(f"  [leather]╌[/] {each['group']} [ref]{each['name']}[/]{says}", soft_wrap=True)
        if not row["handlers"]:
            out.print("  [leather]╌[/] [soft]nobody here; it is in the history and goes to whom it concerns[/]")

"""`vet-hub map`: event → handler → events, read from the handlers' signatures. Needs no store."""

from typing import Annotated, Any

import typer
from rich.table import Table

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
        console().print(_table(heard))


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


def _table(heard: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="soft", row_styles=None)
    table.add_column("event", no_wrap=True)
    table.add_column("said by", style="soft")
    table.add_column("group", style="soft", no_wrap=True)
    table.add_column("handler", style="leather", no_wrap=True)
    table.add_column("says")
    for row in heard:
        first, *rest = row["handlers"] or [{"group": "", "name": "", "says": []}]
        table.add_row(row["event"], " ".join(row["said_by"]), first["group"], first["name"], ", ".join(first["says"]))
        for each in rest:
            table.add_row("", "", each["group"], each["name"], ", ".join(each["says"]))
    return table

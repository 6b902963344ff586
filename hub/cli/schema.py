"""`vet-hub schema`: the public contract as files, and what a change of it would break. Needs no store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from hub.cli.opening import settings_for
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, notes, print_json
from hub.contract import folder
from hub.contract.asyncapi import asyncapi
from hub.contract.changes import Change, compare
from hub.parts import reactions
from hub.web.api import openapi

INCOMPATIBLE = 1  # exit code

app = commands("The public contract as files, and what a change of it breaks.")


@app.command()
def export(into: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if missing.")]) -> None:
    """Write one JSON Schema (2020-12) a type, DIR/need.published.json and so on, asyncapi.json and openapi.json."""
    settings = settings_for()
    pages = {"asyncapi": asyncapi(reactions(settings), prefix=settings.topic_prefix), "openapi": openapi()}
    count = folder.write(into, pages)
    notes().print(f"{count} schemas, asyncapi.json and openapi.json in {into}")


@app.command()
def check(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="The contract as it was: an exported folder, or one file.")
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The contract as it would be.")],
    as_json: AsJson = False,
) -> int:
    """Say what a change breaks: what partners send must still be taken, what they read must stay readable.

    Exit code 0 where nothing breaks, 1 where something does, 2 where OLD or NEW holds no schema.
    """
    before, now = folder.read(old), folder.read(new)
    if old.is_dir() != new.is_dir():
        raise typer.BadParameter("one is a folder and one a file; name two of a kind", param_hint="OLD NEW")
    if not old.is_dir():
        now = dict(zip(before, now.values(), strict=True))
    changes = compare(before, now)
    if as_json:
        print_json(_as_json(changes))
    else:
        _tell(changes, console())
    return INCOMPATIBLE if any(change.breaks for change in changes) else 0


def _as_json(changes: Sequence[Change]) -> dict[str, object]:
    shown = [
        {"schema": each.schema, "pointer": each.pointer, "field": each.field, "what": each.what}
        | ({"breaks": each.breaks, "cure": each.cure} if each.breaks else {})
        for each in changes
    ]
    breaking = [each for each in shown if "breaks" in each]
    return {
        "compatible": not breaking,
        "breaking": breaking,
        "other": [each for each in shown if "breaks" not in each],
    }


def _tell(changes: Sequence[Change], out: Console) -> None:
    for change in changes:
        style = "bad" if change.breaks else "soft"
        word = f"breaks {change.breaks}" if change.breaks else "breaks nobody"
        named = f"{change.field} {change.what}".strip()
        out.print(f"[{style}]{word:<14}[/] [bold]{change.schema}[/]  {escape(named)}", soft_wrap=True)
        if change.pointer:
            out.print(f"{'':<15}[ref]{change.schema}.json#{escape(change.pointer)}[/]", soft_wrap=True)
        if change.cure:
            out.print(f"{'':<15}[soft]{change.cure}[/]", soft_wrap=True)
    broken = sum(1 for change in changes if change.breaks)
    out.print(f"{broken} of {len(changes)} changes break somebody." if changes else "Nothing changed.")

"""`vet-hub audit`: what operators did, by command, console or key: who, when, what, on what, and what came of it."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.settings import Settings
from hub.store import audit
from hub.store.audit import Acted

app = commands()


@app.command(name="audit")
def show_audit(
    count: Annotated[int, typer.Option("-n", "--lines", min=1, max=100_000, help="How many acts to show.")] = 50,
    act: Annotated[str, typer.Option(help="Only these, as in parked.skip, or all of parked.", show_default=False)] = "",
    about: Annotated[
        str, typer.Option(help="Only on this event, key, group or person's ref.", show_default=False)
    ] = "",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What operators did, newest first.

    `cli:1000` is the account of that number on the machine the command ran on, `console:…` a session of the console,
    `key:…` an API key, `hub` the hub itself.
    """
    found = asyncio.run(_acts(settings_for(data), count, act, about))
    if as_json:
        print_json([each.as_json() for each in found])
    elif found:
        for each in found:
            _tell(each, console())
    else:
        console().print("Nobody did anything yet. Keys, links, retries, skips, edits and replays appear here.")


async def _acts(settings: Settings, count: int, act: str, about: str) -> list[Acted]:
    async with store_of(settings) as store:
        return await store.read(audit.newest, limit=count, act=act, about=about)


def _tell(each: Acted, out: Console) -> None:
    at = each.at[:19].replace("T", " ")
    detail = ", ".join(f"{name} {value}" for name, value in each.detail.items())
    result = "" if each.result == audit.DONE else f" [warn]{each.result}[/]"
    said = f"  [soft]{detail}[/]" if detail else ""
    out.print(f"[soft]{at}[/] {each.who}  [bold]{each.act}[/] [ref]{each.about}[/]{result}{said}", soft_wrap=True)

"""`vet-hub up`: the whole hub in one process: web, log, groups, scheduler, couriers."""

from typing import Annotated

import typer
from rich.console import Console

from hub.access import SCOPES, create_key
from hub.cli.console import SIGN_IN
from hub.cli.demo import progress_shown, settings_in_a_fresh_folder, story_in
from hub.cli.opening import settings_for
from hub.cli.options import DataDir, Host, Port, commands
from hub.cli.screen import console
from hub.cli.serving import until_told, while_well, whole_hub
from hub.cli.telling import tell
from hub.parts import Hub
from hub.settings import Settings
from hub.store import keys
from hub.visitors import make_link
from hub.web.listening import taken
from hub.web.serve import serve

OPERATOR = "hub"

app = commands()


@app.command()
def up(
    data: DataDir = None,
    port: Port = None,
    host: Host = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Play the demonstration story first, in a fresh folder unless --data is given."),
    ] = False,
) -> None:
    """Run the whole hub until Ctrl-C. Without cluster settings nothing else is needed: SQLite in one folder.

    Each start prints a link into the console, good once; the first start in a folder also an operator's key, once.
    """
    if demo:
        settings = settings_in_a_fresh_folder(data, quiet=False, port=port, host=host)
    else:
        settings = settings_for(data, quiet=False, port=port, host=host)
    until_told(_up(settings, demo=demo))
    console().print("[soft]The hub has stopped; what it took is stored.[/]")


async def _up(settings: Settings, *, demo: bool) -> None:
    with taken(settings.host, settings.port):
        pass  # a port that cannot be had is told before anything else happens
    out = console()
    async with whole_hub(settings) as hub:
        if demo:
            await _play(hub, out)
        key = await first_key(hub)
        link = await make_link(hub.store, hub.clock, org=OPERATOR, role="operator")

        def greet(port: int) -> None:
            _greet(settings, port, key, link, out)

        await while_well(hub, serve(hub, host=settings.host, port=settings.port, ready=greet))


async def _play(hub: Hub, out: Console) -> None:
    with progress_shown() as progress:
        tale = await story_in(hub, progress)
    tell(tale, out)


async def first_key(hub: Hub) -> str | None:
    """Make a key for the operator, once in the life of a hub; returns None when there was one before."""
    if any(row.org == OPERATOR for row in await hub.store.read(keys.listing)):
        return None
    key, _ = await create_key(hub.store, hub.clock, org=OPERATOR, scopes=SCOPES)
    return key


def _greet(settings: Settings, port: int, key: str | None, link: str, out: Console) -> None:
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    where = f"data in {settings.data}" if settings.embedded else f"PostgreSQL, Kafka at {settings.bootstrap}"
    out.print(
        f"\nvet-hub runs at [leather]http://{shown}:{port}[/]  [soft]({where}; Ctrl-C stops it)[/]", soft_wrap=True
    )
    address = f"{settings.public_url.rstrip('/')}" if settings.public_url else f"http://{shown}:{port}"
    out.print(f"The console, once and within 15 minutes: [leather]{address}{SIGN_IN}{link}[/]", soft_wrap=True)
    if key is not None:
        out.print(f"A key for its operator, shown only this once: [bold]{key}[/]", soft_wrap=True)

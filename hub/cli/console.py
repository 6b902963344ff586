"""`vet-hub console link`: a way into the console, good once, for an operator or a coordinator."""

import asyncio
from typing import Annotated

import typer

from hub.cli.acting import operator
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, Port, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.parts import hub_url
from hub.settings import Settings
from hub.visitors import HUB_ORG, LINK_LASTS, OPERATOR, ROLES, make_link

SIGN_IN = "/console/sign-in/"

app = commands("The console in the browser: links to sign in with.")


@app.command()
def link(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = OPERATOR,
    org: Annotated[str, typer.Option(help="Slug of the coordinator's organisation; hub for operators.")] = HUB_ORG,
    person: Annotated[str, typer.Option(metavar="REF", help="Who it is for, as `people add` answered.")] = "",
    data: DataDir = None,
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Print a link into the console. It lets somebody in once, within a quarter of an hour."""
    address = asyncio.run(_link(settings_for(data, port=port), org, role, person or None))
    if as_json:
        print_json({"link": address})
        return
    console().print(address, soft_wrap=True)
    minutes = LINK_LASTS.total_seconds() / 60
    notes().print(f"[soft]For one {role} of {org}, once, within {minutes:g} minutes.[/]")


async def _link(settings: Settings, org: str, role: str, person: str | None) -> str:
    async with store_of(settings) as store:
        secret = await make_link(store, SystemClock(), org=org, role=role, person_ref=person, by=operator())
        return hub_url(settings) + SIGN_IN + secret

"""`vet-hub tenant`: partners who speak Kafka: their topics, their way in, and what they want to hear."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from hub.access import SCOPES
from hub.cli.acting import act, noted
from hub.cli.newcomers import New, refuse_misspelt
from hub.cli.opening import cluster_module, require_cluster, settings_for, store_made, store_of
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.errors import HubError
from hub.log.topic_plan import asked
from hub.settings import Settings
from hub.store import audit, tenants
from hub.tenants import DEFAULT_TYPES, enrol

app = commands("Partners who speak Kafka: add, list, remove.")

Org = Annotated[str, typer.Argument(metavar="ORG", help="Slug of the organisation.")]


@app.command()
def add(
    org: Org,
    kafka: Annotated[bool, typer.Option("--kafka", help="Make its topics, and its way in, on Kafka.")] = False,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            "--types",
            help=f"What it hears, as in match.requested, match.* or *; may be repeated. Without: {' '.join(DEFAULT_TYPES)}.",
        ),
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(SCOPES)}; may be repeated. Without: events:write.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="PREFIX", help="Further source prefix it may speak for.")
    ] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Give it a new password; the old one ends at once.")] = False,
    new: New = False,
    as_json: AsJson = False,
) -> None:
    """Make a partner, or change what is named; doing it again changes nothing. A password is shown once."""
    settings = _cluster()
    if rotate and not kafka:
        raise typer.BadParameter("a password is Kafka's: say --kafka too", param_hint="--rotate")
    given = {"types": types or None, "scopes": scope or None, "sources": source or None}
    made, unknown = asyncio.run(_add(settings, org, given, kafka=kafka, rotate=rotate, new=new))
    if unknown:
        notes().print(f"[soft]{unknown}[/]")
    if as_json:
        print_json(made)
    else:
        _tell(made, kafka=kafka)


def _cluster() -> Settings:
    settings = settings_for()
    require_cluster(settings)
    return settings


async def _add(
    settings: Settings, org: str, given: dict[str, list[str] | None], *, kafka: bool, rotate: bool, new: bool
) -> tuple[dict[str, Any], str]:
    async with store_made(settings) as store:
        unknown = await refuse_misspelt(store, org, new=new)
        row = await enrol(store, SystemClock(), org, by=act("tenant.add", org), **given)
    made = {name: list(word) if isinstance(word, tuple) else word for name, word in asdict(row).items()}
    if kafka:
        made |= await _on_kafka(settings, org, rotate=rotate)
        await noted(settings, "tenant.admit", org, user=made["user"], new_password=made["password"] is not None)
    return made, unknown


async def _on_kafka(settings: Settings, org: str, *, rotate: bool) -> dict[str, Any]:
    topics, guard = cluster_module("hub.log.topics"), cluster_module("hub.partners.guard")
    # The order matters: a topic that can be reached before anything guards it would be anybody's for a moment.
    access = await guard.admit(settings.bootstrap, org, prefix=settings.topic_prefix, rotate=rotate)
    steps = await topics.plan(settings.bootstrap, tenants=[org], **asked(settings))
    own = [step for step in steps if step.topic in _topics(settings, org)]
    await topics.apply(settings.bootstrap, own)
    return {"topics": [step.topic for step in own], "user": access.user, "password": access.password}


def _topics(settings: Settings, org: str) -> set[str]:
    return {f"{settings.topic_prefix}{way}.{org}" for way in ("in", "out")}


def _tell(made: dict[str, Any], *, kafka: bool) -> None:
    org = made["org"]
    notes().print(f"{org} hears {' '.join(made['types'])} and may {' '.join(made['scopes'])}")
    if not kafka:
        return
    notes().print(f"Topics {' and '.join(made['topics'])} are there.")
    if made["user"] is None:
        notes().print(
            "[warn]This Kafka has no authorizer: nothing guards them, and whoever reaches it can read and write both.[/]"
        )
    elif made["password"] is None:
        notes().print(f"[soft]User {made['user']} keeps its password; --rotate gives it a new one.[/]")
    else:
        console().print(f"{made['user']}:{made['password']}", soft_wrap=True)
        notes().print("[soft]User and password for SCRAM. Keep them: they are not shown again.[/]")


@app.command(name="list")
def show_list(as_json: AsJson = False) -> None:
    """Show all partners on Kafka and what they hear."""
    rows = asyncio.run(_list(_cluster()))
    if as_json:
        print_json([{**asdict(row)} for row in rows])
        return
    table = Table(box=None, pad_edge=False, header_style="soft")
    for name in ("organisation", "may", "hears", "made"):
        table.add_column(name)
    for row in rows:
        table.add_row(row.org, " ".join(row.scopes), " ".join(row.types), row.created_at[:10])
    console().print(table)


async def _list(settings: Settings) -> list[tenants.TenantRow]:
    async with store_of(settings) as store:
        return await store.read(tenants.listing)


@app.command()
def remove(org: Org) -> None:
    """Take a partner's rights and password, and send it nothing more; its topics stay until somebody deletes them."""
    settings = _cluster()
    guarded = asyncio.run(_remove(settings, org))
    notes().print(f"{org} is no partner on Kafka any more; its topics and what is in them stay")
    if not guarded:
        notes().print("[warn]This Kafka has no authorizer: whoever reaches it can still read them.[/]")


async def _remove(settings: Settings, org: str) -> bool:
    guard = cluster_module("hub.partners.guard")
    async with store_of(settings) as store:
        if await store.read(tenants.find, org) is None:
            raise HubError(f"{org!r} is no partner on Kafka; `vet-hub tenant list` shows them")
        guarded: bool = await guard.bar(settings.bootstrap, org, prefix=settings.topic_prefix)
        await store.write(audit.acted, act("tenant.remove", org), tenants.remove, org)
        return guarded

"""`vet-hub topics`: the Kafka topics of the cluster, planned and made from `events/topics.py`."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console

from hub.cli.opening import cluster_module, require_cluster, settings_for
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, notes, print_json
from hub.errors import HubError
from hub.settings import Settings

Tenants = Annotated[
    list[str] | None, typer.Option("--tenant", help="Also this partner's in. and out. topics; may be repeated.")
]
STYLES = {"make": "good", "set": "warn", "keep": "soft", "refuse": "bad"}

app = commands("The Kafka topics: planned and made from what the code declares; nothing is auto-created.")


@app.command()
def plan(tenant: Tenants = None, as_json: AsJson = False) -> None:
    """Show what `apply` would do; changes nothing."""
    steps = asyncio.run(_plan(_settings(), tenant or []))
    if as_json:
        print_json([{"topic": each.topic, "act": each.act, "says": each.says} for each in steps])
    else:
        _show(steps, console())


@app.command()
def apply(
    tenant: Tenants = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each record (default: 3, or as many as there are brokers).")
    ] = None,
) -> None:
    """Make missing topics and set what differs; a number of partitions is never changed."""
    steps = asyncio.run(_apply(_settings(), tenant or [], replication))
    _show(steps, notes())
    refused = [f"{each.topic} {each.says}" for each in steps if each.act == "refuse"]
    if refused:
        raise HubError(f"not done: {'; '.join(refused)}")


def _settings() -> Settings:
    settings = settings_for()
    require_cluster(settings)
    return settings


async def _plan(settings: Settings, tenants: list[str]) -> list[Any]:
    topics = cluster_module("hub.log.topics")
    return list(await topics.plan(settings.bootstrap, prefix=settings.topic_prefix, tenants=tenants))


async def _apply(settings: Settings, tenants: list[str], replication: int | None) -> list[Any]:
    steps = await _plan(settings, tenants)
    await cluster_module("hub.log.topics").apply(settings.bootstrap, steps, replication=replication)
    return steps


def _show(steps: list[Any], out: Console) -> None:
    for each in steps:
        style = STYLES[each.act]
        out.print(f"[{style}]{each.act:<6}[/] {each.topic}  [soft]{each.says}[/]", soft_wrap=True)

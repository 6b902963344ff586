"""`vet-hub topics`: the Kafka topics of the cluster, planned and made from `events/topics.py`."""

import asyncio
import sys
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from hub.cli.acting import noted
from hub.cli.opening import cluster_module, require_cluster, settings_for
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, notes, print_json
from hub.cli.strimzi import manifests
from hub.errors import HubError
from hub.log.topic_plan import REPLICAS, Change, Step, asked, declared
from hub.settings import Settings

Tenants = Annotated[
    list[str] | None, typer.Option("--tenant", help="Also this partner's in. and out. topics; may be repeated.")
]
Replication = Annotated[
    int | None,
    typer.Option(
        min=1, help="Copies of each record (VET_HUB_REPLICATION; default: 3, or as many as there are brokers)."
    ),
]
Strimzi = Annotated[
    bool, typer.Option("--strimzi", help="Print KafkaTopic manifests for kubectl instead; asks no broker.")
]
Cluster = Annotated[str, typer.Option(help="With --strimzi: the name of the Kafka resource.")]
STYLES = {"make": "good", "set": "warn", "keep": "soft", "refuse": "bad"}

app = commands("The Kafka topics: planned and made from what the code declares; nothing is auto-created.")


@app.command()
def plan(
    tenant: Tenants = None,
    replication: Replication = None,
    as_json: AsJson = False,
    strimzi: Strimzi = False,
    cluster: Cluster = "kafka",
) -> None:
    """Show what `apply` would do; changes nothing."""
    settings = _settings(replication, strimzi=strimzi)
    if strimzi:
        _print_manifests(settings, tenant or [], cluster)
        return
    steps = asyncio.run(_plan(settings, tenant or []))
    if as_json:
        print_json([_row(each) for each in steps])
    else:
        _show(steps, console())


@app.command()
def apply(
    tenant: Tenants = None,
    replication: Replication = None,
    as_json: AsJson = False,
    strimzi: Strimzi = False,
    cluster: Cluster = "kafka",
) -> None:
    """Make missing topics and set what differs; returns when the broker shows it. Partitions are never changed."""
    settings = _settings(replication, strimzi=strimzi)
    if strimzi:
        _print_manifests(settings, tenant or [], cluster)
        return
    steps = asyncio.run(_apply(settings, tenant or []))
    if as_json:
        print_json([_row(each) for each in steps])
    else:
        _show(steps, notes())
    refused = [f"{each.topic} {each.says}" for each in steps if each.act == "refuse"]
    if refused:
        raise HubError(f"not done: {'; '.join(refused)}")


def _settings(replication: int | None, *, strimzi: bool) -> Settings:
    settings = settings_for(replication=replication)
    if not strimzi:
        require_cluster(settings)
    return settings


async def _plan(settings: Settings, tenants: list[str]) -> list[Step]:
    topics = cluster_module("hub.log.topics")
    return list(await topics.plan(settings.bootstrap, tenants=tenants, **asked(settings)))


async def _apply(settings: Settings, tenants: list[str]) -> list[Step]:
    steps = await _plan(settings, tenants)
    await cluster_module("hub.log.topics").apply(settings.bootstrap, steps)
    changed = [each.topic for each in steps if each.act in ("make", "set")]
    await noted(settings, "topics.apply", settings.topic_prefix or "all topics", changed=" ".join(changed))
    return steps


def _print_manifests(settings: Settings, tenants: list[str], cluster: str) -> None:
    wish = asked(settings)
    topics = declared(tenants, copies=wish["replication"] or REPLICAS, partitions=wish["partitions"])
    named = {settings.topic_prefix + name: wanted for name, wanted in topics.items()}
    sys.stdout.write(manifests(named, cluster=cluster))


def _row(step: Step) -> dict[str, Any]:
    return {
        "topic": step.topic,
        "act": step.act,
        "says": step.says,
        "cure": step.cure,
        "changes": [{"setting": each.setting, "now": each.now, "then": each.then} for each in step.changes],
    }


def _show(steps: list[Step], out: Console) -> None:
    for each in steps:
        style = STYLES[each.act]
        says = each.says if each.act in ("make", "refuse") else ""
        out.print(f"[{style}]{each.act:<6}[/] {each.topic}  [soft]{says}[/]", soft_wrap=True)
        for change in each.changes:
            out.print(_line(change), soft_wrap=True)
        if each.cure:
            out.print(f"       [leather]→[/] {each.cure}", soft_wrap=True)


def _line(change: Change) -> str:
    if change.now is None:
        return f"       [good]+[/] {change.setting:<20} {in_words(change.setting, change.then)}"
    now, then = in_words(change.setting, change.now), in_words(change.setting, change.then)
    return f"       [warn]~[/] {change.setting:<20} {now} → [bold]{then}[/]"


def in_words(setting: str, value: str) -> str:
    """Return a value with what its milliseconds are for people."""
    if not setting.endswith(".ms") or not value.isdigit():
        return value
    span = timedelta(milliseconds=int(value))
    return f"{value} ({span.days} days)" if span.days > 1 else f"{value} ({span})"

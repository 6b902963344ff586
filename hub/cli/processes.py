"""The cluster's processes: web, worker, relay, scheduler and courier run one part each of what `up` runs in one."""

import asyncio
from collections.abc import Collection
from typing import Annotated

import typer

from hub.cli.opening import cluster_module, require_cluster, settings_for
from hub.cli.options import Host, Port, commands
from hub.cli.screen import notes
from hub.cli.serving import until_stopped
from hub.errors import WrongSetting
from hub.parts import reactions
from hub.settings import Settings

Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for database and topics at start.")
]

web = commands()
worker = commands()
relay = commands()
scheduler = commands()
courier = commands()


@web.command(name="web")
def run_web(port: Port = None, host: Host = None, wait: Wait = 0.0) -> None:
    """Run the web part alone: HTTP in, questions out. It answers 202 once an event is stored; a relay sends it on."""
    settings = _settings(port=port, host=host)
    asyncio.run(_serve(settings, wait))


@worker.command(name="worker")
def run_worker(
    group: Annotated[list[str] | None, typer.Option(help="A group to run; may be repeated. Without: all.")] = None,
    wait: Wait = 0.0,
) -> None:
    """Run groups of handlers. Kafka shares a group's partitions among all workers that run it."""
    settings = _settings()
    known = sorted({reaction.group for reaction in reactions(settings)})
    unknown = sorted(set(group or ()) - set(known))
    if unknown:
        raise WrongSetting(f"there is no group {', '.join(unknown)}; the handlers have {', '.join(known)}")
    asyncio.run(_run(settings, {"groups"}, wait, groups=group))


@relay.command(name="relay")
def run_relay(wait: Wait = 0.0) -> None:
    """Carry stored events to Kafka, and in what partners write there.

    One relay is active on the way out; others stand by and take over within seconds. All share what comes in.
    """
    asyncio.run(_run(_settings(), {"relay", "partners"}, wait))


@scheduler.command(name="scheduler")
def run_scheduler(wait: Wait = 0.0) -> None:
    """Say what falls due. Any number of schedulers is harmless."""
    asyncio.run(_run(_settings(), {"scheduler"}, wait))


@courier.command(name="courier")
def run_courier(wait: Wait = 0.0) -> None:
    """Deliver mails and make documents, and say what came of each. Couriers share the work."""
    asyncio.run(_run(_settings(), {"courier"}, wait))


def _settings(*, port: int | None = None, host: str | None = None) -> Settings:
    settings = settings_for(quiet=False, port=port, host=host)
    require_cluster(settings)
    return settings


async def _run(
    settings: Settings, parts: Collection[str], patience: float, *, groups: Collection[str] | None = None
) -> None:
    stream = cluster_module("hub.stream")
    async with stream.cluster(settings, parts=parts, groups=groups, patience=patience) as hub:
        notes().print(f"{' '.join(sorted(groups or hub.runners if 'groups' in parts else parts))}: running")
        await until_stopped(hub)


async def _serve(settings: Settings, patience: float) -> None:
    stream, serving = cluster_module("hub.stream"), cluster_module("hub.web.serve")
    async with stream.cluster(settings, parts={"ingest"}, patience=patience) as hub:
        ready = lambda port: notes().print(f"web: running at http://{settings.host}:{port}")  # noqa: E731
        await until_stopped(hub, serving.serve(hub, host=settings.host, port=settings.port, ready=ready))

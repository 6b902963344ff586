"""The cluster's processes: web, worker, relay, scheduler and courier run one part each of what `up` runs in one."""

import asyncio
import math
from collections.abc import Callable, Collection
from typing import Annotated

import typer

from hub.cli.opening import cluster_module, require_cluster, settings_for
from hub.cli.options import Host, Port, commands
from hub.cli.screen import notes
from hub.cli.serving import until_told, while_well
from hub.errors import WrongSchema, WrongSetting
from hub.parts import Hub, reactions
from hub.settings import Settings

Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0,
        help="How long to wait for database and topics at start. Without: as long as it takes.",
    ),
]

web = commands()
worker = commands()
relay = commands()
scheduler = commands()
courier = commands()


@web.command(name="web")
def run_web(port: Port = None, host: Host = None, wait: Wait = None) -> None:
    """Run the web part alone: HTTP in, questions out. It answers 202 once an event is stored; a relay sends it on."""
    settings = _settings(port=port, host=host)
    until_told(run(settings, {"ingest"}, wait))


@worker.command(name="worker")
def run_worker(
    group: Annotated[list[str] | None, typer.Option(help="A group to run; may be repeated. Without: all.")] = None,
    wait: Wait = None,
) -> None:
    """Run groups of handlers. Kafka shares a group's partitions among all workers that run it.

    A worker leaves its groups when it stops; after a crash its partitions rest for 10 seconds. With VET_HUB_INSTANCE, a name
    that no other worker of the group has and that outlasts a restart (a StatefulSet's pod), its successor goes on at once.
    """
    settings = _settings()
    known = sorted({reaction.group for reaction in reactions(settings)})
    unknown = sorted(set(group or ()) - set(known))
    if unknown:
        raise WrongSetting(f"there is no group {', '.join(unknown)}; the handlers have {', '.join(known)}")
    until_told(run(settings, {"groups"}, wait, groups=group))


@relay.command(name="relay")
def run_relay(wait: Wait = None) -> None:
    """Carry stored events to Kafka, and in what partners write there.

    One relay is active on the way out; others stand by and take over within seconds. All share what comes in.
    """
    until_told(run(_settings(), {"relay", "partners"}, wait))


@scheduler.command(name="scheduler")
def run_scheduler(wait: Wait = None) -> None:
    """Say what falls due. Any number of schedulers is harmless."""
    until_told(run(_settings(), {"scheduler"}, wait))


@courier.command(name="courier")
def run_courier(wait: Wait = None) -> None:
    """Deliver mails and make documents, and say what came of each. Couriers share the work."""
    until_told(run(_settings(), {"courier"}, wait))


def _settings(*, port: int | None = None, host: str | None = None) -> Settings:
    settings = settings_for(quiet=False, port=port, host=host)
    require_cluster(settings)
    return settings


async def run(
    settings: Settings, parts: Collection[str], wait: float | None = None, *, groups: Collection[str] | None = None
) -> None:
    """Run parts until cancelled; where a newer release takes the database over meanwhile, wait as at the start.

    On its health port the process answers from its first moment.
    """
    stream, pulse = cluster_module("hub.stream"), cluster_module("hub.web.pulse").pulse
    patience = math.inf if wait is None else wait
    async with pulse(settings) as know:
        while True:
            begun = False
            try:
                async with stream.cluster(settings, parts=parts, groups=groups, patience=patience) as hub:
                    begun = True
                    await while_well(hub, _work(hub, parts, know))
            except WrongSchema:
                if not begun:
                    raise


async def _work(hub: Hub, parts: Collection[str], know: Callable[[Hub], None]) -> None:
    if "ingest" in parts:
        know(hub)
        await _serve(hub)
    if "groups" in parts:
        await hub.begun.wait()
    know(hub)
    notes().print(f"{' '.join(sorted(hub.runners if 'groups' in parts else parts))}: running")
    await asyncio.get_running_loop().create_future()


async def _serve(hub: Hub) -> None:
    settings = hub.settings
    ready = lambda port: notes().print(f"web: running at http://{settings.host}:{port}")  # noqa: E731
    await cluster_module("hub.web.serve").serve(hub, host=settings.host, port=settings.port, ready=ready)

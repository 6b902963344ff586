"""`vet-hub replay`: make the rows of a group that sends nothing anew from the history. It always says first what it would do."""

import asyncio
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub import replay as replaying
from hub.cli.acting import act
from hub.cli.appending import log_of
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.dispatch.executor import Executor
from hub.dispatch.router import Group
from hub.errors import HubError
from hub.parts import bound, reactions, terms_of
from hub.settings import Settings
from hub.store import replays
from hub.store.port import Store
from hub.store.replays import Plan, Replay

app = commands()


@app.command()
def replay(
    group: Annotated[str, typer.Option(help="The group; without, replays so far are shown.", show_default=False)] = "",
    since: Annotated[str, typer.Option("--from", help="First event: its number, or a time as 2026-11-24T08:00.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last event: its number, or a time.")] = "",
    rate: Annotated[int | None, typer.Option(min=1, max=100_000, help="Events a second (default: no limit).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the group's replay where it is.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let a stopped replay go on.")] = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Empty the rows of a group that sends nothing, and make them anew from the history.

    Events that come meanwhile are handled beside it, each once. Of a part (--from, --to) the rows tell that part only,
    and what comes from now on. A replay that was interrupted goes on by itself in a running hub, or with --resume.
    """
    settings = settings_for(data)
    if not group:
        asyncio.run(_show(settings, as_json=as_json))
        return
    _refuse(settings, group)
    if stop or resume:
        state = replays.RUNNING if resume else replays.STOPPED
        asyncio.run(_turn(settings, group, state, as_json=as_json))
        return
    plan = asyncio.run(_planned(settings, group, since, until))
    if dry_run and as_json:
        print_json(_json(group, plan, rate))
        return
    _tell_plan(group, plan, rate, notes() if as_json else console())
    if dry_run:
        return
    if not yes:
        _ask()
    _told(asyncio.run(_replayed(settings, group, plan, rate)), as_json=as_json)


def _refuse(settings: Settings, group: str) -> None:
    declared = reactions(settings)
    why = replaying.refusal(group, declared)
    if why is not None:
        raise HubError(f"{why}: {', '.join(replaying.silent(declared))}")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise HubError("nothing was done; say --yes to do it")
    typer.confirm("Do it?", abort=True, err=True)


async def _planned(settings: Settings, group: str, since: str, until: str) -> Plan:
    async with store_of(settings) as store:
        zone = datetime.now().astimezone().tzinfo
        span = await replaying.span_between(store, since, until, zone)
        return await replaying.planned(store, _groups(settings)[group], span)


async def _replayed(settings: Settings, group: str, plan: Plan, rate: int | None) -> Replay:
    async with store_of(settings) as store:
        groups = _groups(settings)
        await replaying.begun(store, act(replays.START, group), groups[group], plan.span, rate=rate)
        return await _to_its_end(store, settings, groups, group)


async def _turn(settings: Settings, group: str, state: str, *, as_json: bool) -> None:
    async with store_of(settings) as store:
        if not await store.write(replays.turn, act(replays.START, group), group, state=state):
            raise HubError(f"no replay of {group} can be {'resumed' if state == replays.RUNNING else 'stopped'}")
        if state == replays.RUNNING:
            found = await _to_its_end(store, settings, _groups(settings), group)
        else:
            (found, *_) = await store.read(replays.newest, grp=group)
        _told(found, as_json=as_json)


async def _to_its_end(store: Store, settings: Settings, groups: dict[str, Group], group: str) -> Replay:
    """Go on with a replay until it ends, or watch whoever else does."""
    clock = SystemClock()
    executor = Executor(store, log_of(settings), clock, terms_of(settings))
    replayer = replaying.Replayer(store, executor, clock, groups)
    columns = (TextColumn(group), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True, disable=not sys.stderr.isatty()) as progress:
        shown = progress.add_task(group)
        while True:
            (found, *_) = await store.read(replays.newest, grp=group)
            progress.update(shown, total=found.events, completed=found.handled)
            if found.state != replays.RUNNING:
                return found
            rest = await replayer.step()
            await asyncio.sleep(replaying.POLL / 4 if rest is None else rest)


async def _show(settings: Settings, *, as_json: bool) -> None:
    async with store_of(settings) as store:
        found = await store.read(replays.newest)
    if as_json:
        print_json([each.as_json() for each in found])
    for each in () if as_json else found:
        _tell(each, console())
    if not found and not as_json:
        names = ", ".join(replaying.silent(reactions(settings)))
        console().print(f"No group was replayed yet. Those that send nothing can be: {names}.")


def _groups(settings: Settings) -> dict[str, Group]:
    return bound(settings, SystemClock())


def _json(group: str, plan: Plan, rate: int | None) -> dict[str, Any]:
    return {
        "group": group,
        "from": plan.span.after + 1,
        "to": plan.span.upto,
        "events": plan.events,
        "by_type": dict(plan.by_type),
        "rows": dict(plan.rows),
        "parked": plan.parked,
        "left_out": plan.left_out,
        "seconds": round(plan.events / rate, 1) if rate else None,
    }


def _tell_plan(group: str, plan: Plan, rate: int | None, out: Console) -> None:
    out.print(
        f"A replay of [bold]{group}[/] would handle [bold]{plan.events}[/] events, numbers "
        f"{plan.span.after + 1} to {plan.span.upto}:"
    )
    for name, count in plan.by_type.items():
        out.print(f"  {count:>8} {name.removeprefix('eu.vethub.')}")
    rows = ", ".join(f"{count} of {table}" for table, count in plan.rows.items()) or "none"
    out.print(f"Rows it empties first: {rows}.")
    if plan.parked:
        out.print(f"{plan.parked} parked events would be tried anew.")
    if plan.left_out:
        out.print(f"[warn]{plan.left_out} events outside are left out: the rows will not tell of them.[/]")
    if rate:
        out.print(f"[soft]At {rate} a second that takes about {plan.events / rate:.0f} s.[/]")


def _told(found: Replay, *, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
    else:
        _tell(found, console())


def _tell(found: Replay, out: Console) -> None:
    style = {"running": "warn", "stopped": "bad"}.get(found.state, "good")
    out.print(
        f"[bold]{found.group}[/] epoch {found.epoch}  [{style}]{found.state}[/]: {found.handled} of {found.events} events"
        f"  [soft]by {found.who} at {found.at[:19]}[/]",
        soft_wrap=True,
    )

"""`vet-hub parked`: what waits, what failed and what stands behind it; retry it, skip it, or publish it anew."""

import asyncio
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from events.codec import to_structured
from events.envelope import Envelope
from hub import mending
from hub.cli import lots
from hub.cli.acting import act
from hub.cli.appending import log_of
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.errors import HubError
from hub.settings import Settings
from hub.store import audit, history, parked
from hub.store.parked import Which
from hub.store.port import Store

MOST = 10_000  # rows a list shows
STATES = {"waiting": "soft", "retrying": "warn", "needs_operator": "bad"}

Word = Annotated[str, typer.Argument(metavar="ID", help="The event's id, as `parked list` shows it.")]
Group = Annotated[str, typer.Option(help="Only in this group.", show_default=False)]
State = Annotated[str, typer.Option(help=f"Only {', '.join(STATES)}.", show_default=False)]
Type = Annotated[
    str, typer.Option("--type", help="Only this type, as in need.published or need.*.", show_default=False)
]
Key = Annotated[str, typer.Option(help="Only of this partition key, as in belcinto/N-001.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Only with these words in the reason or the error.", show_default=False)]

app = commands("What waits or failed: list, show, retry, skip, edit.")


@app.command(name="list")
def show_list(
    group: Group = "",
    state: State = "",
    type_: Type = "",
    key: Key = "",
    reason: Reason = "",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what is parked, oldest first, with how many events stand behind each."""
    which = Which(group, state, type_, key, reason)
    rows = [listed(row) for row in asyncio.run(_rows(settings_for(data), which))]
    if as_json:
        print_json(rows)
    elif rows:
        for row in rows:
            _tell(row, console())
    elif which == parked.ALL:
        console().print("Nothing is parked. What waits for something missing, or failed, appears here.")
    else:
        console().print("Nothing that is parked matches; `vet-hub parked list` shows all.")


async def _rows(settings: Settings, which: Which) -> list[Any]:
    async with store_of(settings) as store:
        return await store.read(parked.listing, which=which, limit=MOST)


def listed(row: Any) -> dict[str, Any]:
    """Return a parked row as the list's JSON has it."""
    return {
        "group": row.grp,
        "key": row.partition_key,
        "event_id": row.id,
        "type": row.type,
        "reason": row.reason,
        "error": row.error,
        "attempts": row.attempts,
        "next_try": row.next_at,
        "waiting_behind": int(row.waiting_behind),
        "state": row.state,
        "waiting_for": row.waits_for,
    }


def _tell(row: dict[str, Any], out: Console) -> None:
    style = STATES[row["state"]]
    behind = f"{row['waiting_behind']} wait behind it" if row["waiting_behind"] else "nothing waits behind it"
    again = f"next try {row['next_try'][:19]}" if row["next_try"] else "no further try by itself"
    out.print(f"[ref]{row['event_id']}[/]  [{style}]{row['state'].replace('_', ' ')}[/] in {row['group']}")
    out.print(f"  {row['reason']}" + (f"\n  [bad]{row['error']}[/]" if row["error"] else ""))
    out.print(f"  [soft]{row['type']} of {row['key']}; {row['attempts']} tries, {again}; {behind}[/]")


@app.command()
def show(which: Word, group: Group = "", data: DataDir = None, as_json: AsJson = False) -> None:
    """Show one parked event: why it is here, and the event itself."""
    row, envelope = asyncio.run(_one(settings_for(data), which, group))
    event = to_structured(envelope) if envelope else None
    if as_json:
        print_json({**listed(row), "event": event, "raw": row.raw.hex() if row.raw else None})
        return
    out = console()
    _tell(listed(row), out)
    if event is not None:
        out.print_json(data=event)
    elif row.raw:
        out.print(f"[soft]bytes that nobody can read:[/] {row.raw[:2000]!r}")


async def _one(settings: Settings, which: str, group: str) -> tuple[Any, Envelope | None]:
    async with store_of(settings) as store:
        row = await _find(store, which, group)
        # A record that was refused may bear the name of an event that is stored.
        return row, None if row.seq is None else await store.read(history.one, row.source, row.id)


@app.command()
def retry(
    word: Annotated[str, typer.Argument(metavar="[ID]", help="The event's id; leave it out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that match at this moment, at --rate.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="With --all: events a second.")] = 10.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --all: only say how many that would be.")] = False,
    wait: Annotated[
        bool | None, typer.Option("--wait/--no-wait", help="With --all: show how it goes (where somebody looks).")
    ] = None,
    group: Group = "",
    state: State = "",
    type_: Type = "",
    key: Key = "",
    reason: Reason = "",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try one parked event again, or a snapshot of all that match at a rate.

    A snapshot's events are given their moments at once; the hub tries them, also after this command or the hub itself was
    stopped. `parked lot` shows how far it is.
    """
    if bool(word) == every:
        raise typer.BadParameter("name one event, or say --all", param_hint="ID")
    settings, which = settings_for(data), Which(group, state, type_, key, reason)
    if word:
        asyncio.run(_retry(settings, word, group))
        notes().print("it is due again; a running hub tries it at once")
    else:
        asyncio.run(lots.retry_all(settings, which, rate, dry_run=dry_run, wait=wait, as_json=as_json))


async def _retry(settings: Settings, which: str, group: str) -> None:
    async with store_of(settings) as store:
        row = await _find(store, which, group)
        tries = act("parked.retry", row.id, group=row.grp)
        if not await store.write(audit.acted, tries, parked.retry, row.parked_id, now=tries.at):
            raise HubError(f"{row.id} cannot be tried: nobody can read it, or it is not parked any more")


@app.command()
def lot(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="The lot; without, all that go on.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Leave what has not come up yet as it is.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until all of it has come up.")] = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """How far the retry of a snapshot is; stop it, or wait for it."""
    if number is None and (stop or wait):
        raise typer.BadParameter("name the lot; `parked lot` lists those that go on", param_hint="N")
    asyncio.run(lots.tell_lots(settings_for(data), number, stop=stop, wait=wait, as_json=as_json))


@app.command()
def skip(
    which: Word,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the event's trace.")],
    group: Group = "",
    data: DataDir = None,
) -> None:
    """Give one event up in its group; what stood behind it goes on. The event itself stays in the history."""
    asyncio.run(_skip(settings_for(data), which, group, reason))
    notes().print(f"{which} is skipped")


async def _skip(settings: Settings, which: str, group: str, reason: str) -> None:
    async with store_of(settings) as store:
        await _give_up(store, await _find(store, which, group), reason)


async def _give_up(store: Store, row: Any, reason: str) -> None:
    skips = act("parked.skip", row.id, group=row.grp, reason=reason)
    if not await store.write(audit.acted, skips, parked.skip, row.parked_id, reason=reason, now=skips.at):
        raise HubError(f"{row.id} is not parked any more")


@app.command()
def edit(
    which: Word,
    file: Annotated[Path | None, typer.Option(help="The edited event; without it $EDITOR opens one.")] = None,
    group: Group = "",
    data: DataDir = None,
) -> None:
    """Publish an edited copy under a new id in the original's place.

    The copy goes to the end of its key's order. Groups that handled the original hear the copy as well.
    """
    edited = _content(file) if file else None
    made = asyncio.run(_edit(settings_for(data), which, group, edited))
    notes().print(f"published as {made} in place of {which}")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise HubError(f"{file} cannot be read: {error.strerror}") from error


async def _edit(settings: Settings, which: str, group: str, edited: bytes | None) -> str:
    async with store_of(settings) as store:
        row = await _find(store, which, group)
        original = None if row.seq is None else await store.read(history.one, row.source, row.id)
        if original is None:
            raise HubError(f"{which} cannot be edited: nobody can read it; `parked skip` gives it up")
        copy = mending.copy_in(edited or _edited(original), original)
        return await mending.mend(store, log_of(settings), act("parked.edit", row.id), row.parked_id, copy)


def _edited(original: Envelope) -> bytes:
    draft = mending.draft_of(original)
    with tempfile.TemporaryDirectory(prefix="vet-hub-") as folder:
        path = Path(folder) / "event.json"
        path.write_bytes(orjson.dumps(draft, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        if subprocess.run([*editor, str(path)], check=False).returncode:  # noqa: S603 - the operator's own editor
            raise HubError(f"{editor[0]} ended with an error; nothing was published")
        return path.read_bytes()


async def _find(store: Store, which: str, group: str) -> Any:
    rows = await store.read(parked.named, which, grp=group)
    if not rows:
        raise HubError(f"{which!r} is not parked; `vet-hub parked list` shows what is")
    if len(rows) > 1:
        raise HubError(f"{which!r} is parked in {', '.join(row.grp for row in rows)}; name one with --group")
    return rows[0]

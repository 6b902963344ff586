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

from events.codec import from_http, to_structured
from events.envelope import HUB_ATTRIBUTES, Envelope
from events.errors import EventError
from events.json_format import STRUCTURED
from hub.access import Sender
from hub.cli.acting import act
from hub.cli.appending import log_of
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.errors import HubError
from hub.ingest import Ingest
from hub.parts import at_work
from hub.settings import Settings
from hub.store import audit, history, parked
from hub.store.port import Store

OPERATOR = Sender("cli", "hub", frozenset({"import"}), ())
MOST = 10_000  # rows a list or a retry of all takes
STATES = {"waiting": "soft", "retrying": "warn", "needs_operator": "bad"}
EDITED = ".edited-"  # goes between an event's id and the number of its edited copy

Which = Annotated[str, typer.Argument(metavar="ID", help="The event's id, as `parked list` shows it.")]
Group = Annotated[str, typer.Option(help="Only in this group.", show_default=False)]

app = commands("What waits or failed: list, show, retry, skip, edit.")


@app.command(name="list")
def show_list(group: Group = "", data: DataDir = None, as_json: AsJson = False) -> None:
    """Show what is parked, oldest first, with how many events stand behind each."""
    rows = [listed(row) for row in asyncio.run(_rows(settings_for(data), group))]
    if as_json:
        print_json(rows)
    elif rows:
        for row in rows:
            _tell(row, console())
    else:
        console().print("Nothing is parked. What waits for something missing, or failed, appears here.")


async def _rows(settings: Settings, group: str) -> list[Any]:
    async with store_of(settings) as store:
        return await store.read(parked.listing, grp=group, limit=MOST)


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
def show(which: Which, group: Group = "", data: DataDir = None, as_json: AsJson = False) -> None:
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
        return row, await store.read(history.one, row.source, row.id)


@app.command()
def retry(
    which: Annotated[str, typer.Argument(metavar="[ID]", help="The event's id; leave it out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Everything that is parked now.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="With --all: events a second.")] = 10.0,
    group: Group = "",
    data: DataDir = None,
) -> None:
    """Try one parked event again, or a snapshot of all at a rate."""
    if bool(which) == every:
        raise typer.BadParameter("name one event, or say --all", param_hint="ID")
    tried = asyncio.run(_retry(settings_for(data), which, group, rate))
    notes().print(f"{tried} due again; a running hub tries them at once")


async def _retry(settings: Settings, which: str, group: str, rate: float) -> int:
    async with store_of(settings) as store:
        rows = [await _find(store, which, group)] if which else await store.read(parked.listing, grp=group, limit=MOST)
        tried = 0
        for n, row in enumerate(rows):
            if n:
                await asyncio.sleep(1 / rate)
            tries = act("parked.retry", row.id, group=row.grp)
            tried += await store.write(audit.acted, tries, parked.retry, row.parked_id, now=tries.at)
        return tried


@app.command()
def skip(
    which: Which,
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
    which: Which,
    file: Annotated[Path | None, typer.Option(help="The edited event; without it $EDITOR opens one.")] = None,
    group: Group = "",
    data: DataDir = None,
) -> None:
    """Publish an edited copy under a new id and skip the original. The copy goes to the end of its key's order."""
    edited = _content(file) if file else None
    made = asyncio.run(_edit(settings_for(data), which, group, edited))
    notes().print(f"published as {made}; {which} is skipped")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise HubError(f"{file} cannot be read: {error.strerror}") from error


async def _edit(settings: Settings, which: str, group: str, edited: bytes | None) -> str:
    async with store_of(settings) as store:
        row = await _find(store, which, group)
        original = await store.read(history.one, row.source, row.id)
        if original is None:
            raise HubError(f"{which} cannot be edited: nobody can read it; `parked skip` gives it up")
        copy = _event_in(edited or _edited(original), original)
        await _publish(settings, store, copy)
        await _give_up(store, row, f"published anew as {copy.id}")
        return copy.id


def _edited(original: Envelope) -> bytes:
    event = {name: value for name, value in to_structured(original).items() if name not in HUB_ATTRIBUTES}
    event["id"] = _next_id(original.id)
    with tempfile.TemporaryDirectory(prefix="vet-hub-") as folder:
        path = Path(folder) / "event.json"
        path.write_bytes(orjson.dumps(event, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        if subprocess.run([*editor, str(path)], check=False).returncode:  # noqa: S603 - the operator's own editor
            raise HubError(f"{editor[0]} ended with an error; nothing was published")
        return path.read_bytes()


def _next_id(event_id: str) -> str:
    stem, mark, number = event_id.rpartition(EDITED)
    return f"{stem}{EDITED}{int(number) + 1}" if mark and number.isdigit() else f"{event_id}{EDITED}1"


def _event_in(body: bytes, original: Envelope) -> Envelope:
    try:
        item = from_http({"content-type": STRUCTURED}, body)[0]
    except EventError as problem:
        raise HubError(f"nothing was published: {problem}") from None
    if item.envelope is None:
        raise HubError(f"nothing was published: {'; '.join(' '.join(each) for each in item.problems)}")
    if (item.envelope.source, item.envelope.id) == (original.source, original.id):
        raise HubError(f"nothing was published: the copy needs an id of its own, as {_next_id(original.id)}")
    return item.envelope


async def _publish(settings: Settings, store: Store, envelope: Envelope) -> None:
    ingest = Ingest(store, log_of(settings), SystemClock(), outbox_limit=settings.outbox_limit)
    async with at_work(ingest.run):
        (receipt,) = await ingest.accept([envelope], OPERATOR)
    if receipt.refusal is not None:
        wrong = "; ".join(f"{each.pointer}: {each.detail}" for each in receipt.refusal.problems)
        raise HubError(f"nothing was published: {receipt.refusal.title} ({wrong})")


async def _find(store: Store, which: str, group: str) -> Any:
    rows = [row for row in await store.read(parked.listing, grp=group, limit=MOST) if which in (row.id, row.parked_id)]
    if not rows:
        raise HubError(f"{which!r} is not parked; `vet-hub parked list` shows what is")
    if len(rows) > 1:
        raise HubError(f"{which!r} is parked in {', '.join(row.grp for row in rows)}; name one with --group")
    return rows[0]

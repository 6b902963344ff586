"""`vet-hub mail`: what people were sent. The only command that shows an address, and only to whoever may read the store."""

import asyncio
from email import policy
from email.message import EmailMessage
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import SHORT, console, notes, print_json
from hub.errors import HubError
from hub.mailing import message_of
from hub.settings import Settings
from hub.store import jobs
from hub.store.jobs import JobRow
from hub.store.port import Store

STATES = {"done": "[good]sent[/]", "due": "[warn]to be sent[/]", "running": "being sent", "failed": "[bad]failed[/]"}

Part = Literal["text", "html", "headers", "source", "calendar"]

app = commands("The mails people were sent.")


@app.command(name="list")
def show_list(data: DataDir = None, as_json: AsJson = False) -> None:
    """Show all mails, oldest first."""
    found = asyncio.run(_list(settings_for(data)))
    if as_json:
        print_json(found)
        return
    if not found:
        console().print("No mail yet. One appears here when a provider is asked.")
        return
    table = Table(box=None, pad_edge=False, header_style="soft")
    for name in ("id", "to", "subject", "state"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(f"[ref]{each['id'][:SHORT]}[/]", each["to"], each["subject"], STATES[each["state"]])
    console().print(table)


async def _list(settings: Settings) -> list[dict[str, Any]]:
    async with store_of(settings) as store:
        return [await row(store, settings, job) for job in await store.read(jobs.listing, channel="mail")]


async def row(store: Store, settings: Settings, job: JobRow) -> dict[str, Any]:
    """Return one mail as the list shows it."""
    message = await message_of(store, settings, job)
    return {
        "id": job.job_id,
        "to": str(message["To"]) if message else "",
        "subject": str(message["Subject"]).strip() if message else "",  # a folded header begins with a blank
        "kind": job.kind,
        "state": job.state,
        "attempts": job.attempts,
    }


@app.command()
def show(
    mail_id: Annotated[str, typer.Argument(metavar="ID", help="The mail's id or its first six characters or more.")],
    part: Annotated[Part, typer.Option(help="What to show.")] = "text",
    data: DataDir = None,
) -> None:
    """Show one mail: its text, its HTML, its headers, its calendar file, or the bytes as they left."""
    message = asyncio.run(_find(settings_for(data), mail_id))
    if part == "calendar" and _calendar(message) is None:
        raise HubError(f"mail {mail_id} has no calendar file; one comes with mails that name the days of a course")
    print(shown(message, part), end="")
    if part == "text":
        _tell_files(message)


def _tell_files(message: EmailMessage) -> None:
    for file in message.iter_attachments():
        size = len(file.get_payload(decode=True) or b"")
        notes().print(
            f"[soft]With it comes {file.get_filename()} ({file.get_content_type()}, {size:,} bytes): --part calendar[/]"
        )


def _calendar(message: EmailMessage) -> EmailMessage | None:
    for part in message.walk():
        if part.get_content_type() == "text/calendar" and isinstance(part, EmailMessage):
            return part
    return None


async def _find(settings: Settings, mail_id: str) -> EmailMessage:
    async with store_of(settings) as store:
        job = await store.read(jobs.find, mail_id)
        if job is None or job.channel != "mail":
            raise HubError(f"there is no mail {mail_id!r}; `vet-hub mail list` shows them")
        message = await message_of(store, settings, job)
        if message is None:
            raise HubError(f"mail {mail_id} cannot be shown: nobody stands behind its recipient's ref any more")
        return message


def shown(message: EmailMessage, part: Part) -> str:
    """Return one part of a mail as text that ends with a line break."""
    if part == "source":
        return message.as_bytes(policy=policy.SMTP).decode(errors="replace")
    if part == "headers":
        return "".join(f"{name}: {value}\n" for name, value in message.items())
    if part == "calendar":
        file = _calendar(message)
        return str(file.get_content()).replace("\r\n", "\n") if file is not None else ""
    body = message.get_body(preferencelist=("plain" if part == "text" else "html",))
    text = str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
    return text if text.endswith("\n") else text + "\n"

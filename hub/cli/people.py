"""`vet-hub people add` and `people erase`: the vault's front door on the command line, in and out."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from events.errors import Invalid
from hub.cli.acting import act, operator
from hub.cli.appending import log_of
from hub.cli.newcomers import New, refuse_misspelt
from hub.cli.opening import settings_for, store_made, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock, stamp
from hub.erasure import KEPT, Erased
from hub.erasure import erase as erase_person
from hub.errors import HubError, WrongValue
from hub.settings import Settings
from hub.store import audit
from hub.vault import KINDS, add_person

app = commands("Add and erase people; names and addresses stay in the vault, events carry a random ref.")


@app.command()
def add(
    org: Annotated[str, typer.Option(help="Slug of the organisation the person belongs to.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    name: Annotated[str, typer.Option(help="How the person is addressed.")],
    email: Annotated[str, typer.Option(help="Where mails go.")],
    lang: Annotated[str, typer.Option(help="Language the person is written to.")] = "en",
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Time zone, as in Europe/Lisbon.")] = "Europe/Brussels",
    phone: Annotated[str | None, typer.Option(help="Phone number.")] = None,
    birth_date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="For learners.")] = None,
    new: New = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a person into the vault and print the ref that events may carry."""
    given = {"kind": kind, "name": name, "email": email, "language": lang, "timezone": tz}
    whole: dict[str, Any] = {"organisation": org, **given, "phone": phone, "birth_date": birth_date}
    ref, unknown = asyncio.run(_add(settings_for(data), whole, new=new))
    if unknown:
        notes().print(f"[soft]{unknown}[/]")
    if as_json:
        print_json({"ref": ref})
    else:
        console().print(ref)


async def _add(settings: Settings, given: Mapping[str, Any], *, new: bool) -> tuple[str, str]:
    async with store_made(settings) as store:
        unknown = await refuse_misspelt(store, given["organisation"], new=new)
        try:
            ref = await add_person(store, SystemClock(), **given)
        except Invalid as invalid:
            raise WrongValue("; ".join(f"{each.pointer[1:]}: {each.detail}" for each in invalid.errors)) from None
        await store.write(audit.note, act("people.add", ref, org=given["organisation"], kind=given["kind"]))
        return ref, unknown


@app.command()
def erase(
    ref: Annotated[str, typer.Argument(metavar="REF", help="The person's ref, as `people add` printed it.")],
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a person out of the vault, for good; every part of the hub is told. To do it twice is harmless."""
    erased = asyncio.run(_erase(settings_for(data), ref))
    at = stamp(erased.erased_at)
    if as_json:
        print_json({"ref": erased.ref, "erased_at": at, "kept": KEPT})
    else:
        console().print(f"Nobody stands behind {erased.ref} any more, since {at[:19].replace('T', ' ')} UTC.")
        notes().print(f"[soft]{KEPT}[/]")


async def _erase(settings: Settings, ref: str) -> Erased:
    async with store_of(settings) as store:
        erased = await erase_person(store, log_of(settings), SystemClock(), ref, by=operator())
        if erased is None:
            raise HubError(f"{ref!r} is nobody's ref; `people add` prints one for each person")
        return erased

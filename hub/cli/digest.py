"""`vet-hub digest`: a coordinator's morning mail as it would be. Stores nothing and sends nothing."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from events.refusals import ReminderDue
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.clock import SystemClock
from hub.digests.board import COORDINATOR, DIGEST
from hub.dispatch.rehearsal import rehearse
from hub.errors import HubError
from hub.mail.kinds import MAILS
from hub.mail.render import render
from hub.mornings import next_morning, zones
from hub.parts import bound, terms_of
from hub.rows import Digest
from hub.scheduler import say
from hub.settings import Settings
from hub.store import people
from hub.store.people import Person
from hub.store.port import Store

GROUP = "notifier"
KIND = "coordinator_digest"
SILENCE = {
    "no_region": "{org} looks after no region yet; coordinator.registered says which",
    "nothing_new": "nothing is new in the regions of {org}, and nothing runs out soon",
    "told": "the mail of {day} has been prepared already, and mail list shows it; --at names another morning",
}

Part = Literal["text", "html"]

app = commands("Coordinators' morning mails.")


@app.command()
def preview(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="The coordinator's ref, or their organisation's slug.")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT", help="As of this instant, without an offset in local time; else the next morning."
        ),
    ] = None,
    part: Annotated[Part, typer.Option(help="What to show.")] = "text",
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what a coordinator would get by mail; stores nothing and sends nothing."""
    found = asyncio.run(_preview(settings_for(data), person, at))
    if as_json:
        print_json(found)
    elif found["reason"]:
        console().print(f"No mail on {found['local_date']}: {found['detail']}.")
    elif part == "html":
        print(found["html"])
    else:
        print(f"Subject: {found['subject']}\n\n{found['text']}", end="")


async def _preview(settings: Settings, word: str, at: str | None) -> dict[str, Any]:
    async with store_of(settings) as store:
        person = await _coordinator(store, word)
        zone = zones()[person.timezone]
        moment = _read(at, person) if at else next_morning(zone, SystemClock().now(), settings.digest_at)
        due = ReminderDue(kind=DIGEST, about=person.ref, at=moment)
        envelope = say(DIGEST, person.ref, moment, partition_key=person.ref, now=moment).envelope
        group = bound(settings, SystemClock())[GROUP]
        memory = await rehearse(group, due, envelope, store, now=moment, terms=terms_of(settings))
    day = moment.astimezone(zone).date().isoformat()
    told = {"person": person.ref, "at": moment.isoformat(), "local_date": day}
    job = next((job for job in memory.jobs if job.kind == KIND), None)
    if job is None:
        row = memory.saved.get((Digest, person.ref))
        reason = (row.reason if isinstance(row, Digest) else None) or "told"
        detail = SILENCE[reason].format(org=person.org, day=day)
        return {**told, "subject": None, "text": None, "html": None, "reason": reason, "detail": detail}
    mail = render(KIND, language=person.language, context=MAILS[KIND].model_validate(job.body["context"]))
    shown = {"subject": mail.subject, "text": mail.text, "html": mail.html}
    return {**told, **shown, "reason": None, "detail": None}


async def _coordinator(store: Store, word: str) -> Person:
    person = await store.read(people.find, word)
    found = [person] if person else await store.read(people.of, [word], kind=COORDINATOR)
    if not found:
        raise HubError(
            f"nobody stands behind {word!r}; give a coordinator's ref, as `vet-hub people add --kind coordinator` prints it"
        )
    if len(found) > 1:
        raise HubError(f"{word} has several coordinators: {', '.join(one.ref for one in found)}; name one of them")
    (one,) = found
    if one.kind != COORDINATOR:
        raise HubError(f"{word} is a {one.kind}; only people of kind {COORDINATOR} get morning mails")
    if one.timezone not in zones():
        raise HubError(
            f"{word} lives in {one.timezone}, a time zone that this machine does not know; update its tzdata"
        )
    return one


def _read(at: str, person: Person) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise HubError(f"--at {at!r} is no instant; write 2026-11-24T07:00 or 2026-11-24T07:00+01:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zones()[person.timezone])

"""The mail courier works beside the event loop: a mail that takes long to write holds up nothing else."""

import asyncio
import threading
from email.message import EmailMessage

import pytest

from hub import mailing as mailing_module
from hub.mail.deliver import Delivered, Outcome
from hub.mail.kinds import MAILS
from hub.mail.message import Address, Unaddressable
from hub.mailing import MailChannel, composed
from hub.store import people
from hub.store.jobs import JobRow
from hub.store.people import Person
from hub.store.port import Store
from tests.builders import AT
from tests.delivery.toys import until

KIND = next(iter(MAILS))
SENDER = Address("vet-hub", "hub@hub.example")
LONG = 60.0  # seconds after which a test gives up


class Pouch:
    """A way out that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def deliver(self, message: EmailMessage) -> Outcome:
        self.messages.append(message)
        return Delivered("kept")

    async def close(self) -> None:
        pass


def job(name: str) -> JobRow:
    context = MAILS[KIND].sample().model_dump(mode="json", exclude_none=True)
    body = {"notification_id": name, "recipient_ref": "p-1", "context": context, "at": "2026-11-23T09:00:00+00:00"}
    return JobRow(name, name, "mail", KIND, body, "c", "e", "running", 1, "", "", None)


async def know_the_reader(store: Store) -> Person:
    reader = Person("p-1", "movex", "contact", "Ana Conceição", "ana@movex.example", "pt", "Europe/Lisbon")
    await store.write(people.put, reader)
    return reader


async def test_the_loop_goes_on_while_a_mail_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slowly(job: JobRow, person: Person, *, sender: Address) -> EmailMessage:
        begun.set()
        assert may_end.wait(LONG), "the loop did not go on"
        return composed(job, person, sender=sender)

    monkeypatch.setattr(mailing_module, "composed", slowly)
    reader, pouch = await know_the_reader(store), Pouch()
    channel = MailChannel(store, pouch, sender=SENDER)

    carrying = asyncio.create_task(channel.carry(job("n1"), now=AT))
    await until(begun.is_set, seconds=LONG)
    assert not carrying.done()
    may_end.set()
    carried = await carrying
    await channel.close()

    assert carried.state == "done"
    assert [each.as_bytes() for each in pouch.messages] == [composed(job("n1"), reader, sender=SENDER).as_bytes()]


async def test_who_cannot_be_addressed_is_said_and_what_breaks_is_the_jobs_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(job: JobRow, person: Person, *, sender: Address) -> EmailMessage:
        raise Unaddressable("no") if job.job_id == "n1" else ZeroDivisionError("a template's bug")

    monkeypatch.setattr(mailing_module, "composed", breaks)
    await know_the_reader(store)
    channel = MailChannel(store, Pouch(), sender=SENDER)

    unaddressable = await channel.carry(job("n1"), now=AT)
    with pytest.raises(ZeroDivisionError):
        await channel.carry(job("n2"), now=AT)
    await channel.close()

    assert unaddressable.state == "failed"

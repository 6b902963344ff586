"""Every mail in every language through a real mail server: what arrives, and what mail clients will make of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from icalendar import Calendar

from hub.mail.deliver import Delivered, Relay, SmtpMailer
from hub.mail.kinds import MAILS, MailContext
from hub.mail.message import Address
from hub.mail.render import render
from hub.mail.words import LANGUAGES
from hub.mailing import composed
from hub.store.jobs import JobRow
from hub.store.people import Person
from tests.journeys import mailpit

pytestmark = [pytest.mark.mailpit, pytest.mark.asyncio(loop_scope="module")]

SENDER = Address("vet-hub", "hub@hub.example")
WEIGHTY = 10  # percent of mail clients that do not know something, from which on a reason is owed

KNOWN = {
    "css-at-media": "phones and dark mode are better with it; without it the mail is light and one column",
    "css-border-radius": "corners are square without it",
    "css-max-height": "the line for previews stays hidden by display: none",
    "css-overflow": "the line for previews stays hidden by display: none",
    "css-overflow-wrap": "long ids stick out where it is missing; nothing is lost",
    "css-white-space": "the event to send is read line by line in the text part too",
    "html-body": "clients put the mail into a body of their own; the ground is coloured by a table",
    "html-style": "every rule that matters is in the tags; what stays in the style is for phones and dark mode",
}
"""What few clients lack, and why we use it all the same."""


def job(kind: str, name: str, context: MailContext) -> JobRow:
    """A courier's job as the notifier writes it."""
    body = {
        "notification_id": name,
        "context": context.model_dump(mode="json", exclude_none=True),
        "at": "2026-11-23T09:00:00+00:00",
    }
    return JobRow(name, name, "mail", kind, body, "", "", "running", 1, "", "", None)


def reader(language: str) -> Person:
    return Person("p-1", "movex", "contact", "Ana Conceição", f"{language}@movex.example", language, "UTC", "")


class Box:
    """What was sent, and what came in."""

    def __init__(self, server: mailpit.Mailpit, site: str) -> None:
        self.server = server
        self.sent: dict[str, tuple[str, str, MailContext]] = {}
        for kind, mail in MAILS.items():
            for face, context in mail.faces().items():
                local = {"hub_url": site} | ({"company_homepage": site} if hasattr(context, "company_homepage") else {})
                present = {name: value for name, value in local.items() if getattr(context, name) is not None}
                for language in LANGUAGES:
                    name = f"{kind}-{face or 'plain'}-{language}"
                    self.sent[name] = (kind, language, context.model_copy(update=present))

    async def send(self, mailer: SmtpMailer, name: str) -> None:
        kind, language, context = self.sent[name]
        message = composed(job(kind, name, context), reader(language), sender=SENDER)
        assert isinstance(await mailer.deliver(message), Delivered)

    async def mails(self) -> list[tuple[dict[str, Any], str, str, MailContext]]:
        """Return each mail that came in, with what it was made of."""
        found = await self.server.all()
        return [(mail, *self.sent[mail["MessageID"].partition("@")[0]]) for mail in found]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Box]:
    """A mail server that has taken every mail in every way it can look and in every language."""
    async with mailpit.running(tmp_path_factory.mktemp("mailpit")) as server, mailpit.site() as site:
        mailer = SmtpMailer(Relay("127.0.0.1", server.smtp_port, "plain"), hello="hub.example")
        box = Box(server, site)
        for name in box.sent:
            await box.send(mailer, name)
        yield box
        await mailer.close()


async def test_every_mail_arrives_once_with_its_words(box: Box) -> None:
    mails = await box.mails()

    assert {mail["MessageID"] for mail, *_ in mails} == {f"{name}@hub.example" for name in box.sent}
    for mail, kind, language, context in mails:
        written = render(kind, language=language, context=context)
        assert mail["Subject"] == written.subject
        assert mail["Text"].replace("\r\n", "\n") == written.text
        assert mail["HTML"].replace("\r\n", "\n").strip() == written.html.strip()


async def test_mail_clients_know_what_the_html_uses(box: Box) -> None:
    unknown: dict[str, float] = {}
    for mail, *_ in await box.mails():
        found = await box.server.get(f"message/{mail['ID']}/html-check")
        unknown |= {warning["Slug"]: warning["Score"]["Unsupported"] for warning in found["Warnings"]}
        assert found["Total"]["Unsupported"] < WEIGHTY / 2, mail["Subject"]

    assert {slug for slug, percent in unknown.items() if percent >= WEIGHTY} == set(KNOWN)


async def test_every_link_can_be_followed(box: Box) -> None:
    for mail, *_ in await box.mails():
        found = await box.server.get(f"message/{mail['ID']}/link-check")
        assert found["Errors"] == 0, (mail["Subject"], found["Links"])


async def test_the_days_come_as_a_calendar_file_that_calendars_can_read(box: Box) -> None:
    for mail, _, _, context in await box.mails():
        files = [(file["FileName"], file["ContentType"]) for file in mail["Attachments"]]
        assert files == ([("vet-hub.ics", "text/calendar")] if context.entries() else [])
        for file in mail["Attachments"]:
            part = await box.server.api.get(f"/api/v1/message/{mail['ID']}/part/{file['PartID']}")
            days = [
                (str(event["UID"]), event["DTSTART"].dt) for event in Calendar.from_ical(part.content).walk("VEVENT")
            ]
            assert len(days) == len(context.entries())
            assert [start for _, start in days] == [entry.start for entry in context.entries()]


async def test_a_second_attempt_is_the_same_mail(box: Box) -> None:
    name = "answer_to_company-plain-pt"
    mailer = SmtpMailer(Relay("127.0.0.1", box.server.smtp_port, "plain"), hello="hub.example")
    await box.send(mailer, name)
    await mailer.close()

    first, second = [mail for mail, *_ in await box.mails() if mail["MessageID"].startswith(f"{name}@")]

    assert first["MessageID"] == second["MessageID"] == f"{name}@hub.example"
    assert await box.server.source(first) == await box.server.source(second)

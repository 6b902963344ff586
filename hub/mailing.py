"""The mail channel of the couriers: looks the person up, renders, composes, hands over, says what came of it.

Names and addresses are read here, at the last moment, and go nowhere but into the message.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog

from events.notifications import NotificationDelivered, NotificationFailed
from hub.clock import Clock, stamp
from hub.couriers import Carried
from hub.mail.calendar import calendar_file
from hub.mail.deliver import Delivered, LocalMailbox, Mailer, Permanent, Relay, SmtpMailer, Temporary, Unreachable
from hub.mail.kinds import MAILS
from hub.mail.message import Address, Unaddressable, compose, message_id
from hub.mail.render import render
from hub.mail.retry import DELAYS, next_attempt
from hub.settings import Settings
from hub.store import mailbox, people
from hub.store.jobs import JobRow
from hub.store.port import Store
from hub.together import Together

log = structlog.get_logger()


class MailChannel:
    """Carries jobs of channel «mail»; composes in a thread of its own, so that the event loop is never held."""

    def __init__(self, store: Store, mailer: Mailer, *, sender: Address) -> None:
        self._store = store
        self._mailer = mailer
        self._sender = sender
        self._people: Together[str, people.Person | None] = Together(self._look_up)
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="mails")

    async def carry(self, job: JobRow, *, now: datetime) -> Carried:
        """Try once to deliver one mail."""
        person = await self._people.ask(job.body["recipient_ref"])
        if person is None:
            return _failed(job, now, "recipient_unknown", "nobody stands behind the recipient's ref (any more)")
        try:
            message = await self._composed(job, person)
        except Unaddressable:
            return _failed(job, now, "unaddressable", "the recipient's name or address cannot stand in a mail")
        outcome = await self._mailer.deliver(message)
        if isinstance(outcome, Delivered):
            return Carried("done", outcome.answer, NotificationDelivered(**_attempt(job, now)))
        if isinstance(outcome, Permanent):
            return _failed(job, now, "refused", f"{outcome.code} {outcome.text}")
        if isinstance(outcome, Unreachable):
            # The relay does not let us in at all: no mail may be given up for that, so it is tried for ever.
            log.warning(
                "mail.relay_away", reason=outcome.text, event_id=job.event_id, correlation_id=job.correlation_id
            )
            return Carried("due", outcome.text, again_at=retry_at_last(job, now))
        return _later(job, now, _words(outcome))

    async def _look_up(self, refs: Sequence[str]) -> list[people.Person | None]:
        found = {person.ref: person for person in await self._store.glance(people.find_all, refs)}
        return [found.get(ref) for ref in refs]

    async def _composed(self, job: JobRow, person: people.Person) -> EmailMessage:
        work = partial(composed, job, person, sender=self._sender)
        return await asyncio.get_running_loop().run_in_executor(self._desk, work)

    async def close(self) -> None:
        """Let go of the thread and of the relay's connections."""
        self._desk.shutdown(wait=False, cancel_futures=True)
        await self._people.close()
        await self._mailer.close()


def composed(job: JobRow, person: people.Person, *, sender: Address) -> EmailMessage:
    """Make a job's message: the same bytes at every attempt, and for whoever looks at it later."""
    context = MAILS[job.kind].model_validate(job.body["context"])
    at = datetime.fromisoformat(job.body["at"])
    return compose(
        render(job.kind, language=person.language, context=context),
        sender=sender,
        recipient=Address(person.name, person.email),
        message_id=name_of(job, sender),
        sent_at=at,
        feedback_id=f"{job.kind}:vet-hub",
        calendar=calendar_file(context, language=person.language, at=at, organiser=sender.addr_spec),
    )


def name_of(job: JobRow, sender: Address) -> str:
    """Return a mail's Message-ID: made from the notification, so stable over every attempt."""
    return message_id(job.body["notification_id"], host=sender.addr_spec.rpartition("@")[2])


async def message_of(store: Store, settings: Settings, job: JobRow) -> EmailMessage | None:
    """Return a mail as the local mailbox keeps it, else as it is composed; None when the person is gone."""
    sender = sender_of(settings)
    source = await store.read(mailbox.find, name_of(job, sender))
    if source is not None:
        return message_from_bytes(source, policy=policy.default)
    person = await store.read(people.find, job.body["recipient_ref"])
    if person is None:
        return None
    try:
        return await asyncio.to_thread(composed, job, person, sender=sender)
    except Unaddressable:
        return None


def sender_of(settings: Settings) -> Address:
    """Return the address that mails come from."""
    name, email = parseaddr(settings.mail_from)
    return Address(name, email)


def mail_channel(settings: Settings, store: Store, clock: Clock) -> MailChannel:
    """Make the mail channel that the settings ask for: a relay, or the local mailbox."""

    async def keep(source: bytes, name: str) -> None:
        await store.write(mailbox.keep, message_id=name, at=stamp(clock.now()), source=source)

    sender = sender_of(settings)
    mailer: Mailer = LocalMailbox(keep)
    if settings.smtp_url:
        hello = urlsplit(settings.public_url or "").hostname or sender.addr_spec.rpartition("@")[2]
        mailer = SmtpMailer(Relay.from_url(settings.smtp_url), hello=hello)
    return MailChannel(store, mailer, sender=sender)


def retry_at_last(job: JobRow, now: datetime) -> datetime:
    """Return when to knock again at a relay that is away: the retry table, whose last delay but one then repeats."""
    attempts = min(job.attempts, len(DELAYS) - 1)
    return next_attempt(attempts, job_id=job.job_id, now=now) or now + DELAYS[-1]


def _later(job: JobRow, now: datetime, words: str) -> Carried:
    again_at = next_attempt(job.attempts, job_id=job.job_id, now=now)
    if again_at is None:
        return _failed(job, now, "gave_up", f"after {job.attempts} attempts: {words}")
    return Carried("due", words, again_at=again_at)


def _failed(job: JobRow, now: datetime, reason: str, detail: str) -> Carried:
    event = NotificationFailed(**_attempt(job, now), reason_code=reason, detail=detail[:200])
    return Carried("failed", detail, event)


def _attempt(job: JobRow, now: datetime) -> dict[str, Any]:
    return {
        "notification_id": job.body["notification_id"],
        "recipient_ref": job.body["recipient_ref"],
        "kind": job.kind,
        "channel": "email",
        "dedupe_key": job.dedupe_key,
        "at": now,
        "attempt": job.attempts,
    }


def _words(outcome: Temporary) -> str:
    return f"{outcome.code} {outcome.text}" if outcome.code else outcome.text

"""An erasure is one transaction on each engine: the person, the mails kept here and the word about it go together."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest

from hub.clock import FixedClock, stamp
from hub.erasure import Erased, erase
from hub.log.outbox import OutboxLog
from hub.store import history, jobs, mailbox, people
from hub.store.people import Person
from hub.store.port import Store
from hub.store.session import Session

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOTIFICATIONS = {"p-ana": "8e0d7c31-44f3-5b0e-a3c5-2f6d1f0c9d03", "p-rui": "9f0d7c31-44f3-5b0e-a3c5-2f6d1f0c9d04"}


@pytest.fixture
async def vault(store: Store) -> Store:
    """A store that holds two people with a mail each."""
    for ref, notification_id in NOTIFICATIONS.items():
        person = Person(ref, "movex", "contact", "Ana Exemplo", "ana@movex.example", "es", "Europe/Madrid")
        await store.write(people.put, person)
        body = orjson.dumps({"recipient_ref": ref, "notification_id": notification_id}).decode()
        row = dict.fromkeys(("job_id", "dedupe_key", "correlation_id", "event_id"), ref)
        row |= {"channel": "mail", "kind": "request_to_provider", "body": body, "state": "done"}
        await store.write(jobs.put, [row | {"due_at": stamp(NOW), "created_at": stamp(NOW)}])
        await store.write(mailbox.keep, message_id=name_of(ref), at=stamp(NOW), source=b"To: Ana")
    return store


def name_of(ref: str) -> str:
    return f"<{NOTIFICATIONS[ref]}@vet-hub.example>"


async def erased(store: Store) -> Erased | None:
    return await erase(store, OutboxLog(), FixedClock(NOW), "p-ana", org="movex")


async def test_only_the_person_who_is_erased_goes(vault: Store) -> None:
    assert await erased(vault) == Erased("p-ana", "movex", NOW)

    assert await vault.read(people.find, "p-ana") is None
    assert await vault.read(people.find, "p-rui") is not None
    assert await vault.read(mailbox.find, name_of("p-ana")) is None
    assert await vault.read(mailbox.find, name_of("p-rui")) == b"To: Ana"


async def test_two_who_erase_at_once_say_it_once(vault: Store) -> None:
    first, second = await asyncio.gather(erased(vault), erased(vault))

    assert first == second
    said = await vault.read(history.tail, after_seq=0, limit=10)
    assert [(each.short_type, each.subject) for each in said] == [("subject.erased", "p-ana")]


async def test_where_the_word_cannot_be_stored_nobody_is_erased(vault: Store) -> None:
    class Broken(OutboxLog):
        async def append(self, session: Session, entries: object) -> int:  # type: ignore[override]
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await erase(vault, Broken(), FixedClock(NOW), "p-ana")

    assert await vault.read(people.find, "p-ana") is not None
    assert await vault.read(mailbox.find, name_of("p-ana")) == b"To: Ana"

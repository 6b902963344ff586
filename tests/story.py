"""Plays events through a real embedded hub, one step after the other, on a clock that stands still: no loop, no waiting."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import orjson

from events.envelope import Envelope
from hub.access import Sender
from hub.app import opened
from hub.clock import FixedClock
from hub.ingest import Receipt
from hub.log.history import HistoryLog, HistoryReader
from hub.parts import Hub, at_work
from hub.rows import Row
from hub.settings import Settings
from hub.store import history, jobs, mailbox, nouns, parked
from hub.store.people import Person, put

R = TypeVar("R", bound=Row)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
ANYBODY = Sender("test", "hub", frozenset({"events:write", "import", "coordinate"}), ())


def day(offset: int) -> str:
    """Return the date so many days from the story's today."""
    return (date(2026, 11, 23) + timedelta(days=offset)).isoformat()


class Story:
    """A hub that moves only when told."""

    def __init__(self, hub: Hub, log: HistoryLog, clock: FixedClock) -> None:
        self.hub = hub
        self.clock = clock
        self.log = log
        self._readers = [HistoryReader(hub.store, log, runner) for runner in hub.runners.values()]
        self._reader_of = dict(zip(hub.runners, self._readers, strict=True))
        self._said = 0

    async def say(
        self,
        type_: str,
        subject: str,
        data: dict[str, Any],
        *,
        sender: Sender = ANYBODY,
        source: str = "/companies/test",
    ) -> Receipt:
        """Post one event through the whole of ingest; nothing reacts before `settle`."""
        self._said += 1
        envelope = Envelope(
            id=f"test-{self._said}",
            source=source,
            type=f"eu.vethub.{type_}.v1",
            subject=subject,
            time=self.clock.now(),
            data=orjson.dumps(data),
        )
        (receipt,) = await self.hub.ingest.accept([envelope], sender)
        return receipt

    async def settle(self) -> None:
        """Let every group, the scheduler and the courier work until nothing moves."""
        moved = 1
        while moved:
            moved = 0
            for reader in self._readers:
                moved += await reader.deliver()
            for runner in self.hub.runners.values():
                moved += await runner.try_parked()
            moved += await self.hub.scheduler.say_due(self.clock.now())
            moved += await self.hub.courier.once()

    async def step(self, group: str) -> int:
        """Let one group take what is there, and nobody else anything; returns how many events it had."""
        return await self._reader_of[group].deliver()

    async def retry(self, group: str) -> int:
        """Let one group look at what is parked and due; returns how many rows it tried."""
        return await self.hub.runners[group].try_parked()

    async def later(self, **delta: float) -> None:
        """Move the clock and let what falls due happen."""
        self.clock.advance(**delta)
        await self.settle()

    async def types(self) -> list[str]:
        """Return the short types of everything said so far, reminders left out."""
        said = await self.hub.store.read(history.tail, after_seq=0, limit=10_000)
        return [envelope.short_type for envelope in said if envelope.short_type != "reminder.due"]

    async def data(self, type_: str) -> list[dict[str, Any]]:
        """Return the data of every event of a type, in order."""
        said = await self.hub.store.read(history.tail, after_seq=0, limit=10_000)
        return [orjson.loads(envelope.data) for envelope in said if envelope.short_type == type_]

    async def row(self, kind: type[R], key: str) -> R | None:
        """Return a stored row."""
        return (await self.hub.store.read(nouns.load, kind, [key])).get(key)

    async def parked(self) -> Sequence[Any]:
        """Return what is parked."""
        return await self.hub.store.read(parked.listing)

    async def jobs(self) -> list[jobs.JobRow]:
        """Return every courier's job."""
        return await self.hub.store.read(jobs.listing)

    async def mail(self, message_id: str) -> bytes | None:
        """Return a mail of the local mailbox."""
        return await self.hub.store.read(mailbox.find, message_id)

    async def person(self, ref: str, org: str, **changes: str) -> str:
        """Put an invented person into the vault."""
        fields = {"kind": "contact", "name": "Ana Exemplo", "email": f"{ref}@{org}.example", "language": "pt"}
        fields |= {"timezone": "Europe/Lisbon"} | changes
        await self.hub.store.write(put, Person(ref=ref, org=org, created_at="", **fields))
        return ref


@asynccontextmanager
async def playing(settings: Settings) -> AsyncIterator[Story]:
    """Open a hub for a story."""
    clock = FixedClock(NOON)
    async with opened(settings, clock=clock) as (hub, log), at_work(hub.ingest.run):
        yield Story(hub, log, clock)

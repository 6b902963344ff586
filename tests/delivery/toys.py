"""Toys for the delivery tests: needs as events, a group that keeps a trail of what it handled, and ways to misbehave.

A toy group writes the id of each event it is done with into the Counter row of the event's key, in order, so a trail shows
loss, repetition and disorder at once. Nothing here stands in for the product: stores, logs and executor are the real ones.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from events.base import Event
from events.envelope import Envelope
from events.needs import NeedPublished, NeedRematchDue, NeedUpdated, NeedWithdrawn
from events.topics import COOPERATION
from hub.clock import FixedClock
from hub.dispatch.delivery import Delivery
from hub.dispatch.executor import Executor
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Group, Helper, Router, bind
from hub.dispatch.runner import Runner
from hub.dispatch.unit_of_work import UnitOfWork
from hub.log.history import HistoryLog
from hub.log.outbox import OutboxLog
from hub.log.port import Log
from hub.rows import Counter
from hub.store import history, nouns, parked
from hub.store.history import Entry
from hub.store.lite import LiteStore
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from hub.store.session import Session
from tests import builders
from tests.builders import AT

Deed = Callable[[Event, UnitOfWork], None]


async def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for a condition to hold and return its answer; fails with the last answer when the time is up."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s; the last answer was {answer!r}"
        await asyncio.sleep(0.01)


# ---- events -----------------------------------------------------------------------------------------------------------


def ref(key: str) -> str:
    """Name the need, and with it the partition key, that a letter stands for."""
    return f"betangible/N-{key}"


def need(event_id: str, key: str = "a", **attributes: Any) -> Envelope:
    """Make a need as ingest stores it."""
    short_type = attributes.pop("short_type", "need.published")
    data = attributes.pop("payload", None) or builders.need(need_id=f"N-{key}")
    made = builders.envelope(short_type, data, subject=ref(key))
    ours = {"tenant": "betangible", "received_at": AT, "correlation_id": event_id, "partition_key": ref(key)}
    return replace(made, id=event_id, **{**ours, **attributes})


def needs(count: int, keys: str = "abc") -> list[Envelope]:
    """Make events a1 b1 c1 a2 b2 …, each key's in order."""
    return [need(f"{keys[n % len(keys)]}{n // len(keys) + 1}", keys[n % len(keys)]) for n in range(count)]


# ---- groups -----------------------------------------------------------------------------------------------------------


class Toys:
    """One group with one handler; `deeds` says what goes wrong with which event.

    `tries` tells every call of the handler, `runs` those that found their trail's row loaded.
    """

    def __init__(self, name: str = "toys", *, helpers: Sequence[Helper] = ()) -> None:
        self.name = name
        self.deeds: dict[str, Deed] = {}
        self.tries: list[str] = []
        self.runs: list[str] = []
        router = Router(name)

        @router.on(f"{name}-note")
        def note(event: NeedPublished | NeedUpdated | NeedWithdrawn, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
            self.tries.append(uow.envelope.id)
            row = uow.find(Counter, self.row(event.subject)) or self._first(event.subject)
            self.runs.append(uow.envelope.id)
            if uow.envelope.id in self.deeds:
                self.deeds[uow.envelope.id](event, uow)
            uow.save(row.model_copy(update={"name": f"{row.name} {uow.envelope.id}".strip(), "count": row.count + 1}))
            yield NeedRematchDue(need_ref=event.subject, because=uow.envelope.type)

        self.group: Group = replace(bind([router])[name], helpers=tuple(helpers))

    def row(self, subject: str) -> str:
        """Name the trail's row."""
        return f"{self.name}:{subject}"

    def _first(self, subject: str) -> Counter:
        return Counter(key=self.row(subject), org="betangible", state="counting", name="")


def raises(error: BaseException) -> Deed:
    """Fail."""

    def fail(event: Event, uow: UnitOfWork) -> None:
        raise error

    return fail


def refuses(code: str = "too_late") -> Deed:
    """Say no."""
    return raises(Refused(code))


def gets(key: str) -> Deed:
    """Need a Counter row that somebody else saves."""

    def get(event: Event, uow: UnitOfWork) -> None:
        uow.get(Counter, key)

    return get


def saves(row: Counter) -> Deed:
    """Save a row of one's own beside the trail."""

    def save(event: Event, uow: UnitOfWork) -> None:
        uow.save(row)

    return save


# ---- stores and the executor over them -----------------------------------------------------------------------------------


def appender_of(store: Store) -> Log:
    """Return the log that goes with a store."""
    return HistoryLog() if store.engine == "sqlite" else OutboxLog()


def another(store: Store) -> LiteStore | PostgresStore:
    """Make a second store over the same database, as another process has it."""
    if isinstance(store, LiteStore):
        return LiteStore(store.path, exclusive=False)
    assert isinstance(store, PostgresStore)
    return PostgresStore(store.url)


async def ask(session: Session, sql: str, **params: Any) -> list[Any]:
    """Ask the database itself, where no question of the product's would show it."""
    return await session.rows(sql, **params)


async def change(session: Session, sql: str, **params: Any) -> int:
    """Change the database behind the product's back."""
    return await session.run(sql, **params)


class Interrupted(OutboxLog):
    """The real log, with something that happens once just before or just after it appends."""

    def __init__(self, deed: Callable[[], Awaitable[None]], *, before: bool = False) -> None:
        self.deed, self.before, self.times = deed, before, 0

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        if self.before and not self.times:
            await self._do()
        appended = await super().append(session, entries)
        if not self.times:
            await self._do()
        return appended

    async def _do(self) -> None:
        self.times += 1
        await self.deed()


class Bench:
    """One process's executor over one store, with a clock that stands still; what it did is read from the store."""

    def __init__(self, store: Store, log: Log | None = None) -> None:
        self.store = store
        self.log = log or appender_of(store)
        self.clock = FixedClock(AT)
        self.executor = Executor(store, self.log, self.clock)

    async def tell(self, *envelopes: Envelope) -> list[Delivery]:
        """Store events as ingest would and return them on their way to a group."""
        before = await self.store.read(history.last_seq)
        await self.store.write(self.log.append, [Entry(envelope, COOPERATION) for envelope in envelopes])
        stored = await self.store.read(history.tail, after_seq=before, limit=10_000)
        return [Delivery("history", envelope.seq or 0, envelope) for envelope in stored]

    async def run(self, toys: Toys, deliveries: Sequence[Delivery], position: int | None = None) -> None:
        """Take a batch through the executor."""
        await self.executor.run(toys.group, deliveries, position)

    async def handle(self, toys: Toys, *envelopes: Envelope) -> None:
        """Store events and take them through the executor as one batch."""
        await self.run(toys, await self.tell(*envelopes))

    def runner(self, toys: Toys) -> Runner:
        """Make the group's runner in this process."""
        return Runner(toys.group, self.executor, self.store, self.clock)

    async def retry(self, toys: Toys) -> int:
        """Try what is parked and due, once; returns how many rows were due."""
        return await self.runner(toys).try_parked()

    async def trails(self) -> dict[str, list[str]]:
        """Return the ids that each group is done with, by row, in order."""
        return await trails(self.store)

    async def inbox(self) -> dict[str, str]:
        """Return what came of each event; with several groups the name leads, `matcher e1`."""
        rows = await self.store.read(ask, "SELECT grp, id, outcome FROM inbox ORDER BY grp, id")
        several = len({row.grp for row in rows}) > 1
        return {f"{row.grp} {row.id}" if several else row.id: row.outcome for row in rows}

    async def parked(self) -> dict[str, str]:
        """Return the state of each parked event."""
        return {row.id: row.state for row in await self.store.read(ask, "SELECT id, state FROM parked ORDER BY seq")}

    async def parked_row(self, event_id: str) -> Any:
        """Return one parked row as operators see it."""
        rows = await self.store.read(ask, "SELECT parked_id FROM parked WHERE id = :id", id=event_id)
        return await self.store.read(parked.find, rows[0].parked_id) if len(rows) == 1 else None

    async def said(self, short_type: str = "") -> list[Envelope]:
        """Return what the hub itself said, in order."""
        stored = await self.store.read(history.tail, after_seq=0, limit=10_000)
        return [e for e in stored if e.source == "/hub" and short_type in ("", e.short_type)]


async def trails(store: Store) -> dict[str, list[str]]:
    """Return the ids in every trail, in order."""
    rows = await store.read(nouns.page, Counter, limit=10_000)
    assert all(row.count == len(row.name.split()) for row in rows)
    return {row.key: row.name.split() for row in rows}

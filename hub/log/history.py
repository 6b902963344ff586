"""The embedded log: the history table itself. What a transaction appends is in the log once it commits."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from hub.dispatch.delivery import Delivery
from hub.dispatch.runner import Runner, pause_after, woken_within
from hub.errors import ServiceAway
from hub.store import cursors, history
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session

log = structlog.get_logger()
BATCH = 200  # events
SMALLEST = 10  # events
TARGET = 0.02  # seconds a batch should hold the one writer; ingest waits behind it
POLL = 0.1  # seconds; commands write beside the hub from other processes


class HistoryLog:
    """Appends to the history and wakes this process's readers."""

    def __init__(self) -> None:
        self._readers: list[tuple[frozenset[str] | None, Callable[[], None]]] = []
        self._fresh: set[str] = set()
        self._before: set[str] = set()

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        """Store events inside the open transaction."""
        self._fresh.update(entry.envelope.type for entry in entries)
        return await history.append(session, entries, outbox=False)

    def appended(self) -> None:
        """Wake those who wait for what was committed."""
        # The writer may have appended the next transaction's events already; its own call wakes for them once more.
        fresh, self._fresh = self._fresh, set()
        woken, self._before = fresh | self._before, fresh
        for types, wake in self._readers:
            if types is None or not types.isdisjoint(woken):
                wake()

    def listen(self, types: Iterable[str]) -> asyncio.Event:
        """Return an event that is set whenever events of some types were committed."""
        event = asyncio.Event()
        self.call(event.set, types)
        return event

    def call(self, wake: Callable[[], None], types: Iterable[str] | None = None) -> None:
        """Call something whenever a commit brought events of some types, or anything."""
        self._readers.append((None if types is None else frozenset(types), wake))


class HistoryReader:
    """Brings one group its events from the history, in commit order."""

    def __init__(self, store: Store, source: HistoryLog, runner: Runner, *, batch: int = BATCH) -> None:
        self._store = store
        self._source = source
        self._runner = runner
        self._most = batch
        self._batch = min(batch, BATCH)
        self._types = [f"eu.vethub.{name}.v1" for name in runner.group.by_type]
        self.position = 0

    async def run(self) -> None:
        """Deliver until cancelled."""
        woken = self._source.listen(self._types)
        self.position = await self._start()
        while True:
            woken.clear()
            if not await self.deliver():
                await woken_within(POLL, woken)

    async def deliver(self) -> int:
        """Deliver one batch; returns how many events it had."""
        try:
            envelopes, position = await self._store.read(
                history.after, self.position, types=self._types, limit=self._batch
            )
        except ServiceAway as away:
            log.warning("history.away", group=self._runner.group.name, reason=str(away))
            await asyncio.sleep(pause_after(1))
            return 0
        if not envelopes:
            self.position = position
            return 0
        began = asyncio.get_running_loop().time()
        await self._runner.take([Delivery("history", e.seq or 0, e) for e in envelopes], position)
        self._adapt(asyncio.get_running_loop().time() - began)
        self.position = position
        return len(envelopes)

    async def _start(self) -> int:
        failures = 0
        while True:
            try:
                return await self._store.read(cursors.position, self._runner.group.name)
            except ServiceAway:
                failures += 1
                await asyncio.sleep(pause_after(failures))

    def _adapt(self, took: float) -> None:
        wanted = self._batch * 2 if took < TARGET / 2 else self._batch // 2 if took > TARGET * 2 else self._batch
        self._batch = max(SMALLEST, min(self._most, wanted))

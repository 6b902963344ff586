"""The executor: takes a batch of deliveries through a group's handlers in one transaction.

Called by the log's readers and by the parked-row loop. Promises: inbox, state, history, outbox, parked rows and jobs of a
batch are kept together or not at all; an event a group has taken is never handled again; a handler's bug parks its event
and costs the rest of the batch nothing. Trouble with the database counts no attempt: `run` raises ServiceAway and the
same batch is brought again.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from events.catalogue import EVENTS, read
from events.errors import UnknownType, Unreadable
from hub.clock import Clock
from hub.dispatch.batch import Batch, Task, Wanted
from hub.dispatch.delivery import Delivery
from hub.dispatch.flush import Appender, claim, flush, load
from hub.dispatch.outcomes import NotLoaded
from hub.dispatch.parking import name_of
from hub.dispatch.router import Group
from hub.dispatch.unit_of_work import DEFAULT_TERMS, Terms
from hub.errors import FlushConflict, ServiceAway
from hub.failpoints import reach
from hub.loop import in_turns
from hub.rows import BY_NOUN
from hub.store.port import Store
from hub.tracing import Tracing, trace_of

log = structlog.get_logger()
CONFLICTS = 3  # times a batch runs again whole before its events run one by one
LOADS = 100  # rounds of loading after which a handler is judged to ask for ever
EPOCH = 0  # of a group that was never replayed; one that may be learns its own when it claims


class Executor:
    """Runs batches of one process against one store and one log."""

    def __init__(
        self,
        store: Store,
        appender: Appender,
        clock: Clock,
        terms: Terms = DEFAULT_TERMS,
        tracing: Tracing | None = None,
    ) -> None:
        self._store = store
        self._appender = appender
        self._clock = clock
        self._terms = terms
        self._tracing = tracing
        self.released: list[Callable[[], None]] = []  # called when a commit released parked events, of any group
        self.committed: list[Callable[[], None]] = []  # called after every commit
        self.left_jobs: list[Callable[[], None]] = []  # called when a commit left jobs for couriers
        self.batches: Counter[str] = Counter()  # committed by this process, by group
        self.outcomes: Counter[tuple[str, str]] = Counter()  # events of these batches, by group and outcome

    async def run(self, group: Group, deliveries: Sequence[Delivery], position: int | None = None) -> int:
        """Handle a batch; on a log kept in the same database, `position` is stored with it. Returns how many it took."""
        if self._tracing is None:
            return await self._run(group, deliveries, position)
        with self._tracing.batch(f"{group.name} batch", "consumer", [trace_of(each.envelope) for each in deliveries]):
            return await self._run(group, deliveries, position)

    async def _run(self, group: Group, deliveries: Sequence[Delivery], position: int | None) -> int:
        read = [_task(group, delivery) async for delivery in in_turns(deliveries)]
        tasks = [task for task in read if task is not None]
        for conflicts in range(CONFLICTS):
            try:
                return await self._attempt(group, tasks, position, careful=conflicts > 0)
            except FlushConflict as conflict:
                log.info("batch.again", group=group.name, events=len(tasks), reason=str(conflict))
            except ServiceAway:
                raise
            except Exception as error:  # noqa: BLE001 - a row the database or a helper refuses; found one by one
                log.warning("batch.refused", group=group.name, events=len(tasks), error=type(error).__name__)
                break
        return await self._one_by_one(group, tasks, position)

    async def _one_by_one(self, group: Group, tasks: Sequence[Task], position: int | None) -> int:
        taken = 0
        for task in tasks:
            try:
                taken += await self._attempt(group, [task], None, careful=True)
            except ServiceAway:
                raise
            except Exception as error:  # noqa: BLE001 - what is refused for one event is that event's bug
                taken += await self._park(group, task, error)
        if position is not None:
            await self._in_one_transaction(group, [], position)
        return taken

    async def _park(self, group: Group, task: Task, error: Exception) -> int:
        batch = self._batch(group)
        async with self._store.transaction() as tx:
            taken = await tx.do(claim, [task], batch, ())
            for one in taken:
                batch.fail(one.delivery, error)
            await tx.finish(flush, batch, self._appender, None)
        self._count(batch, len(taken))
        _log_settled(batch, taken)
        for wake in self.committed:
            wake()
        return len(taken)

    async def _attempt(self, group: Group, tasks: Sequence[Task], position: int | None, *, careful: bool) -> int:
        await group.prepare(self._store, [task.event for task in tasks if task.event is not None])
        return await self._in_one_transaction(group, tasks, position, careful=careful)

    async def _in_one_transaction(
        self, group: Group, tasks: Sequence[Task], position: int | None, *, careful: bool = False
    ) -> int:
        batch = self._batch(group)
        batch.memory.careful = careful
        async with self._store.transaction() as tx:
            todo = taken = await tx.do(claim, tasks, batch, named_rows(tasks))
            reach("executor.claimed")
            rounds = 0
            while todo:
                todo, wanted = await batch.step(todo)
                if wanted:
                    await tx.do(load, batch.memory, wanted)
                rounds += 1
                if rounds > LOADS:
                    raise NotLoaded(wanted)
            await tx.finish(flush, batch, self._appender, position)
        reach("executor.committed")
        self._count(batch, len(taken))
        batch.tell_spans()
        _log_settled(batch, taken)
        if batch.said:
            self._appender.appended()
        for wake in self.committed:
            wake()
        if batch.released:
            for wake in self.released:
                wake()
        if batch.memory.jobs:
            for wake in self.left_jobs:
                wake()
        return len(taken)

    def _count(self, batch: Batch, taken: int) -> None:
        settled = Counter(one.outcome for one in batch.settled)
        settled["done"] += taken - settled.total()
        self.batches[batch.group] += 1
        self.outcomes.update({(batch.group, outcome): count for outcome, count in settled.items()})

    def _batch(self, group: Group) -> Batch:
        return Batch(
            group=group.name,
            epoch=EPOCH,
            now=self._clock.now(),
            blocked=set(),
            terms=self._terms,
            silent=group.silent,
            tracing=self._tracing,
        )


def named_rows(tasks: Sequence[Task]) -> set[Wanted]:
    """Return every row that the payloads name: a first guess that saves most second runs."""
    wanted: set[Wanted] = set()
    for task in tasks:
        if task.event is not None:
            for noun, key in task.event.refs():
                kind = BY_NOUN.get(noun)
                if kind is not None:
                    wanted.add((kind, key))
    return wanted


def _log_settled(batch: Batch, taken: Sequence[Task]) -> None:
    """Write a line for each event that was not simply done, with the ids by which its story is found."""
    if not batch.settled:
        return
    deliveries = {name_of(task.delivery): task.delivery for task in taken}
    for one in batch.settled:
        delivery = deliveries[one.source, one.id]
        envelope = delivery.envelope
        write = log.warning if one.outcome == "parked" else log.info if one.outcome == "refused" else log.debug
        write(
            f"event.{one.outcome}",
            group=batch.group,
            event_id=one.id,
            source=one.source,
            type=envelope.type if envelope else None,
            correlation_id=envelope.correlation_id if envelope else None,
            reason="unreadable" if delivery.problem else one.note,  # a problem's words may repeat what people wrote
        )


def _task(group: Group, delivery: Delivery) -> Task | None:
    envelope = delivery.envelope
    if envelope is None:
        return Task(delivery, None, ())
    handlers = group.by_type.get(envelope.short_type, ())
    if not handlers and envelope.short_type in EVENTS and delivery.parked is None:
        return None  # nobody here hears it; a parked one, heard once, is settled so that it does not come back
    try:
        return Task(delivery, read(envelope), handlers)
    except UnknownType:
        # Said by a newer release, whose handlers may hear it: it is kept for them.
        return Task(delivery, None, handlers, problem=f"{envelope.type} is not known to this release")
    except Unreadable as problem:
        return Task(_broken(delivery, str(problem)), None, handlers)


def _broken(delivery: Delivery, problem: str) -> Delivery:
    raw = delivery.envelope.data if delivery.envelope else delivery.raw
    return Delivery(delivery.partition, delivery.position, delivery.envelope, raw, problem, delivery.parked)

"""The delivery rules on paper: log, relay, groups, processes and kills in memory, one named step at a time.

`test_model.py` lets Hypothesis interleave the steps; `judge.py` gives the verdict. Kills, rebalances and time may
come between any two steps. A `sabotage` switches one rule off: the proof that the machine would notice.
Cluster: outbox and relays, two processes a group, rebalances that the old owner may learn of late.
Embedded: the history is the log, one process, one writer at a time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from tests.delivery.judge import Effect, Parked, Said, Taken, Violation, judge
from tests.delivery.read_committed import Blocked, Database, Deadlock, Transaction
from tests.delivery.toy_groups import (
    CAPACITY,
    HEARS,
    PARTITION,
    SAYS,
    Body,
    Draft,
    Event,
    Refused,
    Row,
    Slot,
    Waiting,
    react,
    refs,
)
from tests.delivery.toy_log import Log, Record

NEVER = float("inf")
WAIT_RECHECKS = (1, 5, 30, 3600)  # seconds; the last one again and again
BUG_RETRIES = (5, 30, NEVER)  # seconds; then an operator's matter


@dataclass(frozen=True)
class Shelf:
    """An event in a group's hands; in table `parked` it is waiting, a bug or behind one, in memory also fresh."""

    group: str
    seq: int
    event: Event
    state: str = "fresh"
    next_at: float = 0
    attempts: int = 0
    waits_for: Slot | None = None

    def parked(self, state: str, *, at: float = 0, waits_for: Slot | None = None) -> "Shelf":
        return replace(self, state=state, next_at=at, attempts=self.attempts + 1, waits_for=waits_for)


@dataclass(eq=False)
class Batch:
    """What a process holds in memory between the fetch and the offset; after a conflict it starts afresh."""

    records: list[Record]
    reached: dict[int, int]
    tx: Transaction
    step: int = 0
    todo: list[Shelf] = field(default_factory=list)
    taking: list[int] | None = None  # what a DELETE … RETURNING found when it started, and may still wait for
    behind: set[str] = field(default_factory=set)
    rows: dict[Slot, Row] = field(default_factory=dict)
    saved: dict[Slot, Body] = field(default_factory=dict)
    said: list[Event] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    shelved: dict[int, Shelf] = field(default_factory=dict)
    releasing: list[int] | None = None


@dataclass(eq=False)
class Worker:
    """A process of one group; `positions` is what it believes it owns, which may be out of date."""

    group: str
    positions: dict[int, int] = field(default_factory=dict)
    alive: bool = True
    batch: Batch | None = None


class World:
    """The whole hub. Public methods are the steps that Hypothesis chooses from."""

    def __init__(self, *, embedded: bool = False, sabotage: str = "") -> None:
        self.embedded, self.sabotage = embedded, sabotage
        self.skip_locked = False  # both ways of taking parked rows must do
        self.database, self.now = Database(), 0.0
        self.log = Log(self.database, embedded=embedded, sabotage=sabotage)
        self.offsets: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.owners: dict[tuple[str, int], Worker] = {}
        self.shelf_ids = count(1)
        self.waited: set[tuple[str, str, str]] = set()
        self.mended: set[str] = set()
        self.steps = self._order_of_steps()
        self.workers = [Worker(group) for group in HEARS for _ in range(1 if embedded else 2)]
        for number, worker in enumerate(self.workers):
            self.rebalance(worker, 0 if embedded else number % 2, told=True)

    def _order_of_steps(self) -> list[Callable[[Worker, Batch], None]]:
        claim = [self.claim, self.take_heads, self.take_rest, self.hold_back]
        if self.sabotage == "parked read before claim":
            claim.insert(0, claim.pop())
        shelve, end = [self.park, self.release], [self.commit, self.commit_offset]
        if self.sabotage == "release before park":
            shelve.reverse()
        if self.sabotage == "offset before commit":
            end.reverse()
        return [*claim, self.load, self.handle, self.save, self.say, *shelve, *end]

    def work(self, worker: Worker, *, size: int = 3) -> bool:
        """Do the process's next step. False: dead, idle, or waiting for another's transaction."""
        if not worker.alive:
            return False
        if worker.batch is None:
            return self.fetch(worker, size)
        batch = worker.batch
        try:
            self.steps[batch.step](worker, batch)
        except Blocked:
            return False
        except Deadlock:
            self._again(worker, batch)
        batch.step += 1
        if batch.step == len(self.steps):
            worker.batch = None
        return True

    def fetch(self, worker: Worker, size: int) -> bool:
        """Take the next records of the partitions it believes it owns; the position moves on at once."""
        if self.idle(worker):
            return False
        records, reached = [], {}
        for partition, start in worker.positions.items():
            part = self.log.partition(partition)[start : start + size]
            records += part
            worker.positions[partition] = reached[partition] = start + len(part)
        worker.batch = Batch(records, reached, Transaction(self.database))
        return True

    def idle(self, worker: Worker) -> bool:
        """Nothing in hand, nothing new in the log, nothing due on the shelf."""
        if worker.batch is not None or any(len(self.log.partition(p)) > at for p, at in worker.positions.items()):
            return False
        return not any(self._due(worker, self.database.tables["parked"]))

    def claim(self, worker: Worker, batch: Batch) -> None:
        """Inbox, insert first: waits while another transaction has inserted the same event and is open."""
        self.log.begin(batch.tx)
        heard = [Shelf(worker.group, seq, event) for seq, event in batch.records if event.type in HEARS[worker.group]]
        new = [shelf for shelf in heard if batch.tx.get("inbox", (worker.group, shelf.event.id)) is None]
        batch.todo = new if self.sabotage == "duplicates in one batch" else list(dict.fromkeys(new))
        if self.sabotage != "inbox select-first":
            for shelf in batch.todo:
                batch.tx.lock("inbox", (worker.group, shelf.event.id))
            for shelf in batch.todo:
                batch.tx.put("inbox", (worker.group, shelf.event.id), "claimed")
        if self.sabotage == "two transactions":
            batch.tx.commit()

    def take_heads(self, worker: Worker, batch: Batch) -> None:
        """DELETE … RETURNING: rows found when it started; one it waited for is taken only if it is still there."""
        if batch.taking is None:
            batch.taking = list(self._due(worker, batch.tx.table("parked")))
        self._take(batch, batch.taking)

    def take_rest(self, worker: Worker, batch: Batch) -> None:
        """What is behind the heads in hand, in a statement of its own: whoever holds the head holds the key."""
        heads = {shelf.event.key for shelf in batch.todo if shelf.state in {"bug", "behind"}}
        parked = batch.tx.table("parked").items()
        self._take(
            batch, [n for n, s in parked if s.group == worker.group and s.state == "behind" and s.event.key in heads]
        )

    def _take(self, batch: Batch, numbers: list[int]) -> None:
        for number in numbers:
            batch.tx.lock("parked", number)
            shelf = batch.tx.get("parked", number)
            if shelf is not None and shelf.next_at <= self.now:
                batch.tx.put("parked", number, None)
                batch.todo.append(shelf)

    def _due(self, worker: Worker, parked: dict[int, Shelf]) -> Iterator[int]:
        """Rows of its own partitions that are due, and of a blocked key only the head."""
        blocked: set[str] = set()
        for number, shelf in sorted(parked.items(), key=lambda item: item[1].seq):
            mine = shelf.group == worker.group and (self.embedded or PARTITION[shelf.event.key] in worker.positions)
            if not mine or shelf.event.key in blocked:
                continue
            due = shelf.next_at <= self.now
            if due and not (self.skip_locked and ("parked", number) in self.database.held):
                yield number
            if shelf.state != "waiting" and not (due and self.sabotage == "whole key at once"):
                blocked.add(shelf.event.key)

    def hold_back(self, worker: Worker, batch: Batch) -> None:
        """Fresh events wait behind a bug of their key. Read after the claim: only then is a late bug visible."""
        parked = batch.tx.table("parked").values()
        blocked = {shelf.event.key for shelf in parked if shelf.group == worker.group and shelf.state != "waiting"}
        batch.behind = {event.id for _, event in batch.records if event.key in blocked}

    def load(self, worker: Worker, batch: Batch) -> None:
        """One SELECT of every row that the events name."""
        slots = {slot for shelf in batch.todo for slot in refs(shelf.event, worker.group)}
        batch.rows = {slot: row for slot in slots if (row := batch.tx.get(*slot)) is not None}

    def handle(self, worker: Worker, batch: Batch) -> None:
        """Run the handlers in history order, in memory; what is not done is forgotten, never rolled back."""
        blocked: set[str] = set()
        for shelf in sorted(batch.todo, key=lambda shelf: shelf.seq):
            fresh_behind = shelf.state == "fresh" and shelf.event.id in batch.behind
            if (fresh_behind or shelf.event.key in blocked) and self.sabotage != "behind rule off":
                until = NEVER if self.sabotage == "behind rows woken by the head" else 0
                self._shelve(batch, replace(shelf, state="behind", next_at=until))
            elif not self._handle_one(worker, batch, shelf):
                blocked.add(shelf.event.key)

    def _handle_one(self, worker: Worker, batch: Batch, shelf: Shelf) -> bool:
        """The four outcomes; False is a bug."""
        event, draft = shelf.event, Draft(batch.rows, batch.saved)
        if event.fails == worker.group and event.story not in self.mended:
            delay = BUG_RETRIES[min(shelf.attempts, 2)]
            self._shelve(batch, shelf.parked("bug", at=self.now + delay))
            return False
        try:
            said = react(event, worker.group, draft)
        except Refused:
            batch.outcomes[event.id] = "refused"
        except Waiting as missing:
            self.waited.add((worker.group, event.source, event.id))
            delay = NEVER if self.sabotage == "no recheck" else WAIT_RECHECKS[min(shelf.attempts, 3)]
            self._shelve(batch, shelf.parked("waiting", at=self.now + delay, waits_for=missing.args[0]))
        else:
            batch.outcomes[event.id] = "done"
            batch.saved |= draft.own
            batch.said += [event.causes(type_) for type_ in said]
        return True

    def _shelve(self, batch: Batch, shelf: Shelf) -> None:
        batch.outcomes[shelf.event.id] = "parked"
        batch.shelved[next(self.shelf_ids)] = shelf

    def save(self, worker: Worker, batch: Batch) -> None:
        """Upsert WHERE version = seen; another version is a conflict."""
        for kind, key in sorted(batch.saved):
            batch.tx.lock(kind, key)
            seen = batch.rows[kind, key].version if (kind, key) in batch.rows else 0
            now = self.database.tables[kind].get(key, Row(0, ())).version
            if now != seen and self.sabotage != "version check off":
                self._again(worker, batch)
                return
            batch.tx.put(kind, key, Row(now + 1, batch.saved[kind, key]))

    def _again(self, worker: Worker, batch: Batch) -> None:
        """The whole batch once more; no attempt is counted."""
        batch.tx.rollback()
        fresh = Batch(batch.records, batch.reached, Transaction(self.database))
        worker.batch = None if self.sabotage == "no seek after a conflict" else fresh

    def say(self, worker: Worker, batch: Batch) -> None:
        """History and outbox."""
        self.log.append(batch.tx, batch.said)

    def park(self, worker: Worker, batch: Batch) -> None:
        """Parked rows, and what became of each event.

        A row that was taken comes back as a new one, which a release at the same time does not see; the engine changes
        rows in place, which is stronger. The rules must hold for both.
        """
        for number, shelf in batch.shelved.items():
            batch.tx.put("parked", number, shelf)
        for id_, outcome in batch.outcomes.items():
            batch.tx.put("inbox", (worker.group, id_), outcome)

    def release(self, worker: Worker, batch: Batch) -> None:
        """Wake, in every group, what waits for a row saved here; an UPDATE, with the same blindness as `take`."""
        if batch.releasing is None:
            heads = {s.event.key for s in batch.todo if s.state == "bug"} if "woken" in self.sabotage else ()
            batch.releasing = [
                number
                for number, shelf in batch.tx.table("parked").items()
                if shelf.waits_for in batch.saved or (shelf.state == "behind" and shelf.event.key in heads)
            ]
        for number in batch.releasing:
            batch.tx.lock("parked", number)
            shelf = batch.tx.get("parked", number)
            if shelf is not None:
                batch.tx.put("parked", number, replace(shelf, next_at=self.now))

    def commit(self, worker: Worker, batch: Batch) -> None:
        batch.tx.commit()

    def commit_offset(self, worker: Worker, batch: Batch) -> None:
        """A hint; the broker refuses it from a process that no longer owns the partition."""
        for partition, position in batch.reached.items():
            if self.owners[worker.group, partition] is worker:
                self.offsets[worker.group, partition] = position
            else:
                worker.positions.pop(partition, None)

    # -- trouble, operators, time --------------------------------------------------------------------------------------

    def rebalance(self, worker: Worker, partition: int, *, told: bool) -> None:
        """Give a partition to this process; the old owner goes on with what it has, and reads on until told."""
        old = self.owners.get((worker.group, partition))
        self.owners[worker.group, partition] = worker
        worker.positions[partition] = self.offsets[worker.group, partition]
        if told and old is not None and old is not worker:
            old.positions.pop(partition, None)

    def kill(self, worker: Worker) -> None:
        """Memory is lost, the open transaction rolls back; an embedded hub dies as a whole."""
        for victim in self.workers if self.embedded else [worker]:
            if victim.batch is not None:
                victim.batch.tx.rollback()
            victim.alive, victim.batch, victim.positions = False, None, {}
        while self.embedded and self.log.requests:
            self.log.drop(0)

    def start_all(self) -> None:
        """New processes with the dead ones' static membership: the broker gives each what its forerunner had."""
        for worker in self.workers:
            if not worker.alive:
                worker.alive = True
                mine = [slot for slot, owner in self.owners.items() if owner is worker]
                worker.positions = {partition: self.offsets[group, partition] for group, partition in mine}

    def operate(self, number: int, *, skip: bool) -> None:
        """An operator retries or skips a bug; a row that a batch has in hand is left alone."""
        shelf = self.database.tables["parked"].get(number)
        if shelf is not None and shelf.state == "bug" and ("parked", number) not in self.database.held:
            tx = Transaction(self.database)
            tx.put("parked", number, None if skip else replace(shelf, next_at=self.now))
            tx.put("inbox", (shelf.group, shelf.event.id), "skipped" if skip else "parked")
            tx.commit()

    def mend(self) -> None:
        """Repair the handlers for every event so far."""
        self.mended |= {event.story for _, event in self.database.tables["history"].values()}

    def settle(self) -> list[Violation]:
        """End all trouble, mend all bugs, let a few hours pass; then ask the judge."""
        while self.log.requests:
            self.log.accept(0)
        for worker in self.workers:
            worker.positions = {p: at for p, at in worker.positions.items() if self.owners[worker.group, p] is worker}
        self.start_all()
        for _ in range(6):
            if not self.run_dry():
                return [Violation("livelock", "the hub does not come to rest")]
            self.mend()
            for number in list(self.database.tables["parked"]):
                self.operate(number, skip=False)
            self.now += 3600
        return self.verdict() + self.stuck()

    def run_dry(self) -> bool:
        for _ in range(500):
            self.log.relay_all()
            if sum(self.work(worker) for worker in self.workers) == 0:
                return True
        return False

    # -- promises ------------------------------------------------------------------------------------------------------

    def verdict(self) -> list[Violation]:
        """The judge's opinion of the committed tables."""
        tables = self.database.tables
        said = {e.id: Said(seq, e.source, e.id, e.type, e.key, e.cause) for seq, e in tables["history"].values()}
        effects = [
            Effect(group, said[id_].source, id_, key, position)
            for (group, key), row in tables["effect"].items()
            for position, id_ in enumerate(row.body)
        ]
        return judge(
            history=said.values(),
            inbox=[Taken(group, said[id_].source, id_, outcome) for (group, id_), outcome in tables["inbox"].items()],
            parked=[Parked(s.group, s.state, s.event.source, s.event.id, s.state) for s in tables["parked"].values()],
            effects=effects,
            accepted={("/outside", id_) for id_ in self.log.accepted},
            hears=HEARS,
            says=SAYS,
            waited=self.waited,
        )

    def stuck(self) -> list[Violation]:
        """With bugs mended and operators at work only what waits for something absent may be parked."""
        return [
            Violation("stuck", f"{s.event.id} in {s.group} is {s.state}, and nothing hinders it")
            for s in self.database.tables["parked"].values()
            if s.waits_for is None or s.waits_for[1] in self.database.tables[s.waits_for[0]]
        ]

    def broken_now(self) -> list[Violation]:
        """What must hold after every single step."""
        tables = self.database.tables
        held = sum(event.type == "held" for _, event in tables["history"].values())
        oversold = [Violation("oversold", f"{held} holds on {CAPACITY} seats")] if held > CAPACITY else []
        return oversold + [
            Violation("not released", f"{shelf.event.id} sleeps and {shelf.waits_for} is there")
            for shelf in (tables["parked"].values() if self.embedded else ())
            if shelf.waits_for and shelf.next_at > self.now and shelf.waits_for[1] in tables[shelf.waits_for[0]]
        ]

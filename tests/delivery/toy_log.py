"""The model's log: requests that store events, the outbox, two relays, and the topic that groups read.

Embedded, the history is the log and a transaction begins by taking the one writer's place.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count

from tests.delivery.read_committed import Blocked, Database, Transaction
from tests.delivery.toy_groups import PARTITION, Event

Record = tuple[int, Event]  # (seq, event)


@dataclass(eq=False)
class Relay:
    """Two may run at once: the lease is economy, neither order nor completeness rests on it."""

    rows: list[Record] = field(default_factory=list)
    sent: bool = False
    cursor: int = 0  # a sabotage's


class Log:
    """Public methods are steps; between any two of them anything may happen."""

    def __init__(self, database: Database, *, embedded: bool, sabotage: str) -> None:
        self.database, self.embedded, self.sabotage = database, embedded, sabotage
        self.seq = count(1)  # a sequence does not roll back
        self.topic: defaultdict[int, list[Record]] = defaultdict(list)
        self.relays = [Relay(), Relay()]
        self.requests: list[tuple[Transaction, Event]] = []
        self.accepted: set[str] = set()

    def request(self, event: Event) -> bool:
        """Store an event; the 202 comes with `accept`. A sender who would have to wait is told 503: False."""
        tx = Transaction(self.database)
        try:
            self.append(tx, [event])
        except Blocked:
            tx.rollback()
            return False
        self.requests.append((tx, event))
        return True

    def accept(self, number: int) -> None:
        """Commit an open request and answer 202."""
        tx, event = self.requests.pop(number)
        tx.commit()
        self.accepted.add(event.id)

    def drop(self, number: int) -> None:
        """The web process dies with an open request."""
        self.requests.pop(number)[0].rollback()

    def begin(self, tx: Transaction) -> None:
        """Embedded: BEGIN IMMEDIATE."""
        if self.embedded:
            tx.lock("writer", "the one")

    def append(self, tx: Transaction, events: list[Event]) -> None:
        """Writers of a key one after the other until they commit; the same (source, id) again is nothing."""
        self.begin(tx)
        if self.sabotage != "no key lock":
            for key in sorted({event.key for event in events}):
                tx.lock("key", key)
        new = [event for event in events if tx.get("history", event.id) is None]
        for event in new:
            tx.lock("history", event.id)
        for event in new:
            seq = next(self.seq)
            tx.put("history", event.id, (seq, event))
            tx.put("outbox", seq, event)

    def partition(self, number: int) -> list[Record]:
        """What a group can read; embedded, the committed history."""
        if self.embedded:
            return sorted(self.database.tables["history"].values(), key=lambda record: record[0])
        return self.topic[number]

    def read(self, relay: Relay) -> None:
        """Unsent rows in seq order, in a transaction that ends before anything is sent."""
        relay.rows = sorted(row for row in self.database.tables["outbox"].items() if row[0] > relay.cursor)
        relay.sent = False

    def send(self, relay: Relay, *, dies_after: int | None = None) -> None:
        """Send all, or die in the middle: what was sent comes a second time."""
        for seq, event in relay.rows[:dies_after]:
            self.topic[PARTITION[event.key]].append((seq, event))
        relay.sent = dies_after is None

    def delete(self, relay: Relay) -> None:
        """Delete exactly what was sent, never «all up to the last»."""
        for seq, _ in relay.rows if relay.sent else ():
            if self.sabotage == "relay by cursor":
                relay.cursor = seq
            else:
                self.database.tables["outbox"].pop(seq, None)
        relay.rows = []

    def relay_all(self) -> None:
        """One undisturbed round."""
        relay = self.relays[0]
        self.read(relay)
        self.send(relay)
        self.delete(relay)

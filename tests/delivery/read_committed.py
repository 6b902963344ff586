"""A toy database with PostgreSQL's READ COMMITTED, as far as the delivery rules lean on it; the model's floor.

A statement sees what is committed when it starts, and its own transaction's writes. A write waits for the
transaction that holds the row (or has inserted the same key); a circle of waits ends one transaction.
"""

from collections import defaultdict
from typing import Any

Slot = tuple[str, Any]  # (table, key)


class Blocked(Exception):
    """The row is held by an open transaction: the statement waits."""


class Deadlock(Exception):
    """The wait closed a circle; this transaction was rolled back."""


class Database:
    """Committed rows by table, and who holds what."""

    def __init__(self) -> None:
        self.tables: defaultdict[str, dict[Any, Any]] = defaultdict(dict)
        self.held: dict[Slot, Transaction] = {}


class Transaction:
    """Sees the present committed state at each statement; nothing of it is visible before `commit`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writes: dict[Slot, Any] = {}
        self.waits_for: Transaction | None = None

    def get(self, table: str, key: Any) -> Any:
        slot = (table, key)
        return self.writes[slot] if slot in self.writes else self.database.tables[table].get(key)

    def table(self, name: str) -> dict[Any, Any]:
        own = {key: row for (table, key), row in self.writes.items() if table == name}
        return {key: row for key, row in (self.database.tables[name] | own).items() if row is not None}

    def lock(self, table: str, key: Any) -> None:
        """Hold the row until the end, or wait for who holds it."""
        holder = self.database.held.setdefault((table, key), self)
        self.waits_for = None if holder is self else holder
        if holder is self:
            return
        other: Transaction | None = holder
        while other is not None:
            other = other.waits_for
            if other is self:
                self.rollback()
                raise Deadlock
        raise Blocked

    def put(self, table: str, key: Any, row: Any) -> None:
        """Insert, update, or (None) delete."""
        self.lock(table, key)
        self.writes[table, key] = row

    def commit(self) -> None:
        for (table, key), row in self.writes.items():
            if row is None:
                self.database.tables[table].pop(key, None)
            else:
                self.database.tables[table][key] = row
        self.rollback()

    def rollback(self) -> None:
        self.writes, self.waits_for = {}, None
        for slot in [slot for slot, holder in self.database.held.items() if holder is self]:
            del self.database.held[slot]

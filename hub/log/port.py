"""What a log must do. The executor and ingest append inside their transaction; a reader brings batches to a group.

Promises: what was appended by a transaction that committed is delivered to every group that hears it, at least once and
in the order of its partition key; what was rolled back is never delivered. Deliveries may repeat: the inbox drops them.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from hub.dispatch.delivery import Delivery
from hub.dispatch.router import Group
from hub.store.history import Entry
from hub.store.session import Session

Handle = Callable[[Sequence[Delivery], int | None], Awaitable[None]]
"""Takes a batch (and, on a log kept in the same database, the position to store with it) through the executor."""


class Log(Protocol):
    """Where events go; part of the transaction that appends."""

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        """Store events so that they are delivered once the transaction commits; returns how many were new."""
        ...

    def appended(self) -> None:
        """Tell readers that a commit brought something new."""
        ...


class Reader(Protocol):
    """Brings a group its events until stopped."""

    async def run(self, group: Group, handle: Handle) -> None:
        """Deliver batches, one after the other, until cancelled."""
        ...

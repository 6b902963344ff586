"""The writing half of the cluster's log: history and outbox in the open transaction; the relay takes it from there."""

from collections.abc import Callable, Sequence

from hub.store import history
from hub.store.history import Entry
from hub.store.session import Session


class OutboxLog:
    """Appends to history and outbox, and wakes what sends it when that runs in this process."""

    def __init__(self) -> None:
        self._wakes: list[Callable[[], None]] = []

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        """Store events so that the relay finds them once the transaction commits."""
        return await history.append(session, entries, outbox=True)

    def appended(self) -> None:
        """Wake this process's relay; one in another process looks for itself."""
        for wake in self._wakes:
            wake()

    def call(self, wake: Callable[[], None]) -> None:
        """Call something whenever this process committed events."""
        self._wakes.append(wake)

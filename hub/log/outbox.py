"""The writing half of the cluster's log: history and outbox in the open transaction; the relay takes it from there."""

from collections.abc import Sequence

from hub.store import history
from hub.store.history import Entry
from hub.store.session import Session


class OutboxLog:
    """Appends to history and outbox; PostgreSQL tells the relay, wherever it runs, when the transaction commits."""

    async def append(self, session: Session, entries: Sequence[Entry]) -> int:
        """Store events so that the relay finds them once the transaction commits."""
        return await history.append(session, entries, outbox=True)

    def appended(self) -> None:
        """Nothing to do: `hub/log/wakes.py` hears of it."""

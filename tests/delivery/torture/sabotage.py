"""Hubs that break a rule on purpose: if the kill tests cannot tell them from the real one, they prove nothing.

Applied inside a victim, by replacing a method or function; the product has no switch for it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from events.envelope import Envelope
from hub.access import Sender
from hub.dispatch import executor
from hub.dispatch.batch import Task
from hub.dispatch.flush import claim
from hub.failpoints import reach
from hub.ingest import Ingest, Receipt
from hub.log.relay import BATCH, LEASE, POLL, STANDBY, Relay
from hub.store import history, inbox
from hub.store.inbox import EventKey
from hub.store.session import Session


async def _claim_and_commit(session: Session, *args: Any) -> list[Task]:
    todo = await claim(session, *args)
    await session.run("COMMIT")
    await session.run("BEGIN IMMEDIATE")
    return todo


def claim_apart() -> None:
    """Take the events in one transaction and write their effects in another (on SQLite)."""
    executor.claim = _claim_and_commit  # type: ignore[attr-defined, assignment]


_accept = Ingest.accept
_storing: set[asyncio.Task[Any]] = set()


async def _answer_first(self: Ingest, envelopes: Sequence[Envelope], sender: Sender) -> list[Receipt]:
    _storing.add(asyncio.create_task(_accept(self, envelopes, sender)))
    return [Receipt(envelope.source, envelope.id) for envelope in envelopes]


def answer_first() -> None:
    """Answer before the events are stored."""
    Ingest.accept = _answer_first  # type: ignore[method-assign]


async def _delete_first(self: Relay) -> float:
    if not await self._hold():
        return STANDBY
    rows = await self.store.read(history.unsent, limit=BATCH)
    if not rows:
        return POLL
    seqs = [envelope.seq for _, envelope in rows if envelope.seq is not None]
    await self.store.write(history.sent, seqs, lease=LEASE, token=self._token or 0)
    reach("relay.deleted")
    await self._send(rows)
    reach("relay.sent")
    return 0.0


def delete_first() -> None:
    """Delete the outbox's rows before they are sent."""
    Relay.once = _delete_first  # type: ignore[method-assign]


_claim = inbox.claim


async def _take_all(session: Session, events: Sequence[EventKey], **kwargs: Any) -> set[EventKey]:
    await _claim(session, events, **kwargs)
    return set(events)


def no_inbox() -> None:
    """Handle what was handled before."""
    inbox.claim = _take_all


SABOTAGE: dict[str, Callable[[], None]] = {
    "claim-apart": claim_apart,
    "answer-first": answer_first,
    "delete-first": delete_first,
    "no-inbox": no_inbox,
}


def apply(name: str) -> None:
    """Break a rule in this process."""
    SABOTAGE[name]()

"""What partners are sent: shares leave for `out.<tenant>` as the outbox does for the hub's own topics, by their own relay.

So a partner's topic that is gone, or that the hub may not write, holds up that partner and nobody else.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import structlog
from aiokafka.errors import (
    InvalidTopicError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from events.codec import Record, to_kafka
from events.envelope import Envelope
from events.topics import OUTBOX
from hub.audience import part_of, whole_of
from hub.failpoints import reach
from hub.log.relay import BATCH, Relay
from hub.store import shares
from hub.store.shares import Share

log = structlog.get_logger()
SHUT = (UnknownTopicOrPartitionError, TopicAuthorizationFailedError, InvalidTopicError, MessageSizeTooLargeError)
HELD = 30.0  # seconds until a partner's topic that could not be written is tried again


@dataclass
class Outbound(Relay):
    """Carries shares to partners' topics."""

    LEASE: ClassVar[str] = "relay-out"

    def __post_init__(self) -> None:
        """Hold nobody up yet."""
        super().__post_init__()
        self._held: dict[str, float] = {}

    async def _carry(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._held = {tenant: until for tenant, until in self._held.items() if until > now}
        rows = await self.store.glance(shares.unsent, limit=BATCH, without=sorted(self._held))
        for tenant, own in groupby(sorted(rows, key=_tenant), key=_tenant):
            await self._carry_to(tenant, list(own))
        return bool(rows)

    async def _carry_to(self, tenant: str, rows: Sequence[tuple[Share, Envelope]]) -> None:
        topic = self.prefix + OUTBOX.replace("<tenant>", tenant)
        try:
            await self._produce([(topic, _record(*row)) for row in rows])
        except SHUT as error:
            self._held[tenant] = asyncio.get_running_loop().time() + HELD
            log.warning("outbound.held", topic=topic, seconds=HELD, reason=type(error).__name__)
            return
        reach("outbound.sent")
        gone = [share for share, _ in rows]
        self._forgot(len(gone), await self.store.write(shares.sent, gone, lease=self.LEASE, token=self._token or 0))


def _tenant(row: tuple[Share, Envelope]) -> str:
    return row[0].tenant


def _record(share: Share, envelope: Envelope) -> Record:
    """Write the copy; on `out.<tenant>` order is kept by subject."""
    copy = part_of(envelope) if share.part else whole_of(envelope)
    return to_kafka(copy)._replace(key=copy.subject.encode())

"""The Kafka topics: what they hold and how long. `vet-hub topics` provisions from here; nothing is auto-created."""

from dataclasses import dataclass
from typing import Literal

DAY = 86_400_000  # milliseconds, the unit of Kafka's retention.ms


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, or a family with one topic a tenant; `key` says what order is kept by."""

    name: str
    key: str
    partitions: int
    retention_ms: int
    holds: str
    cleanup: Literal["delete", "compact", "compact,delete"] = "delete"

    @property
    def per_tenant(self) -> bool:
        """Whether the name holds a place for the tenant."""
        return "<tenant>" in self.name

    def of(self, tenant: str) -> str:
        """Return the name of one tenant's topic."""
        return self.name.replace("<tenant>", tenant)


COOPERATION = "hub.cooperation.v1"
CATALOGUE = "hub.catalogue.v1"
NOTIFICATION = "hub.notification.v1"
DEAD = "hub.dead.v1"
INBOX = "in.<tenant>"
OUTBOX = "out.<tenant>"

TOPICS = (
    Topic(INBOX, "subject", 3, 14 * DAY, "what a partner's system writes; only that tenant may write"),
    Topic(COOPERATION, "need, offer or agreement", 12, 90 * DAY, "needs, placements, matches, answers, agreements"),
    Topic(CATALOGUE, "curriculum or organisation", 6, 90 * DAY, "curricula, sessions, organisations"),
    Topic(NOTIFICATION, "recipient", 6, 30 * DAY, "requested, delivered, failed, digests"),
    Topic(DEAD, "origin key", 3, 180 * DAY, "a copy of what was parked for good, for outside tools"),
    Topic(OUTBOX, "subject", 3, 30 * DAY, "what that partner may and wants to see"),
)
"""Retention is shorter than the history's on purpose: the database is the truth, a topic is a way there."""

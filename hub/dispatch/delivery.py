"""One event on its way into one group, from the log or from the parked rows."""

from typing import NamedTuple

from events.envelope import Envelope

REPLAYED = "replay"
"""The partition of what a replay brings on the cluster; every process of the group looks after what it parks there."""


class Parked(NamedTuple):
    """What the parked row said when it was read; the executor takes the row inside its transaction."""

    parked_id: str
    state: str
    attempts: int
    first_at: str


class Delivery(NamedTuple):
    """An envelope at a place of a partition; `envelope` is None for a record nobody can read."""

    partition: str
    position: int
    envelope: Envelope | None
    raw: bytes | None = None
    problem: str = ""
    parked: Parked | None = None

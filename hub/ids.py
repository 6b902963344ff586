"""Deterministic ids: the same cause, said again, has the same id, so that a second run changes nothing."""

from uuid import UUID, uuid5

import orjson

VET_HUB = UUID("5f1d4dcb-54a0-5b1c-8f0e-6a1f6f0f7c11")
"""Namespace of every id the hub makes; changing it would make every replay say new events."""


def said_id(source: str, event_id: str, handler: str, n: int | str) -> str:
    """Name the n-th thing that a handler says or makes because of the event (`source`, `event_id`)."""
    return _named("said", source, event_id, handler, str(n))


def due_id(kind: str, about: str, at: str) -> str:
    """Name the moment `at` at which `kind` falls due for `about`; any number of schedulers say the same id."""
    return _named("due", kind, about, at)


def attempt_id(job_id: str, attempt: int) -> str:
    """Name what a courier learnt from one attempt at a job."""
    return _named("attempt", job_id, str(attempt))


def parked_id(grp: str, epoch: int, source: str, event_id: str) -> str:
    """Name the parked row of an event in a group."""
    return _named("parked", grp, str(epoch), source, event_id)


def _named(*words: str) -> str:
    # As a JSON list, so that no two lists of words are ever the same name, whatever characters an id holds.
    return str(uuid5(VET_HUB, orjson.dumps(words).decode()))

"""Deterministic ids: the same cause, said again, has the same id, so that a second run changes nothing."""

from hashlib import sha1
from uuid import UUID

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


def erased_id(ref: str) -> str:
    """Name the erasure of a person, which happens once."""
    return _named("erased", ref)


def parked_id(grp: str, epoch: int, source: str, event_id: str) -> str:
    """Name the parked row of an event in a group."""
    return _named("parked", grp, str(epoch), source, event_id)


def _named(*words: str) -> str:
    # As a JSON list, so that no two lists of words are ever the same name, whatever characters an id holds.
    # What `uuid.uuid5` does, without the UUID object in between, which costs more than the hash.
    named = bytearray(sha1(VET_HUB.bytes + orjson.dumps(words), usedforsecurity=False).digest()[:16])
    named[6] = named[6] & 0x0F | 0x50  # version 5
    named[8] = named[8] & 0x3F | 0x80  # variant of RFC 9562
    text = named.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

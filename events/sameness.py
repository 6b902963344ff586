"""When two writings are one event: ingest compares what came with what is stored under the same (source, id)."""

import hashlib
import json
from datetime import UTC

import orjson

from events.envelope import Envelope

EXACT = 2**53  # from here on a double no longer tells neighbouring whole numbers apart
HOP_BY_HOP = frozenset({"traceparent", "tracestate"})


def content_hash(envelope: Envelope) -> str:
    """Fingerprint a checked event by its meaning; take it before ingest fills in a missing time.

    The same event sent again by another client, in another mode or with another writing of its time has the same hash:
    instants count as instants, JSON by value, and what a hop adds (trace context, hub attributes) does not count.
    """
    time = envelope.time.astimezone(UTC).isoformat() if envelope.time else None
    extensions = {name: text for name, text in envelope.extensions.items() if name not in HOP_BY_HOP}
    data = json.loads(envelope.data, parse_float=_number)
    meaning = [envelope.source, envelope.id, envelope.type, envelope.subject, time, extensions, data]
    return hashlib.sha256(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _number(digits: str) -> float | int:
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < EXACT else number

"""The JSON event format (CloudEvents 1.0): one object with the attributes and `data`. Both bindings build on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from events.envelope import HUB_ATTRIBUTES, Envelope
from events.wellformed import flaws_in
from schemas.problems import Problem, quoted

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
HUB_FIELDS = tuple(HUB_ATTRIBUTES.items())


@dataclass(frozen=True, slots=True)
class Item:
    """One event as it came in: its envelope, or what is wrong with it. `index` counts from 0 within a batch."""

    index: int
    envelope: Envelope | None
    problems: tuple[Problem, ...] = ()


def item(index: int, envelope: Envelope | None, problems: Sequence[Problem]) -> Item:
    """Make an item that has an envelope only when nothing is wrong."""
    return Item(index, None if problems else envelope, tuple(problems))


def members(value: Any, *, suspicious: bool) -> tuple[dict[str, Any], bytes | None, list[Problem]]:
    """Take the JSON format apart into attributes and data; no data where the rest is not worth looking at."""
    if not isinstance(value, dict):
        return {}, None, [Problem("", f"{quoted(value)} is not an event; write a JSON object.")]
    flaws = flaws_in(value, at="") if suspicious else []
    if flaws:
        return {}, None, flaws
    rest = dict(value)
    data = orjson.dumps(rest.pop("data", None))
    if rest.pop("data_base64", None) is not None:
        return (
            rest,
            data,
            [
                Problem(
                    "/data_base64",
                    "Binary data are not read; send JSON in data (in Go: SetData with a struct, map or json.RawMessage, not []byte).",
                )
            ],
        )
    return rest, data, [] if "data" in value else [Problem("/data", "The event has no data; add it.")]


def to_structured(envelope: Envelope) -> dict[str, Any]:
    """Return the event as the JSON object of CloudEvents' JSON format, with what the hub knows about it."""
    attributes = {name: value.decode() for name, value in attributes_of(envelope)}
    return {**attributes, "datacontenttype": JSON, "data": orjson.loads(envelope.data)}


def attributes_of(envelope: Envelope) -> Iterable[tuple[str, bytes]]:
    """List every attribute but `datacontenttype` as UTF-8, the hub's own last."""
    yield "specversion", b"1.0"
    yield "id", envelope.id.encode()
    yield "source", envelope.source.encode()
    yield "type", envelope.type.encode()
    yield "subject", envelope.subject.encode()
    if envelope.time is not None:
        yield "time", _stamp(envelope.time).encode()
    for name, value in envelope.extensions.items():
        yield name, value.encode()
    for name, field in HUB_FIELDS:
        value = getattr(envelope, field)
        if value is not None:
            yield name, (_stamp(value) if isinstance(value, datetime) else str(value)).encode()


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

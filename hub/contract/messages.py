"""AsyncAPI's messages: for each event type what readers get and, where partners say it, what they may send."""

from collections.abc import Mapping, Sequence
from typing import Any

from events.attributes import REQUIRED
from events.base import ONLY_HUB, Event
from events.catalogue import EVENTS
from events.envelope import HUB_ATTRIBUTES
from events.examples import example
from events.json_format import JSON, STRUCTURED
from events.topics import TOPICS
from hub.contract.documents import CLOUDEVENT, SAID_BY, as_read, left_before_agreement, published

SENT = ".sent"
PART = ".before-agreement"
COMPONENTS = "#/components/schemas/"
KEYS: Mapping[str, str] = {topic.name: topic.key for topic in TOPICS}
Document = dict[str, Any]


def sent(event: type[Event]) -> str:
    """Return the name of the message that partners send; readers get one under the type's own name."""
    return event.TYPE + SENT


def part(event: type[Event]) -> str:
    """Return the name of the message that a provider gets before agreement."""
    return event.TYPE + PART


def components() -> Document:
    """Return messages and the schemas they are made of."""
    spoken = [event for event in EVENTS.values() if event.SAID_BY != ONLY_HUB]
    messages = {event.TYPE: _message(event, "", KEYS[event.TOPIC]) for event in EVENTS.values()}
    messages |= {sent(event): _message(event, SENT, "subject") for event in spoken}
    parted = [event for event in EVENTS.values() if left_before_agreement(event)]
    messages |= {part(event): _message(event, PART, "match id") for event in parted}
    schemas = {
        "Headers": _headers(own=True),
        "Headers" + SENT: _headers(own=False),
        "Headers" + PART: _headers(own=False),
    }
    for event in EVENTS.values():
        schemas |= _hoisted(event.TYPE, as_read(published()[event.TYPE]), "")
    for event in spoken:
        schemas |= _hoisted(event.TYPE, published()[event.TYPE], SENT)
    for event in parted:
        schemas[part(event)] = _parted(schemas[event.TYPE], left_before_agreement(event))
    schemas |= _hoisted("CloudEvent", published()[CLOUDEVENT], "")
    return {"messages": {"structured": _structured(), **messages}, "schemas": schemas}


def _message(event: type[Event], mark: str, key: str) -> Document:
    given = example(event.TYPE)
    kept = left_before_agreement(event) if mark == PART else list(given["data"])
    data = {name: value for name, value in given["data"].items() if name in kept}
    says = (event.__doc__ or "").strip()
    return {
        "name": event.wire_type(),
        "title": event.TYPE,
        "summary": says,
        "description": f"Said by: {', '.join(sorted(event.SAID_BY))}.",
        "contentType": JSON,
        "headers": {
            "allOf": [{"$ref": f"{COMPONENTS}Headers{mark}"}],
            "type": "object",
            "properties": {"ce_type": {"type": "string", "const": event.wire_type()}},
        },
        "payload": {"$ref": COMPONENTS + event.TYPE + mark},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}},
        "examples": [{"name": given["id"], "summary": says, "headers": _as_headers(given), "payload": data}],
        **({} if mark else {"correlationId": {"location": "$message.header#/ce_correlationid"}}),
    }


def _parted(schema: Document, kept: Sequence[str]) -> Document:
    """Return the schema of a copy that lacks what could name the company."""
    return {
        **schema,
        "required": [name for name in schema["required"] if name in kept],
        "properties": {name: schema["properties"][name] for name in kept},
        "examples": [{name: value for name, value in data.items() if name in kept} for data in schema["examples"]],
    }


def _structured() -> Document:
    return {
        "name": "structured",
        "title": "an event in structured mode",
        "summary": "Any type that partners say, attributes and data in one JSON object; told by its content type.",
        "contentType": STRUCTURED,
        "headers": {
            "type": "object",
            "required": ["content-type"],
            "properties": {"content-type": {"type": "string", "pattern": f"^{STRUCTURED.replace('+', '[+]')}"}},
        },
        "payload": {"$ref": f"{COMPONENTS}CloudEvent"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "subject"}, "bindingVersion": "0.5.0"}},
        "examples": [
            {
                "name": "need.published",
                "summary": "A need in one piece.",
                "headers": {"content-type": STRUCTURED},
                "payload": example("need.published"),
            }
        ],
    }


def _headers(*, own: bool) -> Document:
    """Return the schema of the record headers; `own` with those that only the hub sets."""
    attributes = published()[CLOUDEVENT]["properties"]
    names = [
        name for name in attributes if name not in ("data", "datacontenttype") and (own or name not in HUB_ATTRIBUTES)
    ]
    known = {f"ce_{name}": {"type": "string", **attributes[name]} for name in names}
    return {
        "type": "object",
        "description": "CloudEvents attributes as record headers, UTF-8 text.",
        "required": [f"ce_{name}" for name in REQUIRED],
        "properties": {"content-type": {"type": "string", "default": JSON}, **known},
    }


def _as_headers(event: Mapping[str, Any]) -> dict[str, str]:
    attributes = {f"ce_{name}": str(value) for name, value in event.items() if name not in ("data", "datacontenttype")}
    return {"content-type": JSON, **attributes}


def _hoisted(name: str, schema: Mapping[str, Any], mark: str) -> dict[str, Document]:
    """Return a schema and the ones inside it as components of their own."""
    inside = {f"{part}{mark}": _moved(found, mark) for part, found in schema.get("$defs", {}).items()}
    left_out = ("$defs", "$id", "$schema", SAID_BY)
    return {**inside, name + mark: {key: _moved(value, mark) for key, value in schema.items() if key not in left_out}}


def _moved(schema: Any, mark: str) -> Any:
    """Point references at the components."""
    if isinstance(schema, list):
        return [_moved(each, mark) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {**schema, "$ref": COMPONENTS + schema["$ref"].removeprefix("#/$defs/") + mark}
    return {name: _moved(value, mark) for name, value in schema.items()}

"""The JSON Schemas that are published, one document a name: the data of every event type, and the attributes around them.

What partners send has a closed schema: a field that is not there is refused. What only the hub says has an open one, with
lists that may grow, because readers ignore fields and keep codes they do not know (the wire's page, §1).
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from events.attributes import LONGEST, REQUIRED
from events.base import COMPANY, COORDINATOR, ONLY_HUB, PROVIDER, Event
from events.catalogue import EVENTS, json_schema
from events.envelope import HUB_ATTRIBUTES, TYPE_PREFIX
from events.examples import example
from events.json_format import JSON

DIALECT = "https://json-schema.org/draft/2020-12/schema"
URN = "urn:vet-hub:schema:"
SAID_BY = "x-said-by"
BEFORE = "x-before-agreement"
"""Which fields a provider's copy has before a company agreed; absent where there is no such copy or nothing is left out."""
GROWING = "x-extensible-enum"
"""An annotation that says which codes there are now, where a reader must reckon with more."""
CLOUDEVENT = "cloudevent"
"""The name of the schema of the attributes."""
FLAT = re.compile(r"([\[{])\n([^\[\]{}]*?)\n *([\]}])")

Document = dict[str, Any]


@cache
def published() -> Mapping[str, Document]:
    """Return every schema by its name, `need.published` and so on; not to be changed."""
    return {CLOUDEVENT: attributes(), **{name: of_event(found) for name, found in EVENTS.items()}}


def of_event(found: type[Event]) -> Document:
    """Return the schema of one type's data."""
    raw = json_schema(found)
    body = as_read(raw) if found.SAID_BY == ONLY_HUB else raw
    return {
        "$schema": DIALECT,
        "$id": URN + found.wire_type(),
        "title": found.wire_type(),
        "description": (found.__doc__ or "").strip(),
        SAID_BY: sorted(found.SAID_BY),
        **({BEFORE: left} if (left := left_before_agreement(found)) else {}),
        "examples": [example(found.TYPE)["data"]],
        **{
            name: body[name]
            for name in ("type", "required", "properties", "additionalProperties", "$defs")
            if name in body
        },
    }


def left_before_agreement(found: type[Event]) -> list[str]:
    """Return the fields of a provider's copy before agreement; empty where it has all, or there is none."""
    kept = [name for name in found.model_fields if name in (found.BEFORE_AGREEMENT or ())]
    return kept if len(kept) < len(found.model_fields) else []


def as_read(schema: Any) -> Any:
    """Return what a reader may count on: fields that are not there yet may come, and lists of codes may grow."""
    if isinstance(schema, list):
        return [as_read(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: value if name in ("default", "examples", "enum") else as_read(value) for name, value in schema.items()
    }
    if found.get("additionalProperties") is False:
        del found["additionalProperties"]
    if "enum" in found and all(isinstance(code, str) for code in found["enum"]):
        found = {"type": "string", GROWING: found.pop("enum"), **found}
    return found


def attributes() -> Document:
    """Return the schema of an event in JSON format: CloudEvents' attributes, and those that only the hub sets."""
    given = example("need.published")
    text: Document = {"type": "string", "minLength": 1}
    own = {name: {"type": "string", "readOnly": True, "description": OF_THE_HUB[name]} for name in HUB_ATTRIBUTES}
    return {
        "$schema": DIALECT,
        "$id": URN + CLOUDEVENT,
        "title": "CloudEvent",
        "description": "A CloudEvent 1.0 in JSON format. Attributes marked readOnly are set by the hub and refused from outside; "
        "others that are not listed are kept and passed on.",
        SAID_BY: sorted((COMPANY, PROVIDER, COORDINATOR)),
        "examples": [given],
        "type": "object",
        "required": [*REQUIRED, "data"],
        "properties": {
            "specversion": {"enum": ["1.0"]},
            **{name: {**text, "maxLength": LONGEST[name], "description": says} for name, says in OF_THE_SENDER.items()},
            "time": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened; RFC 3339 with an offset.",
            },
            "datacontenttype": {"type": "string", "default": JSON},
            "dataschema": {"type": "string", "format": "uri-reference", "description": "Passed on as it came."},
            "traceparent": {"type": "string", "description": "W3C trace context; passed on."},
            **own,
            "data": {"type": "object", "description": "What happened; its schema is the one named like the type."},
        },
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    }


OF_THE_SENDER = {
    "id": "With the source it names the event for ever: the same again is a duplicate, with other content a conflict.",
    "source": "A URI reference that begins with a prefix of the sender's organisation, as /companies/betangible/hr.",
    "type": f"As {TYPE_PREFIX}need.published.v1.",
    "subject": "The ref of what it is about, <organisation>/<local id>; the match id for events about a match.",
}
OF_THE_HUB = {
    "hubtenant": "The organisation whose key or topic it came by.",
    "hubkeyid": "Which key it came with.",
    "hubreceivedat": "When the hub took it, an instant.",
    "hubseq": "Its number in the hub's own store, as text.",
    "correlationid": "The id of the first event of the story.",
    "causationid": "The id of the event that caused this one.",
    "partitionkey": "What order is kept by.",
}


def readable(document: Any) -> str:
    """Write JSON for people: what has nothing below it takes one line."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return FLAT.sub(lambda found: found[1] + " ".join(map(str.strip, found[2].split("\n"))) + found[3], text) + "\n"

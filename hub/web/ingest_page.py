"""What OpenAPI says of `POST /v1/events`, which is a plain route that the framework does not know: its three modes."""

from collections.abc import Mapping
from typing import Any

from events.base import ONLY_HUB
from events.catalogue import EVENTS
from events.codec import BATCH, STRUCTURED
from events.envelope import HUB_ATTRIBUTES
from events.examples import example
from hub.contract.documents import CLOUDEVENT, published
from hub.web.door import SCHEME
from hub.web.problems import documented

JSON = "application/json"
REFUSALS = (400, 401, 403, 408, 409, 413, 415, 422, 429, 503)
EVENT = {"$ref": "#/components/schemas/CloudEvent"}
SPOKEN = sorted(found.wire_type() for found in EVENTS.values() if found.SAID_BY != ONLY_HUB)
"""Full types that partners may say."""
NEED, COURSE = example("need.published"), example("curriculum.published")
TAKEN = {"source": NEED["source"], "id": NEED["id"], "duplicate": False}
NOT_VALID = {"pointer": "/data/headcount", "detail": "0 is too small; at least 1 is allowed."}

Page = dict[str, Any]


def operation() -> Page:
    """Return the operation."""
    return {
        "tags": ["events"],
        "operationId": "post_events",
        "summary": "Post CloudEvents",
        "description": "One event (structured, or binary with `ce-*` headers and the data as body) or a batch of up to "
        "100. 202 means stored. In a batch each event is judged for itself: 207 where any was refused. The same event "
        "again is answered 202 with `duplicate: true` and has no second effect, so after a timeout send it again.",
        "security": [{SCHEME: []}],
        "parameters": [
            _header(name, needed=name != "time") for name in ("specversion", "id", "source", "type", "subject", "time")
        ],
        "requestBody": {"required": True, "content": _bodies()},
        "responses": {
            "202": _json("Stored", {"accepted": _list(_taken())}, {"accepted": [TAKEN]}),
            "207": _json("Some stored, some refused", {"results": _list(_result())}, _mixed()),
            **{str(status): answer for status, answer in documented(*REFUSALS).items()},
        },
    }


def event_schema() -> Page:
    """Return the schema of a CloudEvent that partners may post; attributes that only the hub sets are left out."""
    whole = published()[CLOUDEVENT]
    attributes = {name: found for name, found in whole["properties"].items() if name not in HUB_ATTRIBUTES}
    return {
        "type": "object",
        "description": "A CloudEvent 1.0; `/schemas/{type}.json` is the schema of its data.",
        "required": whole["required"],
        "properties": {**attributes, "type": {"enum": SPOKEN}, "datacontenttype": {"const": JSON}},
        "additionalProperties": whole["additionalProperties"],
    }


def _header(name: str, *, needed: bool) -> Page:
    schema = event_schema()["properties"][name]
    text = "Only in binary mode, and required there" if needed else "Only in binary mode"
    return {
        "name": f"ce-{name}",
        "in": "header",
        "required": False,
        "description": f"{text}: the attribute {name}, percent-encoded where it is not ASCII.",
        "schema": {key: value for key, value in schema.items() if key != "description"},
        "example": NEED[name],
    }


def _bodies() -> Page:
    return {
        STRUCTURED: {"schema": EVENT, "examples": {"need.published": {"summary": "A need", "value": NEED}}},
        BATCH: {
            "schema": {"type": "array", "items": EVENT, "minItems": 1, "maxItems": 100},
            "examples": {"two": {"summary": "A need and a course", "value": [NEED, COURSE]}},
        },
        JSON: {
            "schema": {"type": "object", "description": "Binary mode: the data alone; attributes are ce-* headers."},
            "examples": {"need.published": {"summary": "The data of a need", "value": NEED["data"]}},
        },
    }


def _json(description: str, properties: Mapping[str, Any], shown: Page) -> Page:
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {"description": description, "content": {JSON: {"schema": schema, "example": shown}}}


def _list(items: Page) -> Page:
    return {"type": "array", "items": items}


def _taken() -> Page:
    text = {"type": "string"}
    properties = {"source": text, "id": text, "duplicate": {"type": "boolean"}}
    return {"type": "object", "required": list(properties), "properties": properties}


def _result() -> Page:
    properties = {
        "index": {"type": "integer"},
        "status": {"type": "integer"},
        "duplicate": {"type": "boolean"},
        "problem": {"$ref": "#/components/schemas/ProblemDocument"},
    }
    return {"type": "object", "required": ["index", "status"], "properties": properties}


def _mixed() -> Page:
    problem = {"type": "urn:vet-hub:problem:not-valid", "title": "Not valid", "status": 422, "errors": [NOT_VALID]}
    return {
        "results": [
            {"index": 0, "status": 202, "duplicate": False},
            {"index": 1, "status": 422, "problem": problem},
        ]
    }

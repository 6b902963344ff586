"""The contract as files: a JSON Schema of every type's data, and the OpenAPI page of `POST /v1/events`."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from events.base import ONLY_HUB
from events.catalogue import EVENTS, WireSchema
from events.codec import BATCH, STRUCTURED
from events.envelope import TYPE_PREFIX
from events.needs import NeedPublished
from hub.contract.asyncapi import asyncapi
from hub.contract.documents import published
from hub.parts import reactions
from hub.settings import load
from hub.vault import NewPerson
from hub.web import ingest
from hub.web.door import SCHEME, hub_of
from hub.web.problems import ProblemDocument, Refuse, documented, dumped

SCHEMAS = "#/components/schemas/"
SENT: Mapping[str, type[BaseModel]] = {"NeedSent": NeedPublished, "PersonSent": NewPerson}
"""Bodies of posts that are no events, by the names under which the routes refer to them."""

contract = APIRouter(tags=["contract"])

SPOKEN = sorted(found.wire_type() for found in EVENTS.values() if found.SAID_BY != ONLY_HUB)
"""Full types that partners may say."""


@contract.get("/schemas/{name}.json", responses={200: {"content": {"application/schema+json": {}}}, **documented(404)})
async def get_schema(name: str) -> Response:
    """The JSON Schema (2020-12) of one event type's data; `cloudevent` is that of the attributes around them."""
    short = name.removeprefix(TYPE_PREFIX).removesuffix(".v1")
    if short not in published():
        raise Refuse(404, f"There is no event type {name[:100]}; GET /openapi.json lists them.")
    return Response(_schema(short), media_type="application/schema+json")


@contract.get("/asyncapi.json", responses={200: {"content": {"application/json": {}}}})
async def get_asyncapi(request: Request) -> Response:
    """The AsyncAPI 3 document: the Kafka topics, what they carry, and who hears and says what."""
    settings = hub_of(request).settings
    # Making it takes a while the first time; events come in meanwhile.
    written = await asyncio.to_thread(_asyncapi, settings.handlers, settings.topic_prefix)
    return Response(written, media_type="application/json")


@cache
def _asyncapi(handlers: str, prefix: str) -> bytes:
    return dumped(asyncapi(reactions(load(handlers=handlers)), prefix=prefix))


@cache
def _schema(short: str) -> bytes:
    return dumped(published()[short])


def with_ingest(page: dict[str, Any]) -> dict[str, Any]:
    """Add to an OpenAPI page what the framework does not know of: the plain route, and the shape of problems."""
    page["paths"] = {ingest.PATH: {"post": _operation()}, **page["paths"]}
    schemas = page.setdefault("components", {}).setdefault("schemas", {})
    schemas["CloudEvent"] = _cloud_event()
    problem = ProblemDocument.model_json_schema(ref_template=SCHEMAS + "{model}")
    schemas |= {**problem.pop("$defs"), "ProblemDocument": problem}
    for name, model in SENT.items():
        # What is sent has stricter schemas than what is shown, so its parts need names of their own.
        schema = model.model_json_schema(schema_generator=WireSchema, ref_template=SCHEMAS + "{model}Sent")
        schemas |= {f"{part}Sent": each for part, each in schema.pop("$defs", {}).items()}
        schemas[name] = schema
    for path in page["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]  # the framework's own; we answer problems, and these routes none
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return page


def _operation() -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/CloudEvent"}
    return {
        "tags": ["events"],
        "operationId": "post_events",
        "summary": "Post CloudEvents",
        "description": "One event (structured, or binary with `ce-*` headers and the data as body) or a batch of up to "
        "100. 202 means stored. In a batch each event is judged for itself: 207 where any was refused.",
        "security": [{SCHEME: []}],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": one},
                BATCH: {"schema": {"type": "array", "items": one, "minItems": 1, "maxItems": 100}},
                "application/json": {"schema": {"type": "object"}},
            },
        },
        "responses": {
            "202": _json("Stored", {"accepted": {"type": "array", "items": _named()}}),
            "207": _json("Some stored, some refused", {"results": {"type": "array", "items": _result()}}),
            **{str(status): answer for status, answer in documented(*REFUSALS).items()},
        },
    }


REFUSALS = (400, 401, 403, 408, 409, 413, 415, 422, 429, 503)


def _json(description: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _named() -> dict[str, Any]:
    text = {"type": "string"}
    properties = {"source": text, "id": text, "duplicate": {"type": "boolean"}}
    return {"type": "object", "required": list(properties), "properties": properties}


def _result() -> dict[str, Any]:
    properties = {
        "index": {"type": "integer"},
        "status": {"type": "integer"},
        "duplicate": {"type": "boolean"},
        "problem": {"$ref": "#/components/schemas/ProblemDocument"},
    }
    return {"type": "object", "required": ["index", "status"], "properties": properties}


def _cloud_event() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A CloudEvent 1.0; `/schemas/{type}.json` is the schema of its data.",
        "required": ["specversion", "id", "source", "type", "subject", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 200},
            "source": {"type": "string", "format": "uri-reference", "minLength": 1, "maxLength": 500},
            "type": {"enum": SPOKEN},
            "subject": {"type": "string", "minLength": 1, "maxLength": 200},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": {"type": "object"},
        },
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    }

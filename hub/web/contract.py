"""The contract as files: a JSON Schema of every type's data, and the OpenAPI page of `POST /v1/events`."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from events.catalogue import WireSchema
from events.envelope import TYPE_PREFIX
from events.needs import NeedPublished
from hub.contract.asyncapi import asyncapi
from hub.contract.documents import published
from hub.parts import reactions
from hub.settings import load
from hub.vault import NewPerson
from hub.web import ingest, ingest_page
from hub.web.door import hub_of
from hub.web.problems import ProblemDocument, Refuse, documented, dumped

SCHEMAS = "#/components/schemas/"
SENT: Mapping[str, type[BaseModel]] = {"NeedSent": NeedPublished, "PersonSent": NewPerson}
"""Bodies of posts that are no events, by the names under which the routes refer to them."""

contract = APIRouter(tags=["contract"])


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
    page["paths"] = {ingest.PATH: {"post": ingest_page.operation()}, **page["paths"]}
    schemas = page.setdefault("components", {}).setdefault("schemas", {})
    schemas["CloudEvent"] = ingest_page.event_schema()
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

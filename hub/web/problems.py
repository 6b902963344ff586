"""Answers to what cannot be done: RFC 9457 problem documents, one shape for every error of every route."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from events.errors import EventError, Invalid, NotCloudEvents, TooLarge, WrongMedia
from hub.errors import HubError, ServiceAway
from hub.ingest import Overloaded
from hub.problems import KINDS, document
from schemas.problems import Problem

MEDIA = "application/problem+json"
AGAIN_AFTER = 5  # seconds a client should wait when a service of ours is away

COME_AGAIN = (429, 503)
"""Answers that say when to send the same again."""


class Refuse(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        errors: Iterable[Problem] = (),
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.title = title
        self.headers = headers

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        return document(self.status, title=self.title, detail=self.detail, errors=self.errors)

    def response(self) -> Response:
        """Return the answer."""
        return Response(dumped(self.document()), self.status, self.headers, MEDIA)


def refusal_of(error: Exception) -> Refuse | None:
    """Say what an error of the engine means over HTTP; None for one that nobody foresaw."""
    match error:
        case Refuse():
            return error
        case Overloaded():
            return Refuse(503, str(error), headers={"Retry-After": str(error.retry_after)})
        case ServiceAway():
            # Its own words name hosts and files; they are for the log.
            # A commit may have come through of which the hub never heard.
            detail = (
                "A service the hub needs does not answer. Send the same again; what was stored already counts once."
            )
            return Refuse(503, detail, headers={"Retry-After": str(AGAIN_AFTER)})
        case Invalid():
            return Refuse(422, errors=error.errors)
        case NotCloudEvents():
            return Refuse(400, str(error))
        case TooLarge():
            return Refuse(413, str(error))
        case WrongMedia():
            return Refuse(415, str(error))
        case _:
            return None


async def on_engine_error(_request: Request, error: Exception) -> Response:
    """Answer an error of the engine; one that means nothing over HTTP goes on to be logged."""
    refusal = refusal_of(error)
    if refusal is None:
        raise error
    return refusal.response()


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    detail = f"There is nothing at {request.url.path}." if error.status_code == 404 else ""
    if error.status_code == 405:
        detail = f"{request.method} is not for {request.url.path}."
    return Refuse(error.status_code, detail, headers=error.headers).response()


async def on_wrong_parameter(_request: Request, error: Exception) -> Response:
    """Answer a query or path parameter that cannot be."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [Problem("/".join(("", *map(str, found["loc"]))), f"{found['msg']}.") for found in error.errors()[:50]]
    return Refuse(422, errors=errors).response()


HANDLERS: Mapping[Any, Any] = {
    Refuse: on_engine_error,
    EventError: on_engine_error,
    HubError: on_engine_error,
    HTTPException: on_http_error,
    RequestValidationError: on_wrong_parameter,
}


def dumped(document: Any) -> bytes:
    """Write JSON; half a surrogate pair that somebody sent is written as an escape."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode()


class PointedError(BaseModel):
    """One thing to mend."""

    pointer: str
    """RFC 6901 pointer into what was sent."""
    detail: str


class ProblemDocument(BaseModel):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[PointedError]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problem answers for OpenAPI."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    found = {
        "description": KINDS[status][1],
        "content": {MEDIA: {"schema": schema, "example": Refuse(status).document()}},
    }
    if status in COME_AGAIN:
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return found

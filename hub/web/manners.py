"""Around every answer: a request's id, security headers, HEAD, figures, and not a word of an error nobody foresaw.

A plain ASGI layer, because it runs for every post. Authentication is not its matter (`door`).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from secrets import token_hex
from time import perf_counter
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from hub.logs import frames
from hub.metrics import REQUESTS, Meter
from hub.web.problems import Refuse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Failure = Callable[[Request, str], Response]
"""Makes the answer for an error nobody foresaw, from the request and its id."""

log = structlog.get_logger()
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
NO_TRACE = b"0" * 32
API_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
UNLESS_SET = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", API_POLICY),
    (b"referrer-policy", b"no-referrer"),
)
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")


class Manners:
    """Wraps the application. `pages` are the beginnings of paths where people read, with what tells them of a failure."""

    def __init__(self, app: App, *, meter: Meter, https: bool, pages: Mapping[str, Failure]) -> None:
        self._app = app
        self._meter = meter
        self._pages = pages
        self._always = (*ALWAYS, ONLY_HTTPS) if https else ALWAYS

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = Answer(scope, send, self._always)
        began = perf_counter()
        structlog.contextvars.bind_contextvars(request_id=answer.request_id.decode())
        try:
            await self._app(answer.scope, receive, answer.send)
        except Exception as error:  # the last one to catch it: a stranger is told nothing, the log where and not what
            where = frames(error.__traceback__)
            log.error("request.failed", route=answer.route, error=type(error).__name__, trace=where)  # noqa: TRY400
            if answer.status:
                raise
            await self._failure(answer)(answer.scope, receive, answer.send)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
            self._meter.took(perf_counter() - began, answer.route)
            self._meter.count(REQUESTS, answer.route, str(answer.status or 499))

    def _failure(self, answer: "Answer") -> Response:
        request_id = answer.request_id.decode()
        for beginning, failed in self._pages.items():
            if answer.scope["path"].startswith(beginning):
                return failed(Request(answer.scope), request_id)
        return Refuse(500, f"Tell the hub's operator the request id {request_id}.").response()


class Answer:
    """One answer on its way out."""

    def __init__(self, scope: Message, send: Send, always: tuple[tuple[bytes, bytes], ...]) -> None:
        self._send = send
        self._always = always
        self._headless = scope["method"] == "HEAD"
        self.scope = {**scope, "method": "GET"} if self._headless else scope
        self.request_id = request_id(scope["headers"])
        self.status = 0

    @property
    def route(self) -> str:
        """The route's pattern, never the path itself: a stranger chooses that."""
        found = getattr(self.scope.get("route"), "path", None) or self.scope.get("vet_hub.route")
        return str(found or "other")

    async def send(self, message: Message) -> None:
        """Send on, with good manners."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name for name, _ in message["headers"]}
            missing = [header for header in UNLESS_SET if header[0] not in given]
            headers = [*message["headers"], *self._always, *missing, (b"x-request-id", self.request_id)]
            message = {**message, "headers": headers}
        elif self._headless:
            message = {**message, "body": b""}
        await self._send(message)


def request_id(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the trace's id, else the client's own id where it is a decent one, else a new one."""
    given = b""
    for name, value in headers:
        if name == b"traceparent":
            found = TRACEPARENT.fullmatch(value)
            if found and found[1] != NO_TRACE:
                return found[1]
        elif name == b"x-request-id" and GIVEN_ID.fullmatch(value):
            given = value
    return given or token_hex(16).encode()

"""What a page is given and what it answers with: one function a page, `Desk.page` and `Desk.form` put it at an address.

Around each: who is there (else the way to the sign-in), whether they may, and for forms that they come from our own page.
A page reads and draws; a form says an event or changes one row, and sends the reader on with one sentence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from structlog.contextvars import bind_contextvars

from hub.clock import stamp
from hub.errors import ServiceAway
from hub.parts import Hub
from hub.store import audit, history
from hub.store.audit import Deed
from hub.store.port import Answer, Question
from hub.visitors import ROLES, Visitor, visitor
from hub.web.console import cookies, drawing, links, notices
from hub.web.console.forms import Form, checked_form
from hub.web.console.pulse import Pulse, pulse_of
from hub.web.console.rail import rail_for
from hub.web.door import hub_of
from hub.web.problems import Refuse, refusal_of

FORBIDDEN = "This page is for the hub's operators."
UNREADABLE = "The address holds a NUL (%00), and nothing is called so; leave it out."


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody signed in asks for something."""

    request: Request
    hub: Hub
    visitor: Visitor
    now: datetime
    pulse: Pulse
    drawn_at: int
    """Number of the newest event when the page began to be read: whatever is later, its live stream tells."""

    def given(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.path_params[name])

    def asked(self, name: str, default: str = "") -> str:
        """Return a word of the address's query, cut to a sensible length."""
        return self.request.query_params.get(name, default)[:200]

    async def read(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Ask the store."""
        return await self.hub.store.read(question, *args, **kwargs)

    async def write(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Change one thing in the store; what operators change goes through `change`."""
        return await self.hub.store.write(question, *args, **kwargs)

    async def change(self, act: Deed, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Change one thing in the store, and keep in the audit who did."""
        return await self.hub.store.write(audit.acted, act, question, *args, **kwargs)

    def act(self, what: str, about: str, **detail: Any) -> Deed:
        """Return what the visitor does now, for the audit."""
        return Deed(stamp(self.hub.clock.now()), self.visitor.sender.key_id, what, about, detail)

    async def draw(self, template: str, *, status: int = 200, frames: bool = False, **shown: Any) -> Response:
        """Answer with a page; it is drawn beside the event loop, which a page would hold for ten milliseconds."""
        notice = notices.waiting(self.request)
        context = {**self._frame(), "notice": notice, **shown}
        answer = await asyncio.to_thread(drawing.draw, template, context, status=status, frames=frames)
        if notice is not None:
            notices.forget(answer)
        return answer

    def back(self, path: str, said: str, **words: str) -> Response:
        """Send the reader on after a form, with a sentence of `notices.SENTENCES` on the next page."""
        answer = RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})
        notices.leave(answer, said, **words)
        return answer

    def _frame(self) -> Mapping[str, Any]:
        return {
            "now": self.now,
            "drawn_at": self.drawn_at,
            "visitor": self.visitor,
            "token": self.visitor.token,
            "rail": rail_for(self.visitor, self.pulse, self.request.url.path),
            "pulse": self.pulse,
            "path": self.request.url.path,
        }


Page = Callable[[Visit], Awaitable[Response]]
Act = Callable[[Visit, Form], Awaitable[Response]]


class Desk:
    """The pages and forms of one module."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def page(self, path: str, *, roles: tuple[str, ...] = ROLES) -> Callable[[Page], Page]:
        """Put a page at an address below /console, for some roles."""

        def put(function: Page) -> Page:
            async def endpoint(request: Request) -> Response:
                return await _served(request, links.HOME + path, roles, function)

            self.routes.append(Route(links.HOME + path, endpoint, methods=["GET"], name=function.__name__))
            return function

        return put

    def form(self, path: str, *, roles: tuple[str, ...] = ROLES) -> Callable[[Act], Act]:
        """Put the receiver of a form at an address below /console."""

        def put(function: Act) -> Act:
            async def filled_in(visit: Visit) -> Response:
                return await function(visit, await checked_form(visit.request, visit.visitor.token))

            async def endpoint(request: Request) -> Response:
                return await _served(request, links.HOME + path, roles, filled_in)

            self.routes.append(Route(links.HOME + path, endpoint, methods=["POST"], name=function.__name__))
            return function

        return put


async def _served(request: Request, route: str, roles: tuple[str, ...], function: Page) -> Response:
    request.scope["vet_hub.route"] = route
    hub = hub_of(request)
    try:
        cookie = cookies.session_of(request)
        who = await visitor(hub.store, hub.clock, cookie) if cookie else None
        if who is None:
            return _not_signed_in(request, ended=bool(cookie))
        bind_contextvars(org=who.org, key_id=who.sender.key_id)
        newest = await hub.store.read(history.last_seq)
        visit = Visit(request, hub, who, hub.clock.now(), await pulse_of(request, who), newest)
        return await _answered(visit, roles, function)
    except ServiceAway as away:
        return bare_error(request, refusal_of(away) or Refuse(503))


async def _answered(visit: Visit, roles: tuple[str, ...], function: Page) -> Response:
    if visit.visitor.role not in roles:
        return await _error(visit, Refuse(404, FORBIDDEN))
    if "\0" in visit.request.scope["path"] or b"%00" in visit.request.scope["query_string"]:
        return await _error(visit, Refuse(400, UNREADABLE))
    try:
        return await function(visit)
    except Refuse as refusal:
        return await _error(visit, refusal)


async def _error(visit: Visit, refusal: Refuse) -> Response:
    answer = await visit.draw("error.html", status=refusal.status, problem=refusal)
    answer.headers.update(refusal.headers or {})
    return answer


def _not_signed_in(request: Request, *, ended: bool) -> Response:
    if request.method == "GET" and not ended:
        return RedirectResponse(f"{links.HOME}/sign-in", 303, headers={"Cache-Control": "no-store"})
    answer = drawing.draw("signed_out.html", {"ended": ended}, status=401)
    if ended:
        cookies.drop(answer)
    return answer


def bare_error(request: Request, refusal: Refuse) -> Response:
    """Answer with an error page for somebody we do not know, or when the store is away."""
    answer = drawing.draw("bare_error.html", {"problem": refusal, "path": request.url.path}, status=refusal.status)
    answer.headers.update(refusal.headers or {})
    return answer

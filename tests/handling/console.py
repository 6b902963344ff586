"""Somebody in front of the console: a browser as httpx plays it, signed in or not, that sends forms as browsers do."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from hub.parts import Hub
from hub.visitors import make_link
from hub.web.api import make_app
from hub.web.console.pulse import Pulses

HOST = "https://hub.example"
OURS = {"origin": HOST, "sec-fetch-site": "same-origin"}


class Browser:
    """A browser with its cookies."""

    def __init__(self, hub: Hub, http: httpx.AsyncClient) -> None:
        self.hub = hub
        self.http = http

    async def link(self, *, org: str = "hub", role: str = "operator") -> str:
        """Make a link's secret."""
        return await make_link(self.hub.store, self.hub.clock, org=org, role=role)

    async def sign_in(self, *, org: str = "hub", role: str = "operator") -> "Browser":
        """Use a new link up."""
        answer = await self.use(await self.link(org=org, role=role))
        assert answer.status_code == 303, answer.text
        return self

    async def use(self, secret: str, **headers: str) -> httpx.Response:
        """Press the button of a link's page."""
        return await self.http.post("/console/sign-in", data={"link": secret}, headers=headers or OURS)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Open a page; redirects are not followed."""
        return await self.http.get(f"/console{path}", params=query or None)

    async def page(self, path: str, **query: Any) -> str:
        """Open a page that is there and return it."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, (answer.status_code, answer.text[-800:])
        return answer.text

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form, by default as a page of ours does."""
        return await self.http.post(f"/console{path}", data=fields, headers=headers or OURS)

    async def send(self, path: str, form: str, **filled: str) -> httpx.Response:
        """Open a page, fill in the form that goes to an address, and send it."""
        fields = fields_of(await self.page(path), form)
        return await self.post(form, fields | filled)

    async def said(self) -> str:
        """Return the sentence that the next page shows."""
        return notice_in(await self.page(""))


def fields_of(page: str, form: str) -> dict[str, str]:
    """Return the hidden and given fields of the form that goes to an address."""
    found = re.search(rf'<form[^>]*action="/console{re.escape(form)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found, f"no form goes to {form}"
    return dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', found[1]))


def notice_in(page: str) -> str:
    """Return the sentence a page says about the form before, empty without one."""
    found = re.search(r'<div class="notice [a-z]+" role="status"><p>(.*?)</p>', page, re.DOTALL)
    return found[1] if found else ""


@asynccontextmanager
async def browser_before(hub: Hub) -> AsyncIterator[Browser]:
    """Open a browser before a hub's console, whose numbers are always fresh."""
    app = make_app(hub)
    app.state.pulses = Pulses(hub, lasts=0.0)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
        yield Browser(hub, http)

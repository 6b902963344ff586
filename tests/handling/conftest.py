"""The hub's doorway for tests: a real application over a real embedded hub, and callers with keys of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from events.codec import BATCH, STRUCTURED, to_structured
from hub.access import create_key
from hub.app import opened
from hub.clock import FixedClock
from hub.parts import Hub, at_work
from hub.settings import Settings, load
from hub.store import history
from hub.web.api import make_app
from tests import builders
from tests.story import NOON, Story, playing


def event(short_type: str = "need.published", **attributes: Any) -> dict[str, Any]:
    """Return the example of a type as a structured event; `attributes` replace its own, None leaves one out."""
    made = to_structured(builders.example(short_type)) | attributes
    return {name: value for name, value in made.items() if value is not None}


class Caller:
    """Somebody with a key (or without one)."""

    def __init__(self, http: httpx.AsyncClient, authorization: str = "") -> None:
        self.http = http
        self.headers: dict[str, Any] = {"authorization": authorization.encode()} if authorization else {}

    async def post(self, said: object = None, *, path: str = "/v1/events", **headers: str) -> httpx.Response:
        """Post one event, a list of them, or raw bytes with a content type."""
        media = BATCH if isinstance(said, list) else STRUCTURED
        body = said if isinstance(said, bytes) else orjson.dumps(event() if said is None else said)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, content=body, headers={"content-type": media} | self.headers | given)

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Read something."""
        return await self.http.get(path, params=parameters, headers=self.headers)


class Office:
    """An application over a hub, and its callers."""

    def __init__(self, hub: Hub, http: httpx.AsyncClient) -> None:
        self.hub = hub
        self.http = http
        self.nobody = Caller(http)

    async def caller(self, org: str, *scopes: str, sources: tuple[str, ...] = ()) -> Caller:
        """Make a key and return who holds it."""
        key, _ = await create_key(self.hub.store, self.hub.clock, org=org, scopes=scopes, sources=sources)
        return Caller(self.http, f"Bearer {key}")

    async def stored(self) -> int:
        """Return how many events are stored."""
        return await self.hub.store.read(history.last_seq)


@asynccontextmanager
async def office_over(hub: Hub) -> AsyncIterator[Office]:
    """Open an office over a hub."""
    transport = httpx.ASGITransport(make_app(hub), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.example") as http:
        yield Office(hub, http)


@asynccontextmanager
async def taking_in(settings: Settings) -> AsyncIterator[Office]:
    """Open an office over a hub that takes events in and does nothing else."""
    async with (
        opened(settings, clock=FixedClock(NOON)) as (hub, _),
        at_work(hub.ingest.run),
        office_over(hub) as office,
    ):
        yield office


@pytest.fixture
async def office(embedded_settings: Settings) -> AsyncIterator[Office]:
    """An office of one test."""
    async with taking_in(embedded_settings) as opened_office:
        yield opened_office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """An office that a module's tests share: none of them may get anything stored."""
    async with taking_in(load(data=tmp_path_factory.mktemp("hub"))) as opened_office:
        yield opened_office


@pytest.fixture
async def company(office: Office) -> Caller:
    """Betangible."""
    return await office.caller("betangible")


@pytest.fixture
async def provider(office: Office) -> Caller:
    """Movex."""
    return await office.caller("movex")


@pytest.fixture
async def played(embedded_settings: Settings) -> AsyncIterator[tuple[Story, Office]]:
    """An office over a hub in which betangible's need N-020 was matched with movex's course C07."""
    async with playing(embedded_settings) as story, office_over(story.hub) as office:
        await story.person("p-movex", "movex")
        await story.say("company.registered", "betangible", builders.company())
        await story.say("provider.registered", "movex", builders.provider(contact_ref="p-movex"))
        await story.say("curriculum.published", "movex/C07", builders.curriculum())
        await story.settle()
        await story.say("session.scheduled", "movex/C07-1", builders.session())
        await story.settle()
        await story.say("need.published", "betangible/N-020", builders.need())
        await story.settle()
        yield story, office

"""Makes the web application over a hub. Nothing runs here: `serve` listens, `app` and `stream` run the hub's parts."""

import asyncio
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.metrics import Meter
from hub.parts import Hub, hub_url
from hub.web.acts import acts
from hub.web.console import links, site
from hub.web.contract import contract, with_ingest
from hub.web.deals import deals
from hub.web.figures import figures
from hub.web.health import health
from hub.web.ingest import PATH, post_events
from hub.web.limits import Buckets
from hub.web.manners import Manners
from hub.web.problems import HANDLERS, dumped
from hub.web.reads import reads
from hub.web.story import story

TITLE = "vet-hub"
RELEASE = version("vet-hub")
ABOUT = "An event-driven hub between companies with skill needs and providers of short vocational training."

ROUTERS = (reads, deals, acts, story, contract, health, figures)


def make_app(hub: Hub) -> FastAPI:
    """Return the application."""
    app = FastAPI(
        title=TITLE,
        version=RELEASE,
        description=ABOUT,
        openapi_url=None,  # served by ourselves; without it there are no pages that load scripts from elsewhere either
        redirect_slashes=False,
        exception_handlers=dict(HANDLERS),
        telemetry={"tracing": False, "metrics": False, "logs": False},
        routes=[Route(PATH, post_events, methods=["POST"]), *site.ROUTES],
    )
    app.state.hub = hub
    app.state.meter = Meter()
    app.state.buckets = Buckets(hub.settings.rate, hub.settings.burst)
    https = hub_url(hub.settings).startswith("https://")
    app.add_middleware(Manners, meter=app.state.meter, https=https, pages={links.HOME: site.failed})
    site.furnish(app, hub)
    for router in ROUTERS:
        app.include_router(router)
    app.add_route("/openapi.json", _get_openapi)
    app.openapi = openapi  # type: ignore[method-assign]
    return app


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI page, which is the same for every hub."""
    routes = [route for router in ROUTERS for route in router.routes]
    return with_ingest(get_openapi(title=TITLE, version=RELEASE, description=ABOUT, routes=routes))


async def _get_openapi(_request: Request) -> Response:
    # Making the page takes a while the first time; events come in meanwhile.
    return Response(dumped(await asyncio.to_thread(openapi)), media_type="application/json")

"""Makes the web application over a hub. Nothing runs here: `serve` listens, `app` and `stream` run the hub's parts."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route

from hub.metrics import Meter
from hub.parts import Hub, hub_url
from hub.web.acts import acts
from hub.web.contract import contract, with_ingest
from hub.web.figures import figures
from hub.web.health import health
from hub.web.home import home
from hub.web.ingest import PATH, post_events
from hub.web.limits import Buckets
from hub.web.manners import Manners
from hub.web.problems import HANDLERS
from hub.web.reads import reads
from hub.web.story import story

TITLE = "vet-hub"
ABOUT = "An event-driven hub between companies with skill needs and providers of short vocational training."


def make_app(hub: Hub) -> FastAPI:
    """Return the application."""
    app = FastAPI(
        title=TITLE,
        version=version("vet-hub"),
        description=ABOUT,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict(HANDLERS),
        telemetry={"tracing": False, "metrics": False, "logs": False},
        routes=[Route(PATH, post_events, methods=["POST"])],
    )
    app.state.hub = hub
    app.state.meter = Meter()
    app.state.buckets = Buckets(hub.settings.rate, hub.settings.burst)
    app.add_middleware(Manners, meter=app.state.meter, https=hub_url(hub.settings).startswith("https://"))
    for router in (reads, acts, story, contract, health, figures, home):
        app.include_router(router)
    page = with_ingest(get_openapi(title=TITLE, version=app.version, description=ABOUT, routes=app.routes))
    app.openapi = lambda: page  # type: ignore[method-assign]
    return app

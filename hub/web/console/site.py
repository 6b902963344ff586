"""All of the console: its routes in order, and what it keeps in the application. A new module of pages is one line here."""

import orjson
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub.parts import Hub
from hub.web.body import KIB, body_of
from hub.web.console import assets, drawing, links, live, signing
from hub.web.console.live import Live
from hub.web.console.pages import (
    agreements,
    answer,
    audit,
    catalogue,
    decide,
    documents,
    exclude,
    find,
    gaps,
    keys,
    lots,
    mailbox,
    mend,
    needs,
    nominate,
    organisations,
    overview,
    parked,
    placements,
    replay,
    requests,
    stream,
    trace,
)
from hub.web.console.pulse import Pulses
from hub.web.console.visit import Desk, Visit, bare_error
from hub.web.limits import Buckets
from hub.web.problems import Refuse

PAGES = (
    overview,
    needs,
    requests,
    placements,
    gaps,
    agreements,
    documents,
    answer,
    decide,
    nominate,
    exclude,
    stream,
    trace,
    lots,
    mend,
    parked,
    replay,
    audit,
    mailbox,
    catalogue,
    organisations,
    keys,
    find,
)
REPORT = 16 * KIB  # bytes

log = structlog.get_logger()
rest = Desk()


async def get_root(_request: Request) -> Response:
    """`GET /`: people come here first."""
    return RedirectResponse(links.HOME, 303)


async def post_report(request: Request) -> Response:
    """Write down that a browser refused something on a page: a mistake of ours, or somebody's try."""
    request.scope["vet_hub.route"] = drawing.REPORTS
    reports: Buckets = request.app.state.reports
    try:
        reports.spend("all", 1)
        told = orjson.loads(await body_of(request, REPORT)).get("csp-report", {})
        log.warning("csp.report", directive=_word(told, "effective-directive"), blocked=_word(told, "blocked-uri"))
    except (Refuse, orjson.JSONDecodeError, AttributeError):
        pass  # anybody can post here, so nothing is worth an answer
    return Response(status_code=204)


def _word(told: dict[str, object], name: str) -> str:
    """Return one word of a report without what may stand in an address's query."""
    return str(told.get(name, "")).partition("?")[0][:200]


@rest.page("/{rest:path}")
async def nothing_here(_visit: Visit) -> Response:
    """Say that there is no such page."""
    raise Refuse(404)


def failed(request: Request, request_id: str) -> Response:
    """Draw the page for an error that nobody foresaw; the log has where it was."""
    return bare_error(
        request, Refuse(500, f"Nothing more was done. Tell the hub’s operator the request id {request_id}.")
    )


ROUTES: list[Route] = [
    Route("/", get_root, methods=["GET"]),
    Route(drawing.REPORTS, post_report, methods=["POST"]),
    *assets.ROUTES,
    *signing.ROUTES,
    *signing.desk.routes,
    *live.desk.routes,
    *(route for module in PAGES for route in module.desk.routes),
    *rest.routes,
]


def furnish(app: Starlette, hub: Hub) -> None:
    """Give an application what the console keeps in memory; nothing in it outlives the process."""
    app.state.live = Live(hub)
    app.state.pulses = Pulses(hub)
    app.state.sign_ins = signing.tries()
    app.state.reports = Buckets(1.0, 30)
    app.state.album = documents.Album()
    drawing.environment()

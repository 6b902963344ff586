"""The overview: the thread of six steps, and what needs somebody."""

from starlette.responses import Response

from hub.web.console.visit import Desk, Visit

desk = Desk()


@desk.page("")
async def overview(visit: Visit) -> Response:
    """What is going on, and what needs somebody."""
    return visit.draw("overview.html")

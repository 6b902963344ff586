"""The audit: what operators did, newest first."""

from starlette.responses import Response

from hub.store import audit as store
from hub.visitors import OPERATOR
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit

MOST = 100
KINDS = ("parked", "replay", "key", "console", "people", "mail", "topics", "tenant")

desk = Desk()


@desk.page("/audit", roles=(OPERATOR,))
async def audit(visit: Visit) -> Response:
    """What was done, by whom, on what, and what came of it."""
    kind = visit.asked("act") if visit.asked("act") in KINDS else ""
    asked, about = visit.asked("before"), visit.asked("on").strip()
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    found = await visit.read(store.newest, limit=MOST + 1, act=kind, about=about, before=before)
    further = found[MOST - 1].seq if len(found) > MOST else None
    return await visit.draw(
        "audit.html",
        found=found[:MOST],
        filters=options("audit", "act", [("", "all", None), *((each, each, None) for each in KINDS)], kind, on=about),
        first=links.listed("audit", act=kind, on=about) if before else "",
        next=links.listed("audit", act=kind, on=about, before=further) if further else "",
    )

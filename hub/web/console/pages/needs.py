"""Needs: the list, and one need with what fits, why the rest does not, and its story."""

from dataclasses import dataclass

from starlette.responses import Response

from hub import rows
from hub.rows import Need
from hub.store import looks, nouns
from hub.store.session import Session
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit
from hub.web.reads import ref_of, seen_need
from hub.web.sight import regions_seen

MOST = 50  # needs a page
STATES = ("open", "proposed", "gap", "agreed", "withdrawn", "expired")

desk = Desk()


@dataclass(frozen=True, slots=True)
class Line:
    """One need in the list."""

    need: Need
    told_at: str | None
    match: rows.Match | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of needs, and where the next begins."""

    lines: list[Line]
    names: dict[str, str]
    next: str


@desk.page("/needs")
async def needs(visit: Visit) -> Response:
    """Needs, the last moved first."""
    state, org = visit.asked("state"), visit.asked("company")
    found = await visit.read(_listed, visit, state=state if state in STATES else "", org=org)
    choices = [("", "all", None), *((each, _called(each), visit.pulse.of("needs", each)) for each in STATES)]
    return visit.draw(
        "needs.html",
        found=found,
        org=org,
        filters=options("needs", "state", choices, state, company=org),
        first=links.listed("needs", state=state, company=org) if visit.asked("before") else "",
        next=links.listed("needs", state=state, company=org, before=found.next) if found.next else "",
    )


def _called(state: str) -> str:
    return {"open": "being matched", "gap": "nothing fits"}.get(state, state)


async def _listed(session: Session, visit: Visit, *, state: str, org: str) -> Listed:
    found = await looks.newest(
        session,
        Need,
        limit=MOST + 1,
        state=state,
        org=org,
        regions=await regions_seen(session, visit.visitor.sender),
        before=looks.cursor_of(visit.asked("before")),
    )
    shown = found[:MOST]
    told = await looks.told_at(session, [each.row.told_seq for each in shown])
    matches = await nouns.load(session, rows.Match, [each.row.match_id for each in shown if each.row.match_id])
    lines = [Line(each.row, told.get(each.row.told_seq), matches.get(each.row.match_id or "")) for each in shown]
    names = await looks.names(session, [each.row.org for each in shown])
    return Listed(lines, names, shown[-1].cursor if len(found) > MOST else "")


@desk.page("/needs/{org}/{need_id}")
async def need(visit: Visit) -> Response:
    """One need."""
    ref = ref_of(visit.given("org"), visit.given("need_id"))
    found = await visit.read(seen_need, ref, visit.visitor.sender)
    return visit.draw("need.html", need=found)

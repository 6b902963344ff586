"""Placements: the list, and one offer with who could send learners and why, what was answered, and its story."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from hub import trace
from hub.rows import Match, Offer
from hub.store import looks, nouns
from hub.store.session import Session
from hub.web.console import links, tale
from hub.web.console.acting import Outcome, outcome_of
from hub.web.console.dealing import Deal, deal_about
from hub.web.console.filters import options
from hub.web.console.pages.needs import STEPS, said_about
from hub.web.console.tale import Said
from hub.web.console.visit import Desk, Visit
from hub.web.deals import seen_offer
from hub.web.reads import ref_of
from hub.web.sight import regions_seen

MOST = 50  # offers a page
STATES = ("open", "proposed", "agreed", "withdrawn", "expired")

desk = Desk()


@dataclass(frozen=True, slots=True)
class Line:
    """One offer in the list."""

    offer: Offer
    told_at: str | None
    match: Match | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of offers, and where the next begins."""

    lines: list[Line]
    names: dict[str, str]
    next: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One offer with everything about it."""

    deal: Deal
    story: Sequence[Said]
    earlier: int
    outcome: Outcome | None


@desk.page("/placements")
async def placements(visit: Visit) -> Response:
    """Placements, the last moved first."""
    asked = visit.asked("state")
    state = asked if asked in STATES else ""
    found = await visit.read(_listed, visit, state)
    choices = [("", "all", None), *((each, _called(each), visit.pulse.of("offers", each)) for each in STATES)]
    return await visit.draw(
        "placements.html",
        found=found,
        filters=options("placements", "state", choices, state),
        first=links.listed("placements", state=state) if visit.asked("before") else "",
        next=links.listed("placements", state=state, before=found.next) if found.next else "",
    )


def _called(state: str) -> str:
    return {"open": "nobody found yet", "proposed": "providers asked"}.get(state, state)


async def _listed(session: Session, visit: Visit, state: str) -> Listed:
    found = await looks.newest(
        session,
        Offer,
        limit=MOST + 1,
        state=state,
        regions=await regions_seen(session, visit.visitor.sender),
        before=looks.cursor_of(visit.asked("before")),
    )
    shown = found[:MOST]
    told = await looks.told_at(session, [each.row.told_seq for each in shown])
    matches = await nouns.load(session, Match, [each.row.match_id for each in shown if each.row.match_id])
    lines = [Line(each.row, told.get(each.row.told_seq), matches.get(each.row.match_id or "")) for each in shown]
    names = await looks.names(session, [each.row.org for each in shown])
    return Listed(lines, names, shown[-1].cursor if len(found) > MOST else "")


@desk.page("/placements/{org}/{offer_id}")
async def placement(visit: Visit) -> Response:
    """One offer: who could send learners and why, who was asked, what was agreed, and how it came to this."""
    ref = ref_of(visit.given("org"), visit.given("offer_id"))
    found = await visit.read(_whole, ref, visit)
    return await visit.draw("placement.html", found=found, offer=found.deal.about, told=found.deal.about.told)


async def _whole(session: Session, ref: str, visit: Visit) -> Whole:
    offer = await seen_offer(session, ref, visit.visitor.sender)
    said = said_about(ref, await trace.read(session, ref))
    story = await tale.tell(session, said[-STEPS:])
    outcome = await outcome_of(session, visit.visitor, visit.asked("said"))
    return Whole(await deal_about(session, offer), story, max(0, len(said) - STEPS), outcome)

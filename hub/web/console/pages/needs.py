"""Needs: the list, and one need with what fits, why the rest does not, and its story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from events.envelope import Envelope
from hub import rows, trace
from hub.matching.outcome import Miss
from hub.rows import Need
from hub.store import looks, nouns
from hub.store.session import Session
from hub.web.console import links, tale
from hub.web.console.acting import outcome_of
from hub.web.console.dealing import deal_about
from hub.web.console.filters import options
from hub.web.console.tale import Said
from hub.web.console.visit import Desk, Visit
from hub.web.reads import ref_of, seen_need
from hub.web.sight import regions_seen

MOST = 50  # needs a page
MISSES = 6  # courses told under «Why not»
STEPS = 60  # events of a story on the page; the trace has all
STATES = ("open", "proposed", "gap", "agreed", "withdrawn", "expired")
STANDING = ("open", "proposed", "gap")
NOT_TOLD = frozenset({"reminder.due", "match.answered", "document.rendered", "notification.requested"})

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


@dataclass(frozen=True, slots=True)
class Whole:
    """One need with everything about it."""

    need: Need
    match: rows.Match | None
    gap: rows.Gap | None
    requests: Sequence[rows.Request]
    courses: Mapping[str, rows.Curriculum]
    sessions: Mapping[str, rows.Session]
    names: Mapping[str, str]
    story: Sequence[Said]
    earlier: int


@desk.page("/needs")
async def needs(visit: Visit) -> Response:
    """Needs, the last moved first."""
    asked, org = visit.asked("state"), visit.asked("company")
    state = asked if asked in (*STATES, "standing") else ""
    found = await visit.read(_listed, visit, state=STANDING if state == "standing" else state, org=org)
    standing = ("standing", "looked for", visit.pulse.of("needs", *STANDING))
    choices = [("", "all", None), standing, *((each, _called(each), visit.pulse.of("needs", each)) for each in STATES)]
    return await visit.draw(
        "needs.html",
        found=found,
        org=org,
        filters=options("needs", "state", choices, state, company=org),
        first=links.listed("needs", state=state, company=org) if visit.asked("before") else "",
        next=links.listed("needs", state=state, company=org, before=found.next) if found.next else "",
    )


def _called(state: str) -> str:
    return {"open": "being matched", "gap": "nothing fits"}.get(state, state)


async def _listed(session: Session, visit: Visit, *, state: str | Sequence[str], org: str) -> Listed:
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
    """One need: what fits and why, who was asked, why the rest does not fit, and how it came to this."""
    ref = ref_of(visit.given("org"), visit.given("need_id"))
    found = await visit.read(_whole, ref, visit)
    misses: Sequence[Miss] = ()
    if found.need.stands:
        misses = await visit.hub.index.near_misses(found.need, visit.hub.store, most=MISSES)
    missed = await visit.read(nouns.load, rows.Curriculum, [ref for miss in misses for ref in miss.curriculum_refs])
    return await visit.draw(
        "need.html",
        found=found,
        need=found.need,
        told=found.need.told,
        misses=misses,
        missed=missed,
        deal=await visit.read(deal_about, found.need),
        outcome=await visit.read(outcome_of, visit.visitor, visit.asked("said")),
    )


async def _whole(session: Session, ref: str, visit: Visit) -> Whole:
    need = await seen_need(session, ref, visit.visitor.sender)
    match = (await nouns.load(session, rows.Match, [need.match_id])).get(need.match_id) if need.match_id else None
    gap = (await nouns.load(session, rows.Gap, [need.gap_id])).get(need.gap_id) if need.gap_id else None
    requests = await nouns.where(session, rows.Request, "match_id", match.key) if match else []
    candidates = match.candidates if match else ()
    courses = await nouns.load(session, rows.Curriculum, [ref for each in candidates for ref in each.curriculum_refs])
    sessions = await nouns.load(session, rows.Session, [ref for each in candidates for ref in each.session_refs])
    providers = {provider for each in candidates for provider in each.provider_ids}
    names = await looks.names(session, sorted({need.org, *providers, *(each.org for each in requests)}))
    said = said_about(ref, await trace.read(session, ref))
    story = await tale.tell(session, said[-STEPS:])
    return Whole(need, match, gap, requests, courses, sessions, names, story, max(0, len(said) - STEPS))


def said_about(ref: str, told: Sequence[trace.Told]) -> list[Envelope]:
    """Return what was said about this and because of it, as stories tell it.

    The story of a course's change tells of other needs too. An answer is told by what the hub made of it, save one that
    somebody else recorded.
    """
    seen: list[Envelope] = []
    ids: set[str] = set()
    for one in told:
        if one.envelope.partition_key == ref or one.envelope.causation_id in ids:
            seen.append(one.envelope)
            ids.add(one.envelope.id)
    return [each for each in seen if each.short_type not in NOT_TOLD or tale.recorded_for(each)]

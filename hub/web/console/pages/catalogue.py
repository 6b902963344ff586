"""The catalogue: short courses with their sessions and free seats."""

from starlette.responses import Response

from hub.rows import Curriculum, Seats, Session
from hub.store import looks, nouns
from hub.store.session import Session as StoreSession
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from hub.web.reads import ref_of

MOST = 50  # courses a page

desk = Desk()


@desk.page("/catalogue")
async def catalogue(visit: Visit) -> Response:
    """Short courses, the last changed first."""
    state = "retired" if visit.asked("state") == "retired" else "published"
    provider = visit.asked("provider")
    found, names, cursor = await visit.read(_listed, visit, state, provider)
    choices = [("published", "offered", None), ("retired", "no longer offered", None)]
    return await visit.draw(
        "catalogue.html",
        found=found,
        names=names,
        provider=provider,
        filters=options("catalogue", "state", choices, state, provider=provider),
        first=links.listed("catalogue", state=state, provider=provider) if visit.asked("before") else "",
        next=links.listed("catalogue", state=state, provider=provider, before=cursor) if cursor else "",
    )


async def _listed(
    session: StoreSession, visit: Visit, state: str, provider: str
) -> tuple[list[tuple[Curriculum, list[Session], int]], dict[str, str], str]:
    before = looks.cursor_of(visit.asked("before"))
    found = await looks.newest(session, Curriculum, limit=MOST + 1, state=state, org=provider, before=before)
    shown = [each.row for each in found[:MOST]]
    planned = await looks.sessions_of(session, [each.key for each in shown], today=visit.now.date())
    seats = await nouns.load(session, Seats, [row.key for rows in planned.values() for row in rows])
    names = await looks.names(session, [each.org for each in shown])
    lines = [(each, planned[each.key], _free(planned[each.key], seats)) for each in shown]
    return lines, names, found[MOST - 1].cursor if len(found) > MOST else ""


def _free(sessions: list[Session], seats: dict[str, Seats]) -> int:
    return sum(free_seats(row, seats.get(row.key)) for row in sessions)


def free_seats(row: Session, seats: Seats | None) -> int:
    """Return how many seats of a session can still be promised."""
    if row.state == "cancelled":
        return 0
    return max(0, seats.free) if seats else row.told.seats_free


@desk.page("/catalogue/{org}/{curriculum_id}")
async def curriculum(visit: Visit) -> Response:
    """One short course: what it teaches, how, and when it is given."""
    ref = ref_of(visit.given("org"), visit.given("curriculum_id"))
    found, sessions, names = await visit.read(_one, ref)
    return await visit.draw("curriculum.html", found=found, told=found.told, sessions=sessions, names=names)


async def _one(session: StoreSession, ref: str) -> tuple[Curriculum, list[tuple[Session, int]], dict[str, str]]:
    found = (await nouns.load(session, Curriculum, [ref])).get(ref)
    if found is None:
        raise Refuse(404, f"There is no course {ref}.")
    given = await nouns.where(session, Session, "curriculum", ref)
    seats = await nouns.load(session, Seats, [row.key for row in given])
    ordered = sorted(given, key=lambda row: row.told.start, reverse=True)
    names = await looks.names(session, [found.org])
    return found, [(row, free_seats(row, seats.get(row.key))) for row in ordered], names

"""Requests: which provider was asked about what, what it answered, and by when it should."""

from collections.abc import Sequence

from starlette.responses import Response

from hub import rows
from hub.rows import Need, Request
from hub.store import looks, nouns
from hub.store.session import Session
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit
from hub.web.sight import regions_seen

MOST = 50  # requests a page
STATES = ("asked", "accepted", "interested", "counter_offered", "declined", "expired", "closed")

ANSWERED = ("accepted", "interested", "counter_offered", "declined")

desk = Desk()


@desk.page("/requests")
async def requests(visit: Visit) -> Response:
    """Requests to providers, the last moved first."""
    asked = visit.asked("state")
    state = asked if asked in (*STATES, "answered") else ""
    found, needs, names, cursor = await visit.read(_listed, visit, ANSWERED if state == "answered" else state)
    answered = ("answered", "answered", visit.pulse.of("requests", *ANSWERED))
    choices = [
        ("", "all", None),
        answered,
        *((each, _called(each), visit.pulse.of("requests", each)) for each in STATES),
    ]
    return await visit.draw(
        "requests.html",
        found=found,
        needs=needs,
        names=names,
        filters=options("requests", "state", choices, state),
        first=links.listed("requests", state=state) if visit.asked("before") else "",
        next=links.listed("requests", state=state, before=cursor) if cursor else "",
    )


def _called(state: str) -> str:
    return {
        "asked": "not answered",
        "accepted": "yes",
        "declined": "no",
        "interested": "interested",
        "counter_offered": "another offer",
    }.get(state, state)


async def _listed(
    session: Session, visit: Visit, state: str | Sequence[str]
) -> tuple[list[Request], dict[str, Need | rows.Offer], dict[str, str], str]:
    found = await looks.newest(
        session,
        Request,
        limit=MOST + 1,
        state=state,
        regions=await regions_seen(session, visit.visitor.sender),
        before=looks.cursor_of(visit.asked("before")),
    )
    shown = [each.row for each in found[:MOST]]
    about = [each.about for each in shown]
    subjects: dict[str, Need | rows.Offer] = {**await nouns.load(session, rows.Offer, about)}
    subjects |= await nouns.load(session, Need, about)
    names = await looks.names(session, [*(each.org for each in shown), *(each.partition("/")[0] for each in about)])
    return shown, subjects, names, found[MOST - 1].cursor if len(found) > MOST else ""

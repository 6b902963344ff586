"""The stream: every event as it came, newest first, and one event in full. For operators."""

import orjson
from starlette.responses import Response

from events.catalogue import EVENTS
from events.codec import to_structured
from hub.store import looks, sieve
from hub.store.session import Session
from hub.store.sieve import Sieve
from hub.visitors import OPERATOR
from hub.web.console import links, tale
from hub.web.console.filters import options
from hub.web.console.live import CLOCKWORK
from hub.web.console.tale import Said
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

MOST = 50  # events a page
WINDOW = 20_000  # events looked through for one page of a filter
NOUNS = sorted({name.partition(".")[0] for name in EVENTS if name != CLOCKWORK})

FIELDS = {"subject": "about", "org": "org", "correlation": "correlation", "group": "group", "outcome": "outcome"}
"""What else can be asked for, and what of a sieve that is."""
OUTCOMES = ("done", "refused", "waiting", "parked", "behind", "skipped", "replaced")

desk = Desk()


@desk.page("/stream", roles=(OPERATOR,))
async def stream(visit: Visit) -> Response:
    """The newest events."""
    noun = visit.asked("about") if visit.asked("about") in NOUNS else ""
    wanted = {name: visit.asked(name).strip() for name in FIELDS if visit.asked(name).strip()}
    asked = visit.asked("before")
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    chosen = {FIELDS[name]: word for name, word in wanted.items()}
    wish = Sieve(types=(f"{noun}.*",) if noun else (), unless=(CLOCKWORK,), **chosen)
    said, further = await visit.read(_said, wish, before)
    choices = [("", "all", None), *((each, each, None) for each in NOUNS)]
    return await visit.draw(
        "stream.html",
        said=said,
        noun=noun,
        wanted=wanted,
        groups=sorted(visit.hub.runners),
        outcomes=OUTCOMES,
        filters=options("stream", "about", choices, noun, **wanted),
        first=links.listed("stream", about=noun, **wanted) if before else "",
        next=links.listed("stream", about=noun, before=further, **wanted) if further else "",
    )


async def _said(session: Session, wanted: Sieve, before: int | None) -> tuple[list[Said], int | None]:
    found, further = await sieve.newest(session, wanted, limit=MOST, before=before, window=WINDOW)
    return await tale.tell(session, found), further


@desk.page("/stream/{seq}", roles=(OPERATOR,))
async def one_event(visit: Visit) -> Response:
    """One event as it is stored."""
    seq = visit.given("seq")
    found = await visit.read(looks.event_at, int(seq)) if seq.isdecimal() and len(seq) < 19 else None
    if found is None:
        raise Refuse(404, "There is no event of this number.")
    (said,) = await visit.read(tale.tell, [found])
    event = orjson.dumps(to_structured(found), option=orjson.OPT_INDENT_2).decode()
    return await visit.draw("one_event.html", said=said, event=event)

"""The trace of anything: every event of its stories, which groups took each, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from hub import trace as tracing
from hub.store.session import Session
from hub.trace import Told
from hub.web.console import tale
from hub.web.console.tale import Said
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from hub.web.sight import keys_seen, regions_seen
from hub.web.story import LONGEST

MOST = 120  # events shown

desk = Desk()


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a trace with the work of the groups."""

    said: Said
    told: Told


@desk.page("/trace/{word:path}")
async def trace(visit: Visit) -> Response:
    """The stories that a ref or an id belongs to."""
    word = visit.given("word")
    if len(word) > LONGEST or not word.isprintable():
        raise Refuse(404)
    told = await visit.read(_seen, word, visit)
    if not told:
        raise Refuse(404, f"Nothing is known of «{word}», or nothing that you may see.")
    parts = await visit.read(_parts, told[-MOST:])
    return await visit.draw("trace.html", word=word, parts_told=parts, earlier=max(0, len(told) - MOST))


async def _seen(session: Session, word: str, visit: Visit) -> list[Told]:
    """Return a story's events; a coordinator sees what is about needs of its regions, and what they led to."""
    told = await (tracing.read_inside if visit.visitor.operates else tracing.read)(session, word)
    regions = await regions_seen(session, visit.visitor.sender)
    if regions is None:
        return told
    own = await keys_seen(session, sorted({one.envelope.partition_key or "" for one in told}), regions)
    seen: list[Told] = []
    ids: set[str] = set()
    for one in told:
        if one.envelope.partition_key in own or one.envelope.causation_id in ids:
            seen.append(one)
            ids.add(one.envelope.id)
    return seen


async def _parts(session: Session, told: Sequence[Told]) -> list[Part]:
    said = await tale.tell(session, [one.envelope for one in told])
    return [Part(*pair) for pair in zip(said, told, strict=True)]

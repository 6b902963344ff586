"""`GET /v1/trace/…`: what became of something, cut to what the reader may see."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from hub import trace
from hub.access import Sender
from hub.trace import Step, Told
from hub.web import views
from hub.web.door import Holder, hub_of
from hub.web.problems import documented, dumped
from hub.web.reads import not_found
from hub.web.sight import own_part, owns, sees_all

LONGEST = 200  # characters of an id
REFUSED = "refused"  # the outcome of an event that no longer applied

story = APIRouter(prefix="/v1", tags=["state"], responses=documented(401, 403, 404))
Reader = Annotated[Sender, Depends(Holder("read", "operate"))]


class StepView(BaseModel):
    """What one group did with one event."""

    at: str
    event_id: str
    type: str
    group: str | None
    outcome: str
    caused: list[str]
    subject: str
    said_by: str | None
    note: str | None


class StoryView(BaseModel):
    """Every event of a story, in order."""

    correlation_id: str | None
    steps: list[StepView]


@story.get("/trace/{word:path}", responses=views.documented(StoryView))
async def get_trace(word: str, request: Request, reader: Reader) -> Response:
    """Every event of the story that a ref or an id belongs to, with the groups that took it and what they said."""
    hub = hub_of(request)
    if not word or len(word) > LONGEST or not word.isprintable():
        raise not_found("story of", word)
    seen = own_part(await hub.store.read(trace.read, word), reader)
    if not sees_all(reader) and not _names(seen, word, reader.org):
        raise not_found("story of", word)
    if not seen:
        raise not_found("story of", word)
    steps = trace.steps(seen, trace.groups_of(hub.runners))
    found = trace.Story(_correlation(seen, reader), tuple(_cut(steps, seen, reader)))
    return Response(dumped(found.as_json()), media_type=views.JSON)


def _names(seen: Sequence[Told], word: str, org: str) -> bool:
    """Whether the word is one the reader may know: somebody who guesses a need's ref must not learn its match."""
    shown = {name for one in seen for name in (one.envelope.id, one.envelope.subject)}
    own = [one.envelope for one in seen if owns(one, org)]
    return word in shown or any(word in (each.partition_key, each.correlation_id) for each in own)


def _correlation(seen: Sequence[Told], reader: Sender) -> str | None:
    first = seen[0]
    return first.envelope.correlation_id if sees_all(reader) or owns(first, reader.org) else None


def _cut(steps: Sequence[Step], seen: Sequence[Told], reader: Sender) -> list[Step]:
    """Leave out notes about what is not the reader's own: they name what an event waits for.

    Why something that the reader said was refused is for the reader, wherever it belongs.
    """
    if sees_all(reader):
        return list(steps)
    own = {one.envelope.id for one in seen if owns(one, reader.org)}
    said = {one.envelope.id for one in seen if one.envelope.tenant == reader.org}
    return [
        step
        if step.event_id in own or (step.outcome == REFUSED and step.event_id in said)
        else replace(step, note=None)
        for step in steps
    ]

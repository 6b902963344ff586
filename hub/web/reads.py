"""The present state: needs with their matches and gaps, the catalogue. Each question is one read of the store."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from hub import rows
from hub.access import Sender
from hub.store import nouns
from hub.store.session import Session
from hub.web import views
from hub.web.door import Holder, hub_of
from hub.web.problems import Refuse, documented
from hub.web.sight import sees
from schemas.values import LOCAL_ID_SHAPE, SLUG_SHAPE

MOST = 200  # items a page
REF = re.compile(f"{SLUG_SHAPE}/{LOCAL_ID_SHAPE}")

reads = APIRouter(prefix="/v1", tags=["state"], responses=documented(401, 403))
Reader = Annotated[Sender, Depends(Holder("read", "operate"))]
Limit = Annotated[int, Query(ge=1, le=MOST, description="items a page")]
After = Annotated[str | None, Query(pattern=f"^{REF.pattern}$", description="the `next` of the page before")]


@reads.get("/needs/{org}/{need_id}", responses={**views.documented(views.NeedView), **documented(404)})
async def get_need(org: str, need_id: str, request: Request, reader: Reader) -> Response:
    """A need as its company stated it last, and where it stands."""
    return views.shown(views.need(await hub_of(request).store.read(seen_need, ref_of(org, need_id), reader)))


@reads.get("/needs/{org}/{need_id}/matches", responses={**views.documented(views.Proposed), **documented(404)})
async def get_matches(org: str, need_id: str, request: Request, reader: Reader) -> Response:
    """What is proposed for a need."""
    return views.shown(await hub_of(request).store.read(_proposed, ref_of(org, need_id), reader))


@reads.get("/needs/{org}/{need_id}/gap", responses={**views.documented(views.GapView), **documented(404)})
async def get_gap(org: str, need_id: str, request: Request, reader: Reader) -> Response:
    """Why a need has no match."""
    return views.shown(views.gap(await hub_of(request).store.read(_gap, ref_of(org, need_id), reader)))


@reads.get("/curricula", responses={**views.documented(views.Page[views.CurriculumView]), **documented(422)})
async def list_curricula(
    request: Request,
    _reader: Reader,
    provider: Annotated[str | None, Query(pattern=f"^{SLUG_SHAPE}$", description="only this provider's")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Response:
    """The catalogue, by ref."""
    found = await hub_of(request).store.read(
        nouns.page, rows.Curriculum, after=after or "", limit=limit + 1, org=provider or ""
    )
    return views.shown(page([views.curriculum(row) for row in found], limit))


@reads.get("/curricula/{org}/{curriculum_id}", responses={**views.documented(views.CurriculumView), **documented(404)})
async def get_curriculum(org: str, curriculum_id: str, request: Request, _reader: Reader) -> Response:
    """One short course."""
    return views.shown(views.curriculum(await hub_of(request).store.read(_curriculum, ref_of(org, curriculum_id))))


@reads.get(
    "/curricula/{org}/{curriculum_id}/sessions",
    responses={**views.documented(views.Page[views.SessionView]), **documented(404, 422)},
)
async def list_sessions(
    org: str, curriculum_id: str, request: Request, _reader: Reader, limit: Limit = 50, after: After = None
) -> Response:
    """When a course is given, by the sessions' refs."""
    found = await hub_of(request).store.read(_sessions, ref_of(org, curriculum_id))
    return views.shown(page([each for each in found if each.ref > (after or "")], limit))


def ref_of(org: str, local_id: str) -> str:
    """Return a ref; what cannot be one is not found, and never reaches the database."""
    ref = f"{org}/{local_id}"
    if not REF.fullmatch(ref):
        raise not_found("ref", ref)
    return ref


def not_found(noun: str, key: str) -> Refuse:
    """Say that there is nothing, or nothing for this reader: the two must look alike."""
    return Refuse(404, f"There is no {noun} {key[:130]} that you may see.")


def page(found: list[Any], limit: int) -> views.Page[Any]:
    """Cut a page, given at least one item more where there is one."""
    items = tuple(found[:limit])
    return views.Page(items=items, next=items[-1].ref if len(found) > limit else None)


async def seen_need(session: Session, ref: str, reader: Sender) -> rows.Need:
    """Return a need the reader may see; raises Refuse (404)."""
    need = (await nouns.load(session, rows.Need, [ref])).get(ref)
    if need is None or not await sees(session, need, reader):
        raise not_found("need", ref)
    return need


async def _proposed(session: Session, ref: str, reader: Sender) -> views.Proposed:
    return await proposed(session, await seen_need(session, ref, reader))


async def proposed(session: Session, about: rows.Need | rows.Offer) -> views.Proposed:
    """Return the match that stands for a need or offer: an open one, or the one it was agreed on."""
    match = (await nouns.load(session, rows.Match, [about.match_id])).get(about.match_id) if about.match_id else None
    if match is None or (match.state != "open" and about.state != "agreed"):
        return views.Proposed(match_id=None)
    return views.Proposed(match_id=match.key, candidates=match.candidates)


async def _gap(session: Session, ref: str, reader: Sender) -> rows.Gap:
    need = await seen_need(session, ref, reader)
    gap = (await nouns.load(session, rows.Gap, [need.gap_id])).get(need.gap_id) if need.gap_id else None
    if gap is None:
        raise not_found("gap of", ref)
    return gap


async def _curriculum(session: Session, ref: str) -> rows.Curriculum:
    found = (await nouns.load(session, rows.Curriculum, [ref])).get(ref)
    if found is None:
        raise not_found("curriculum", ref)
    return found


async def _sessions(session: Session, ref: str) -> list[views.SessionView]:
    await _curriculum(session, ref)
    found = await nouns.where(session, rows.Session, "curriculum", ref)
    seats = await nouns.load(session, rows.Seats, [row.key for row in found])
    return [views.session(row, seats.get(row.key)) for row in found]

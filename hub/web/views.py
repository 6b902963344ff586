"""What is shown of the present state: one explicit shape a noun, so that nothing is shown by accident.

A view has the fields its organisation told, and beside them what the hub knows.
"""

from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from hub import rows
from hub.web.problems import dumped
from schemas import curricula, gaps, matches, needs, placements
from schemas.values import CurriculumRef, MatchId, NeedRef, OfferRef, Ref, SessionRef

T = TypeVar("T")
JSON = "application/json"


class NeedView(needs.Need):
    """A need as its company stated it last. State: open, proposed, gap, agreed, withdrawn, expired."""

    ref: NeedRef
    state: str
    match_id: MatchId | None = None
    gap_id: str | None = None


class Proposed(BaseModel):
    """The match that stands for a need or offer; no id and no candidates while there is none."""

    SHOWN_EMPTY: ClassVar[tuple[str, ...]] = ("match_id",)
    match_id: MatchId | None
    candidates: tuple[matches.Candidate, ...] = ()


class OfferView(placements.PlacementOffer):
    """A placement as its company offers it last. State: open, proposed, agreed, withdrawn, expired."""

    ref: OfferRef
    state: str
    match_id: MatchId | None = None


class GapView(gaps.Gap):
    """Why a need has no match."""

    state: str


class CurriculumView(curricula.Curriculum):
    """A short course. State: published, retired."""

    ref: CurriculumRef
    state: str


class SessionView(curricula.Session):
    """A course on certain days; `seats_free` is what can still be promised. State: scheduled, cancelled."""

    ref: SessionRef
    curriculum_ref: CurriculumRef
    state: str


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the cursor of the following one (`?after=`), null on the last."""

    SHOWN_EMPTY: ClassVar[tuple[str, ...]] = ("next",)
    items: tuple[T, ...]
    next: Ref | None


def need(row: rows.Need) -> NeedView:
    """Show a need."""
    return NeedView(**dict(row.told), ref=row.key, state=row.state, match_id=row.match_id, gap_id=row.gap_id)


def offer(row: rows.Offer) -> OfferView:
    """Show a placement offer."""
    return OfferView(**dict(row.told), ref=row.key, state=row.state, match_id=row.match_id)


def gap(row: rows.Gap) -> GapView:
    """Show a gap."""
    return GapView(**dict(row.told), state=row.state)


def curriculum(row: rows.Curriculum) -> CurriculumView:
    """Show a curriculum."""
    return CurriculumView(**dict(row.told), ref=row.key, state=row.state)


def session(row: rows.Session, seats: rows.Seats | None) -> SessionView:
    """Show a session with the seats that are left."""
    left = {"seats_free": max(0, seats.free)} if seats else {}
    return SessionView(**{**dict(row.told), **left}, ref=row.key, curriculum_ref=row.curriculum, state=row.state)


def shown(view: BaseModel) -> Response:
    """Answer with a view: absent fields are left out, save those whose emptiness says something."""
    body: dict[str, Any] = view.model_dump(mode="json", exclude_none=True)
    for name in getattr(view, "SHOWN_EMPTY", ()):
        body.setdefault(name, None)
    return Response(dumped(body), media_type=JSON)


def documented(model: Any) -> dict[int | str, dict[str, Any]]:
    """Describe the good answer for OpenAPI."""
    return {200: {"model": model}}

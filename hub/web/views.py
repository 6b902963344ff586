"""What is shown of the present state: one explicit shape a noun, so that nothing is shown by accident.

A view has the fields its organisation told, and beside them what the hub knows.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from hub import rows
from hub.web.problems import dumped
from schemas import curricula, gaps, matches, needs
from schemas.values import CurriculumRef, Instant, Label, MatchId, NeedRef, OrganisationId, Ref, SessionRef

T = TypeVar("T")
JSON = "application/json"


class NeedView(needs.Need):
    """A need as its company stated it last. State: open, proposed, gap, agreed, withdrawn, expired."""

    ref: NeedRef
    state: str
    match_id: MatchId | None = None
    gap_id: str | None = None


class MatchesOfNeed(BaseModel):
    """The open match of a need; no id and no candidates while there is none."""

    SHOWN_EMPTY: ClassVar[tuple[str, ...]] = ("match_id",)
    match_id: MatchId | None
    candidates: tuple[matches.Candidate, ...] = ()


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


class RequestView(BaseModel):
    """The question to one provider. State: asked, accepted, interested, declined, counter_offered, expired, closed."""

    provider_id: OrganisationId
    state: str
    respond_by: str
    answer: matches.Answer | None = None


class MatchView(BaseModel):
    """A match as the company sees it. State: open, superseded, expired, closed."""

    match_id: MatchId
    about: NeedRef
    state: str
    candidates: tuple[matches.Candidate, ...]
    ruleset_version: Label
    expires_at: Instant
    requests: tuple[RequestView, ...] = ()


class OwnRequestView(matches.Request):
    """A match as one provider sees it: what it was asked and what it answered; no company, no need, nobody else."""

    state: str
    answer: matches.Answer | None = None


def need(row: rows.Need) -> NeedView:
    """Show a need."""
    return NeedView(**dict(row.told), ref=row.key, state=row.state, match_id=row.match_id, gap_id=row.gap_id)


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


def match(row: rows.Match, requests: Sequence[rows.Request]) -> MatchView:
    """Show a match to its company."""
    return MatchView(
        match_id=row.key,
        about=row.about,
        state=row.state,
        candidates=row.candidates,
        ruleset_version=row.ruleset_version,
        expires_at=row.expires_at,
        requests=tuple(
            RequestView(
                provider_id=each.org, state=each.state, respond_by=each.told.respond_by.isoformat(), answer=each.answer
            )
            for each in requests
        ),
    )


def own_request(row: rows.Request) -> OwnRequestView:
    """Show a match to one provider."""
    return OwnRequestView(**dict(row.told), state=row.state, answer=row.answer)


def shown(view: BaseModel) -> Response:
    """Answer with a view: absent fields are left out, save those whose emptiness says something."""
    body: dict[str, Any] = view.model_dump(mode="json", exclude_none=True)
    for name in getattr(view, "SHOWN_EMPTY", ()):
        body.setdefault(name, None)
    return Response(dumped(body), media_type=JSON)


def documented(model: Any) -> dict[int | str, dict[str, Any]]:
    """Describe the good answer for OpenAPI."""
    return {200: {"model": model}}

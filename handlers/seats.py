"""The seats of every session: what the provider tells, and what becomes of agreements when a session moves or ends.

Hears session, curriculum and withdrawal events; says cooperation.broken.
"""

from collections.abc import Iterable, Iterator

from events.cooperations import CooperationBroken
from events.curricula import (
    CurriculumRetired,
    SessionCancelled,
    SessionRescheduled,
    SessionScheduled,
    SessionSeatsChanged,
)
from events.needs import NeedWithdrawn
from events.placements import PlacementWithdrawn
from handlers.holds import release
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import STANDING, Agreement, Cooperation, Nomination, Offer, Request, Seats
from schemas import curricula

seats = Router("workflow")

WILLING = frozenset({"accepted", "counter_offered"})  # a request stays so once its provider was chosen
MATTERS = ("start", "end", "mode", "location", "language")  # what a company agreed to; seats and price it did not


@seats.on("record-seats")
def record_seats(event: SessionScheduled | SessionRescheduled, uow: UnitOfWork) -> Iterator[CooperationBroken]:
    """Keep how many seats the provider told last; a session that moved breaks what was agreed on it."""
    known = uow.find(Seats, event.subject)
    uow.only_newer(known)
    _refuse_if_cancelled(known)
    row = known or Seats(
        key=event.subject, org=event.org, state="open", curriculum=f"{event.org}/{event.curriculum_id}", told_free=0
    )
    told = event.payload(curricula.Session)
    uow.save(row.model_copy(update={"told": told, "told_free": event.seats_free, "told_seq": uow.seq}))
    if row.told is not None and any(getattr(row.told, name) != getattr(told, name) for name in MATTERS):
        yield from _break_session(row, "session_moved", uow)


@seats.on("note-free-seats")
def note_free_seats(event: SessionSeatsChanged, uow: UnitOfWork) -> None:
    """Keep how many seats are free now; what is held from here on is counted beside it."""
    row = uow.get(Seats, event.subject)
    uow.only_newer(row)
    _refuse_if_cancelled(row)
    uow.save(row.model_copy(update={"told_free": event.seats_free, "told_seq": uow.seq}))


@seats.on("close-seats")
def close_seats(event: SessionCancelled, uow: UnitOfWork) -> Iterator[CooperationBroken]:
    """A cancelled session has no seats, and what was agreed on it cannot take place."""
    row = uow.get(Seats, event.subject)
    uow.save(row.model_copy(update={"state": "cancelled", "told_free": 0, "told_seq": uow.latest(row)}))
    yield from _break_session(row, "session_cancelled", uow)


@seats.on("break-retired")
def break_retired(event: CurriculumRetired, uow: UnitOfWork) -> Iterator[CooperationBroken]:
    """What was agreed on a curriculum that is no longer given cannot take place."""
    for cooperation in _resting_on(event, uow):
        if (
            uow.find(Offer, cooperation.about) is None
        ):  # learners of a placement come from the school, not from a course
            yield from _break(cooperation, "curriculum_retired", uow, curriculum_ref=event.subject)


@seats.on("break-withdrawn")
def break_withdrawn(event: NeedWithdrawn | PlacementWithdrawn, uow: UnitOfWork) -> Iterator[CooperationBroken]:
    """A company that withdraws what was agreed on breaks it."""
    for cooperation in uow.all(Cooperation, about=event.subject):
        yield from _break(cooperation, "withdrawn", uow)


def _refuse_if_cancelled(row: Seats | None) -> None:
    if row is not None and row.state == "cancelled":
        raise Refused("cancelled", f"{row.key} was cancelled; schedule a new session under a new id")


def _resting_on(event: CurriculumRetired, uow: UnitOfWork) -> list[Cooperation]:
    """Return what was agreed on a curriculum; each provider of it was asked, so its requests lead there."""
    asked = [each for each in uow.all(Request, org=event.org) if each.state in WILLING]
    agreed = [each for request in asked if (each := uow.find(Cooperation, request.match_id)) is not None]
    return [each for each in agreed if event.subject in each.candidate.curriculum_refs]


def _takers(row: Seats) -> list[str]:
    return sorted({key.partition("/")[0] for key, hold in row.held.items() if hold.taken})


def _break_session(row: Seats, reason: str, uow: UnitOfWork) -> Iterator[CooperationBroken]:
    for match_id in _takers(row):
        yield from _break(uow.get(Cooperation, match_id), reason, uow, session_ref=row.key)


def _break(
    cooperation: Cooperation,
    reason: str,
    uow: UnitOfWork,
    *,
    curriculum_ref: str | None = None,
    session_ref: str | None = None,
) -> Iterator[CooperationBroken]:
    if cooperation.state not in STANDING:
        return
    uow.save(cooperation.model_copy(update={"state": "broken", "reason": reason}))
    for request in uow.all(Request, match_id=cooperation.key):
        uow.save(release(request, uow).model_copy(update={"state": "closed"}))
    _void(uow.all(Nomination, match_id=cooperation.key), "cancelled", uow)
    _void(uow.all(Agreement, match_id=cooperation.key), "withdrawn", uow)
    yield CooperationBroken(
        match_id=cooperation.key,
        about=cooperation.about,
        company_id=cooperation.org,
        provider_ids=cooperation.candidate.provider_ids,
        candidate_id=cooperation.candidate.candidate_id,
        reason_code=reason,
        curriculum_ref=curriculum_ref,
        session_ref=session_ref,
    )


def _void(rows: Iterable[Nomination | Agreement], state: str, uow: UnitOfWork) -> None:
    for row in rows:
        uow.save(row.model_copy(update={"state": state}))

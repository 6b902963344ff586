"""Seats kept for requests: held when a provider accepts, taken when the company decides, given back otherwise.

Called by the handlers of the workflow group, which owns the seats. One versioned row a session counts them all, so two
requests, in whatever processes, cannot be promised the same seat.
"""

from collections.abc import Iterable

from hub.dispatch.outcomes import Refused
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Hold, Request, Seats


def hold(request: Request, session_refs: Iterable[str], seats: int, uow: UnitOfWork) -> Request:
    """Hold seats for those courses whose sessions have them, a group split over them; raises Refused when none has."""
    rows = [uow.get(Seats, ref) for ref in dict.fromkeys(session_refs)]
    by_course: dict[str, list[Seats]] = {}
    for row in rows:
        by_course.setdefault(row.curriculum, []).append(row)
    held = [ref for together in by_course.values() for ref in _hold_in(together, request, seats, uow)]
    if rows and not held:
        raise Refused("no_seats", f"{_left(rows)}; {seats} are needed")
    return request.model_copy(update={"holds": tuple(held)})


def release(request: Request, uow: UnitOfWork, *, keep: Iterable[str] = ()) -> Request:
    """Give back what is held for a request, save in some sessions."""
    kept = tuple(ref for ref in request.holds if ref in set(keep))
    for ref in request.holds:
        if ref not in kept:
            row = uow.get(Seats, ref)
            uow.save(_without(row, request.key))
    return request.model_copy(update={"holds": kept})


def take(request: Request, uow: UnitOfWork) -> None:
    """Take what is held for a request; raises Refused when the seats went in the meantime."""
    for ref in request.holds:
        row = uow.get(Seats, ref)
        if row.state == "cancelled":
            raise Refused("session_cancelled", f"session {ref} was cancelled")
        seats = row.held[request.key].seats
        taken = _with(row, request.key, Hold(about=request.about, seats=seats, seq=uow.seq, taken=True))
        if taken.free < 0:
            raise Refused("no_seats", f"{_left([row])}, and {seats} are needed; ask the provider")
        uow.save(taken)


def _hold_in(rows: list[Seats], request: Request, seats: int, uow: UnitOfWork) -> list[str]:
    drafts: list[Seats] = []
    for row in rows:
        part = min(seats, row.free) if row.state == "open" else 0
        if part > 0:
            seats -= part
            drafts.append(_with(row, request.key, Hold(about=request.about, seats=part, seq=uow.seq)))
    if seats:
        return []
    for draft in drafts:
        uow.save(draft)
    return [draft.key for draft in drafts]


def _left(rows: Iterable[Seats]) -> str:
    return ", ".join(f"session {row.key} has {max(0, row.free)} seats left" for row in rows)


def _with(row: Seats, key: str, hold: Hold) -> Seats:
    return row.model_copy(update={"held": {**row.held, key: hold}})


def _without(row: Seats, key: str) -> Seats:
    return row.model_copy(update={"held": {name: hold for name, hold in row.held.items() if name != key}})

"""What is offered: organisations, curricula and sessions become rows, and needs that a change could matter to are due.

Hears company, provider, coordinator, curriculum and session events; says need.rematch-due.
"""

from collections.abc import Iterator

from events.curricula import (
    CurriculumPublished,
    CurriculumRetired,
    CurriculumUpdated,
    SessionCancelled,
    SessionRescheduled,
    SessionScheduled,
    SessionSeatsChanged,
)
from events.needs import NeedRematchDue
from events.organisations import (
    CompanyRegistered,
    CompanyUpdated,
    CoordinatorRegistered,
    CoordinatorUpdated,
    ProviderRegistered,
    ProviderUpdated,
)
from hub.dispatch.outcomes import Refused, Waiting
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching.follow import MatchingIndex
from hub.matching.model import Course
from hub.rows import Curriculum, Organisation, Seats, Session
from schemas import curricula, organisations

catalogue = Router("matcher")


@catalogue.on("record-company")
def record_company(
    event: CompanyRegistered | CompanyUpdated, uow: UnitOfWork, index: MatchingIndex
) -> Iterator[NeedRematchDue]:
    """Keep what a company says of itself; one that takes more enquiries than before has its open offers looked at again."""
    row = _organisation(event.company_id, uow)
    uow.save(row.model_copy(update={"company": event.payload(organisations.Company), "told_seq": uow.seq}))
    if row.company is not None and _takes_more(row.company.contact_cap_per_28_days, event.contact_cap_per_28_days):
        for ref in index.open_offers_of(event.company_id, uow):
            yield NeedRematchDue(need_ref=ref, because="contact_cap_raised")


@catalogue.on("record-coordinator")
def record_coordinator(event: CoordinatorRegistered | CoordinatorUpdated, uow: UnitOfWork) -> None:
    """Keep what a coordinator says of itself."""
    row = _organisation(event.organisation_id, uow)
    uow.save(row.model_copy(update={"coordinator": event.payload(organisations.Coordinator), "told_seq": uow.seq}))


@catalogue.on("record-provider")
def record_provider(
    event: ProviderRegistered | ProviderUpdated, uow: UnitOfWork, index: MatchingIndex
) -> Iterator[NeedRematchDue]:
    """Keep what a provider says of itself; where it teaches and how quickly changes what its courses can answer."""
    row = _organisation(event.provider_id, uow)
    uow.save(row.model_copy(update={"provider": event.payload(organisations.Provider), "told_seq": uow.seq}))
    for course in index.of_provider(event.provider_id):
        yield from _rematch(course, index.course(course.ref, uow), uow, index, because="provider_changed")


@catalogue.on("record-curriculum")
def record_curriculum(
    event: CurriculumPublished | CurriculumUpdated, uow: UnitOfWork, index: MatchingIndex
) -> Iterator[NeedRematchDue]:
    """Put a curriculum into the catalogue, or state it anew."""
    uow.get(Organisation, event.provider_id, otherwise=f"{event.provider_id} is not registered as a provider yet")
    known = uow.find(Curriculum, event.subject)
    uow.only_newer(known)
    if known is not None and known.state == "retired" and isinstance(event, CurriculumPublished):
        raise Refused("retired", f"{event.subject} was retired; publish it under a new id")
    before = index.known_course(event.subject)
    row = Curriculum(
        key=event.subject,
        org=event.provider_id,
        state="published",
        told=event.payload(curricula.Curriculum),
        told_seq=uow.seq,
    )
    uow.save(row)
    yield from _rematch(before, index.course(row.key, uow), uow, index, because="curriculum_changed")


@catalogue.on("retire-curriculum")
def retire_curriculum(event: CurriculumRetired, uow: UnitOfWork, index: MatchingIndex) -> Iterator[NeedRematchDue]:
    """Take a curriculum out of the catalogue."""
    row = uow.get(Curriculum, event.subject)
    before = index.known_course(event.subject)
    uow.save(row.model_copy(update={"state": "retired", "told_seq": uow.latest(row)}))
    yield from _rematch(before, None, uow, index, because="curriculum_retired")


@catalogue.on("record-session")
def record_session(
    event: SessionScheduled | SessionRescheduled, uow: UnitOfWork, index: MatchingIndex
) -> Iterator[NeedRematchDue]:
    """Put a session into the catalogue, or state it anew; it waits for its curriculum."""
    curriculum = uow.get(Curriculum, f"{event.org}/{event.curriculum_id}")
    known = uow.find(Session, event.subject)
    uow.only_newer(known)
    if known is not None and known.state == "cancelled":
        raise Refused("cancelled", f"{event.subject} was cancelled; schedule a new session under a new id")
    before = index.known_course(curriculum.key)
    row = Session(
        key=event.subject,
        org=event.org,
        state="scheduled",
        curriculum=curriculum.key,
        told=event.payload(curricula.Session),
        told_seq=uow.seq,
    )
    uow.save(row)
    yield from _rematch(before, index.course(curriculum.key, uow), uow, index, because="session_changed")


@catalogue.on("cancel-session")
def cancel_session(event: SessionCancelled, uow: UnitOfWork, index: MatchingIndex) -> Iterator[NeedRematchDue]:
    """Take a session out of the catalogue."""
    row = uow.get(Session, event.subject)
    before = index.known_course(row.curriculum)
    uow.save(row.model_copy(update={"state": "cancelled", "told_seq": uow.latest(row)}))
    yield from _rematch(before, index.course(row.curriculum, uow), uow, index, because="session_cancelled")


@catalogue.on("note-seats")
def note_seats(event: SessionSeatsChanged, uow: UnitOfWork, index: MatchingIndex) -> Iterator[NeedRematchDue]:
    """Look again at needs when seats changed; the number itself is kept by the workflow group, so wait for its row."""
    session = uow.get(Session, event.subject)
    if session.state == "cancelled":
        raise Refused("cancelled", f"{event.subject} was cancelled; schedule a new session under a new id")
    seats = uow.get(Seats, event.subject)
    if seats.told_seq < uow.seq:
        raise Waiting("seats", event.subject, "the new number of seats is being recorded")
    course = index.known_course(session.curriculum)
    yield from _rematch(course, course, uow, index, because="seats_changed")


def _organisation(slug: str, uow: UnitOfWork) -> Organisation:
    row = uow.find(Organisation, slug)
    uow.only_newer(row)
    return row or Organisation(key=slug, org=slug, state="registered")


def _takes_more(before: int | None, now: int | None) -> bool:
    """Whether a cap was raised; none at all is the highest."""
    return before is not None and (now is None or now > before)


def _rematch(
    before: Course | None, after: Course | None, uow: UnitOfWork, index: MatchingIndex, *, because: str
) -> Iterator[NeedRematchDue]:
    for ref in index.affected_by(before, after, uow):
        yield NeedRematchDue(need_ref=ref, because=because)

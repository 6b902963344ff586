"""Rows in the words of mails: courses with their sessions, candidates, organisations by name. Never a person.

Called by the handlers that ask for mails.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Curriculum, Need, Offer, Organisation, Seats, Session
from hub.skills.pack import label
from schemas import curricula, matches

INSTANT = timedelta(microseconds=1)


def about_of(ref: str, uow: UnitOfWork) -> Need | Offer:
    """Return the need or offer that a match is about."""
    return uow.find(Offer, ref) or uow.get(Need, ref)


def name_of(slug: str, uow: UnitOfWork) -> str:
    """Return an organisation's name; its slug while it has not registered."""
    row = uow.find(Organisation, slug)
    told = row and (row.provider or row.company or row.coordinator)
    return told.legal_name if told else slug


def provider_contact(slug: str, uow: UnitOfWork) -> str | None:
    """Return who is written to at a provider."""
    row = uow.find(Organisation, slug)
    return row.provider.contact_ref if row and row.provider else None


def company_contact(about: Need | Offer, uow: UnitOfWork) -> str | None:
    """Return who is written to at a company: the contact of the need itself, else the company's."""
    own = about.told.contact_ref if isinstance(about, Need) else None
    row = uow.find(Organisation, about.org)
    return own or (row.company.contact_ref if row and row.company else None)


def headcount_of(about: Need | Offer) -> int:
    """Return for how many people it is."""
    return about.told.places if isinstance(about, Offer) else about.told.headcount


def region_of(about: Need | Offer) -> kinds.Region:
    """Return where it is: the region and what people call the place."""
    place = about.told.location if isinstance(about, Offer) else about.told.locations[0]
    return kinds.Region(code=place.nuts, label=place.label)


def courses(
    curriculum_refs: Iterable[str],
    session_refs: Iterable[str],
    uow: UnitOfWork,
    *,
    seats: bool = False,
    named: bool = False,
) -> tuple[kinds.Course, ...]:
    """Return curricula with the sessions that fit; with free seats, or with their provider's name, where that is told."""
    refs, runs = tuple(curriculum_refs), tuple(session_refs)
    uow.fetch(
        [*((Curriculum, ref) for ref in refs), *((Session, ref) for ref in runs), *((Seats, ref) for ref in runs)]
    )
    rows = {row.curriculum: row for row in (uow.get(Session, ref) for ref in runs)}
    return tuple(_course(ref, rows.get(ref), uow, seats=seats, named=named) for ref in refs)


def run(ref: str, told: curricula.Session, *, seats_free: int | None = None) -> kinds.Session:
    """Return a session as mails tell it."""
    return kinds.Session(
        ref=ref,
        start=told.start,
        end=told.end,
        mode=told.mode,
        language=told.language,
        seats_free=seats_free,
        place=told.location.label if told.location and told.location.label else None,
    )


def own(refs: Iterable[str], org: str) -> tuple[str, ...]:
    """Return those refs that belong to an organisation."""
    return tuple(ref for ref in refs if ref.startswith(f"{org}/"))


def proposed(candidate: matches.Candidate, about: Need | Offer, uow: UnitOfWork) -> kinds.Proposed:
    """Return a candidate as its company reads it; in a placement learners come, and no course is bought."""
    training = isinstance(about, Need)
    return kinds.Proposed(
        candidate_id=candidate.candidate_id,
        providers=tuple(name_of(slug, uow) for slug in candidate.provider_ids),
        courses=courses(candidate.curriculum_refs, candidate.session_refs, uow, named=True) if training else (),
        score=candidate.score,
        reasons=candidate.explanation,
        uncovered=tuple(skill(each) for each in candidate.uncovered_skills),
        hours=candidate.total_hours if training else None,
        cost=candidate.total_cost if training else None,
    )


def skill(words_or_uri: str) -> str:
    """Return the name of a skill; the company's own words are their own name."""
    return label(words_or_uri) or words_or_uri


def last_day(end: datetime) -> date:
    """Return the last whole day before an instant."""
    return (end - INSTANT).date()


def plain(text: str | Mapping[str, str]) -> str | dict[str, str]:
    """Return a text or language map as contexts hold it."""
    return text if isinstance(text, str) else dict(text)


def _course(ref: str, session: Session | None, uow: UnitOfWork, *, seats: bool, named: bool) -> kinds.Course:
    told = uow.get(Curriculum, ref).told
    return kinds.Course(
        ref=ref,
        title=plain(told.title),
        hours=told.hours,
        provider_name=name_of(ref.partition("/")[0], uow) if named else None,
        session=run(session.key, session.told, seats_free=_free(session, uow) if seats else None) if session else None,
        price=(session.told.price if session else None) or told.price,
    )


def _free(session: Session, uow: UnitOfWork) -> int:
    seats = uow.find(Seats, session.key)
    return max(0, seats.free) if seats else session.told.seats_free

"""The matching index of one process: follows the catalogue's tables and ranks needs against it, in memory.

A consumer group gives each process only part of the topics, so the index reads the tables, not the events: at the start
of every batch it takes what changed since its last snapshot. What the same batch has saved but not yet committed is laid
over it, and the best candidates' rows are looked at again inside the transaction.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from events.base import Event
from events.needs import NeedPublished, NeedRematchDue, NeedUpdated
from hub.clock import Clock
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching.fit import Rates
from hub.matching.index import CourseIndex, NeedIndex, wanted
from hub.matching.model import NO_LINKS, Ask, Course, Links, RuleSet
from hub.matching.outcome import Ranking
from hub.matching.rank import rank
from hub.matching.rows import ask_of, course_of
from hub.rows import Curriculum, Need, Organisation, Row, Seats, Session
from hub.store import nouns
from hub.store import session as store_session
from hub.store.port import Store

RECHECKS = 3  # rankings in which a best candidate's row may prove to have changed before the last one is taken


class Changes(NamedTuple):
    """Rows that changed, with their clocks, and where to read on from."""

    rows: tuple[tuple[Row, int], ...]
    clock: int


@dataclass
class Rows:
    """Catalogue rows by key; a lay of drafts has the same shape."""

    curricula: dict[str, Curriculum] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    seats: dict[str, Seats] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)

    def put(self, row: Row) -> None:
        """Keep a row in its place; rows of other nouns are no matter."""
        places: Mapping[type[Row], dict[str, Row]] = {
            Curriculum: self.curricula,  # type: ignore[dict-item]
            Session: self.sessions,  # type: ignore[dict-item]
            Seats: self.seats,  # type: ignore[dict-item]
            Organisation: self.organisations,  # type: ignore[dict-item]
        }
        if type(row) in places:
            places[type(row)][row.key] = row


class Ahead(NamedTuple):
    """A ranking made before the transaction opened: good while nothing it stood on has changed."""

    ranking: Ranking
    generation: int
    today: date
    ask: Ask


class MatchingIndex:
    """What matching handlers ask for by type."""

    def __init__(self, rules: RuleSet, clock: Clock, *, rates: Rates | None = None, links: Links = NO_LINKS) -> None:
        self.rules = rules
        self._clock = clock
        self._rates: Rates = rates or {}
        self._links = links
        self._rows = Rows()
        self._of_curriculum: dict[str, set[str]] = defaultdict(set)
        self._courses = CourseIndex(links)
        self._needs = NeedIndex(links)
        self._course_clock: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._ahead: dict[str, Ahead] = {}
        self._generation = 0
        self.clock = 0

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Follow the tables, then rank what this batch will ask for, off the event loop."""
        self._take_over(await store.read(changes_since, self.clock))
        asks = await self._asks_in(store, events)
        self._ahead = await asyncio.to_thread(self._rank_ahead, asks) if asks else {}

    def courses(self) -> Iterable[Course]:
        """Return the whole catalogue."""
        return self._courses

    def rank(self, need: Need, uow: UnitOfWork) -> Ranking:
        """Rank a need against the catalogue as this transaction sees it."""
        ask = ask_of(need)
        ranking = self._rank_now(ask, uow)
        for _ in range(RECHECKS):
            if not self._absorb_changed(ranking, uow):
                break
            ranking = self._rank_now(ask, uow)
        return ranking

    def rank_ask(self, ask: Ask) -> Ranking:
        """Rank something nobody has published, against the committed catalogue; stores nothing."""
        return self._rank(ask, self._courses.courses_for(ask), self._clock.now().date())

    def affected_by(self, before: Course | None, after: Course | None, uow: UnitOfWork) -> list[str]:
        """Return the standing needs that a course, as it was or as it is, could answer."""
        courses = [course for course in (before, after) if course is not None]
        refs = set(self._needs.affected_by(*courses))
        concepts = {concept for course in courses for concept in course.concepts}
        for need in uow.saved(Need):
            if need.stands and wanted(ask_of(need), self._links) & concepts:
                refs.add(need.key)
            elif not need.stands:
                refs.discard(need.key)
        return sorted(refs)

    def course(self, ref: str, uow: UnitOfWork) -> Course | None:
        """Return a course as this batch sees it."""
        return self._build(ref, self._lay(uow))

    def known_course(self, ref: str) -> Course | None:
        """Return a course as it was committed before this batch."""
        return self._courses.find(ref)

    def of_provider(self, provider_id: str) -> list[Course]:
        """Return a provider's committed courses."""
        return self._courses.of_provider(provider_id)

    def missed_a_change(self) -> list[str]:
        """Return standing needs whose last ranking had not seen a course's newest change: the sweep's list."""
        missed = {
            ref
            for course in self._courses
            for ref in self._needs.affected_by(course)
            if self._seen.get(ref, 0) <= self._course_clock.get(course.ref, 0)
        }
        return sorted(missed)

    # What changed

    def _take_over(self, changes: Changes) -> None:
        touched: set[str] = set()
        for row, clock in changes.rows:
            if isinstance(row, Need):
                self._take_need(row)
                continue
            for ref in self._keep(row):
                touched.add(ref)
                self._course_clock[ref] = max(clock, self._course_clock.get(ref, 0))
        for ref in touched:
            self._rebuild(ref)
        self.clock = changes.clock

    def _keep(self, row: Row) -> list[str]:
        """Keep a catalogue row; returns the curricula whose courses it changes (none when we had it already)."""
        if isinstance(row, Curriculum):
            return self._put(self._rows.curricula, row, [row.key])
        if isinstance(row, Session):
            self._of_curriculum[row.curriculum].add(row.key)
            return self._put(self._rows.sessions, row, [row.curriculum])
        if isinstance(row, Seats):
            return self._put(self._rows.seats, row, [row.curriculum])
        if isinstance(row, Organisation):
            own = [ref for ref, curriculum in self._rows.curricula.items() if curriculum.org == row.key]
            return self._put(self._rows.organisations, row, own)
        return []

    def _put(self, place: dict[str, "Row"], row: Row, refs: list[str]) -> list[str]:  # type: ignore[type-arg]
        known = place.get(row.key)
        if known is not None and known.version >= row.version:
            return []
        place[row.key] = row
        return refs

    def _take_need(self, need: Need) -> None:
        if need.stands:
            self._needs.put(ask_of(need))
            self._seen[need.key] = need.seen_clock
        else:
            self._needs.drop(need.key)
            self._seen.pop(need.key, None)

    def _rebuild(self, ref: str) -> None:
        course = self._build(ref, None)
        self._generation += 1
        if course is None:
            self._courses.drop(ref)
        else:
            self._courses.put(course)

    def _build(self, ref: str, lay: Rows | None) -> Course | None:
        lay = lay or Rows()
        curriculum = lay.curricula.get(ref) or self._rows.curricula.get(ref)
        if curriculum is None or curriculum.state != "published":
            return None
        provider = lay.organisations.get(curriculum.org) or self._rows.organisations.get(curriculum.org)
        own = {key: self._rows.sessions[key] for key in self._of_curriculum.get(ref, ())}
        own.update({key: row for key, row in lay.sessions.items() if row.curriculum == ref})
        seats = {key: lay.seats.get(key) or self._rows.seats.get(key) for key in own}
        return course_of(curriculum, provider, [own[key] for key in sorted(own)], seats)

    # Ranking

    async def _asks_in(self, store: Store, events: Sequence[Event]) -> list[Ask]:
        published = [ask_of(event) for event in events if isinstance(event, NeedPublished | NeedUpdated)]
        again = [event.need_ref for event in events if isinstance(event, NeedRematchDue)]
        rows = await store.read(nouns.load, Need, again) if again else {}
        return published + [ask_of(need) for need in rows.values() if need.stands]

    def _rank_ahead(self, asks: Sequence[Ask]) -> dict[str, Ahead]:
        today = self._clock.now().date()
        return {
            ask.ref: Ahead(self._rank(ask, self._courses.courses_for(ask), today), self._generation, today, ask)
            for ask in asks
        }

    def _rank_now(self, ask: Ask, uow: UnitOfWork) -> Ranking:
        today = uow.now.date()
        lay = self._lay(uow)
        ahead = self._ahead.get(ask.ref)
        if ahead and lay is None and (ahead.generation, ahead.today, ahead.ask) == (self._generation, today, ask):
            return ahead.ranking
        return self._rank(ask, self._courses_for(ask, lay), today)

    def _rank(self, ask: Ask, courses: Iterable[Course], today: date) -> Ranking:
        return rank(ask, courses, today=today, ruleset=self.rules, links=self._links, rates=self._rates)

    def _courses_for(self, ask: Ask, lay: Rows | None) -> list[Course]:
        courses = {course.ref: course for course in self._courses.courses_for(ask)}
        concepts = wanted(ask, self._links)
        for ref in self._changed_refs(lay) if lay else ():
            course = self._build(ref, lay)
            courses.pop(ref, None)
            if course is not None and course.concepts & concepts:
                courses[ref] = course
        return [courses[ref] for ref in sorted(courses)]

    def _changed_refs(self, lay: Rows) -> set[str]:
        refs = set(lay.curricula) | {row.curriculum for row in lay.sessions.values()}
        refs.update(row.curriculum for row in lay.seats.values())
        for slug in lay.organisations:
            refs.update(course.ref for course in self._courses.of_provider(slug))
        return refs

    def _lay(self, uow: UnitOfWork) -> Rows | None:
        lay = Rows()
        drafts: list[Row] = [*uow.saved(Curriculum), *uow.saved(Session), *uow.saved(Organisation)]
        for row in drafts:
            lay.put(row)
        return lay if drafts else None

    def _absorb_changed(self, ranking: Ranking, uow: UnitOfWork) -> bool:
        """Look at the best candidates' rows in this transaction; returns whether one was newer than the index."""
        newer = [row for row in self._rows_behind(ranking, uow) if self._is_newer(row, uow)]
        for row in newer:
            for ref in self._keep(row):
                self._rebuild(ref)
        return bool(newer)

    def _rows_behind(self, ranking: Ranking, uow: UnitOfWork) -> list[Row]:
        found: list[Row | None] = []
        for candidate in ranking.candidates:
            found += [uow.find(Curriculum, ref) for ref in candidate.curriculum_refs]
            found += [uow.find(Session, ref) for ref in candidate.session_refs]
            found += [uow.find(Seats, ref) for ref in candidate.session_refs]
        return [row for row in found if row is not None]

    def _is_newer(self, row: Row, uow: UnitOfWork) -> bool:
        if any(row is draft for draft in uow.saved(type(row))):
            return False  # laid over the index already
        known = {
            Curriculum: self._rows.curricula,
            Session: self._rows.sessions,
            Seats: self._rows.seats,
        }[type(row)].get(row.key)  # type: ignore[index]
        return known is None or known.version < row.version


async def changes_since(session: store_session.Session, clock: int) -> Changes:
    """Read every catalogue row and need that changed since a clock, and the clock to read on from."""
    now = await nouns.clock_now(session)
    rows: list[tuple[Row, int]] = []
    for kind in (Organisation, Curriculum, Session, Seats, Need):
        rows += await nouns.changed(session, kind, clock)
    return Changes(tuple(rows), now)

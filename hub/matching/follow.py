"""The matching index of one process: follows the catalogue's tables and ranks needs against it, in memory.

A consumer group gives each process only part of the topics, so the index reads the tables, not the events: at the start
of every batch it takes what changed since its last snapshot. What the same batch has saved but not yet committed is laid
over it, and the best candidates' rows are looked at again inside the transaction.
"""

import asyncio
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from events.base import Event
from events.needs import NeedPublished, NeedRematchDue, NeedUpdated
from hub.clock import Clock
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching import outs
from hub.matching.catalogue import KINDS, Catalogue
from hub.matching.fit import NO_RATES, Rates
from hub.matching.index import CourseIndex, NeedIndex, wanted
from hub.matching.model import NO_LINKS, Ask, Course, Links, RuleSet
from hub.matching.outcome import Candidate, Miss, Ranking
from hub.matching.placements import rank_schools
from hub.matching.rank import near_misses, rank
from hub.matching.rows import ask_of, placement_of, skills_of
from hub.rows import Curriculum, Need, Offer, Organisation, Row, Seats, Session
from hub.store import nouns
from hub.store import session as store_session
from hub.store.port import Store

RECHECKS = 3  # times a best candidate may prove to have changed before the last ranking is taken as it is


class Changes(NamedTuple):
    """Rows that changed, with their clocks; where to read on from; what a batch that begins now will have seen."""

    rows: tuple[tuple[Row, int], ...]
    clock: int
    seen: int


class Ahead(NamedTuple):
    """A ranking made before the transaction opened: good while nothing it stood on has changed."""

    ranking: Ranking
    generation: int
    today: date
    ask: Ask


class MatchingIndex:
    """What matching handlers ask for by type."""

    def __init__(self, rules: RuleSet, clock: Clock, *, rates: Rates = NO_RATES, links: Links = NO_LINKS) -> None:
        self.rules = rules
        self.seen = 0
        self._clock = 0
        self._time = clock
        self._rates = rates
        self._links = links
        self._catalogue = Catalogue()
        self._courses = CourseIndex(links)
        self._needs = NeedIndex(links)
        self._offers: dict[str, frozenset[str]] = {}  # skills of offers that nobody is proposed for
        self._changed_at: dict[str, int] = {}  # clock of a course's newest row
        self._seen: dict[str, int] = {}  # clock that a need's last ranking saw
        self._ahead: dict[str, Ahead] = {}
        self._generation = 0

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Follow the tables, then rank what this batch will ask for, off the event loop."""
        await self.follow(store)
        asks = await self._asks_in(store, events)
        self._ahead = await self._rank_ahead(asks) if asks else {}

    async def follow(self, store: Store) -> None:
        """Take over what changed in the tables since the last look; any part of the process may call it."""
        self._take_over(await store.read(changes_since, self._clock))

    def rank(self, need: Need, uow: UnitOfWork) -> Ranking:
        """Rank a need against the catalogue as this transaction sees it."""
        ask = self._asked(need, uow.now.date(), _drafts(uow))
        ranking = self._rank_now(ask, uow)
        for _ in range(RECHECKS):
            if not self._absorb_newer(ranking, uow):
                break
            ranking = self._rank_now(ask, uow)
        return ranking

    async def rank_unpublished(self, ask: Ask, store: Store) -> Ranking:
        """Rank something nobody has published against the whole catalogue, so that every course says why not."""
        await self.follow(store)
        courses = list(self._courses)
        return await asyncio.to_thread(self._rank, ask, courses, self._time.now().date())

    def rank_offer(self, offer: Offer, uow: UnitOfWork) -> tuple[Candidate, ...]:
        """Rank the providers for a placement that a company offers."""
        wanted_skills = skills_of(offer)
        if not wanted_skills:
            return ()
        stood = {provider: self._terms(offer, provider, _drafts(uow)) for provider in offer.out}
        declined, silent = outs.barred(offer.out, stood, uow.now.date())
        placement = placement_of(offer, declined=declined, silent=silent)
        return rank_schools(placement, self._catalogue.schools(_drafts(uow)))

    def asked_on(self, about: Need | Offer, candidates: Iterable[Candidate], uow: UnitOfWork) -> dict[str, str]:
        """Name the dates, prices and places that each provider of a proposal is asked about, in a few signs."""
        lay = _drafts(uow)
        providers = sorted({provider for each in candidates for provider in each.provider_ids})
        return {provider: self._terms(about, provider, lay) for provider in providers}

    def _terms(self, about: Need | Offer, provider_id: str, lay: Catalogue | None) -> str:
        if isinstance(about, Offer):
            told = about.told
            return outs.terms((told.start_window, told.location, told.allowance, told.weeks, told.weekly_hours), ())
        ask = ask_of(about)
        concepts = wanted(ask, self._links)
        known = self._courses.of_provider(provider_id) if lay is None else self._courses_under(lay, ask)
        courses = [each for each in known if each.provider_id == provider_id and each.concepts & concepts]
        return outs.terms(outs.of_ask(ask), sorted(courses, key=attrgetter("ref")))

    async def near_misses(self, need: Need, store: Store, *, most: int) -> tuple[Miss, ...]:
        """Say why the nearest of the other courses are no answer, for pages that show a need."""
        await self.follow(store)
        today = self._time.now().date()
        ask = self._asked(need, today)
        courses = self._courses.courses_for(ask)
        rules, links, rates = self.rules, self._links, self._rates
        return await asyncio.to_thread(
            near_misses, ask, courses, today=today, most=most, ruleset=rules, links=links, rates=rates
        )

    def course(self, ref: str, uow: UnitOfWork) -> Course | None:
        """Return a course as this batch sees it."""
        return self._catalogue.course(ref, _drafts(uow))

    def known_course(self, ref: str) -> Course | None:
        """Return a course as it was committed before this batch."""
        return self._courses.find(ref)

    def of_provider(self, provider_id: str) -> list[Course]:
        """Return a provider's committed courses."""
        return self._courses.of_provider(provider_id)

    def affected_by(self, before: Course | None, after: Course | None, uow: UnitOfWork) -> list[str]:
        """Return the standing needs, and offers without a provider, that a course could answer, as it was or as it is."""
        courses = [course for course in (before, after) if course is not None]
        refs = set(self._needs.affected_by(*courses))
        concepts = {concept for course in courses for concept in course.concepts}
        for need in uow.saved(Need):
            if need.stands and wanted(ask_of(need), self._links) & concepts:
                refs.add(need.key)
            elif not need.stands:
                refs.discard(need.key)
        return sorted(refs | self._offers_for(concepts))

    def open_offers_of(self, org: str, uow: UnitOfWork) -> list[str]:
        """Return an organisation's offers for which nobody is proposed, as this batch sees them."""
        drafts = {offer.key: offer.state == "open" for offer in uow.saved(Offer) if offer.org == org}
        committed = {ref for ref in self._offers if ref.partition("/")[0] == org and drafts.get(ref, True)}
        return sorted(committed | {ref for ref, is_open in drafts.items() if is_open})

    def missed_a_change(self) -> list[str]:
        """Return standing needs and offers whose last ranking had not seen a course's newest change."""
        missed = {
            ref
            for course in self._courses
            for ref in (*self._needs.affected_by(course), *self._offers_for(course.concepts))
            if self._seen.get(ref, 0) <= self._changed_at.get(course.ref, 0)
        }
        return sorted(missed)

    def _asked(self, need: Need, today: date, lay: Catalogue | None = None) -> Ask:
        """Make a need ready for matching, without those providers who are not to be asked again."""
        ask = ask_of(need)
        if not need.out:
            return ask
        stood = {provider: self._terms(need, provider, lay) for provider in need.out}
        declined, silent = outs.barred(need.out, stood, today)
        return replace(ask, declined=declined, silent=silent)

    def _take_over(self, changes: Changes) -> None:
        # Clock by clock: a row that changes nothing about its course must not make the course look newer.
        for clock, at_once in groupby(sorted(changes.rows, key=itemgetter(1)), key=itemgetter(1)):
            touched: set[str] = set()
            for row, _ in at_once:
                if isinstance(row, Need):
                    self._take_need(row)
                elif isinstance(row, Offer):
                    self._take_offer(row)
                elif self._catalogue.put(row):
                    touched |= self._catalogue.touched_by(row)
            self._changed_at |= dict.fromkeys(self._rebuild(touched), clock)
        self._clock, self.seen = changes.clock, changes.seen

    def _take_need(self, need: Need) -> None:
        if need.stands:
            self._needs.put(ask_of(need))
            self._seen[need.key] = need.seen_clock
        else:
            self._needs.drop(need.key)
            self._seen.pop(need.key, None)

    def _take_offer(self, offer: Offer) -> None:
        if offer.state == "open":
            self._offers[offer.key] = frozenset(skills_of(offer))
            self._seen[offer.key] = offer.seen_clock
        else:
            self._offers.pop(offer.key, None)
            self._seen.pop(offer.key, None)

    def _offers_for(self, concepts: AbstractSet[str]) -> set[str]:
        return {ref for ref, skills in self._offers.items() if skills & concepts}

    def _rebuild(self, refs: Iterable[str]) -> list[str]:
        """Make courses anew; returns those that are not what they were."""
        changed = []
        for ref in refs:
            course = self._catalogue.course(ref)
            if course == self._courses.find(ref):
                continue
            changed.append(ref)
            self._generation += 1
            if course is None:
                self._courses.drop(ref)
            else:
                self._courses.put(course)
        return changed

    async def _asks_in(self, store: Store, events: Sequence[Event]) -> list[Ask]:
        published = [ask_of(event) for event in events if isinstance(event, NeedPublished | NeedUpdated)]
        again = [event.need_ref for event in events if isinstance(event, NeedRematchDue)]
        rows = await store.glance(nouns.load, Need, again) if again else {}
        today = self._time.now().date()
        return published + [self._asked(need, today) for need in rows.values() if need.stands]

    async def _rank_ahead(self, asks: Sequence[Ask]) -> dict[str, Ahead]:
        today, generation = self._time.now().date(), self._generation
        # Courses are looked up here: the thread must not walk an index that the event loop may change meanwhile.
        asked = [(ask, self._courses.courses_for(ask)) for ask in asks]
        rankings = await asyncio.to_thread(lambda: [self._rank(ask, courses, today) for ask, courses in asked])
        return {ask.ref: Ahead(ranking, generation, today, ask) for ask, ranking in zip(asks, rankings, strict=True)}

    def _rank_now(self, ask: Ask, uow: UnitOfWork) -> Ranking:
        today = uow.now.date()
        lay = _drafts(uow)
        ahead = self._ahead.get(ask.ref)
        if ahead and lay is None and (ahead.generation, ahead.today, ahead.ask) == (self._generation, today, ask):
            return ahead.ranking
        return self._rank(ask, self._courses_under(lay, ask), today)

    def _rank(self, ask: Ask, courses: Iterable[Course], today: date) -> Ranking:
        return rank(ask, courses, today=today, ruleset=self.rules, links=self._links, rates=self._rates)

    def _courses_under(self, lay: Catalogue | None, ask: Ask) -> list[Course]:
        courses = {course.ref: course for course in self._courses.courses_for(ask)}
        concepts = wanted(ask, self._links)
        for ref in lay.touched(self._catalogue) if lay else ():
            courses.pop(ref, None)
            course = self._catalogue.course(ref, lay)
            if course is not None and course.concepts & concepts:
                courses[ref] = course
        return list(courses.values())

    def _absorb_newer(self, ranking: Ranking, uow: UnitOfWork) -> bool:
        """Look at the best candidates' rows in this transaction; returns whether one was newer than the index."""
        newer = [row for row in _rows_behind(ranking, uow) if not _is_draft(row, uow) and self._catalogue.put(row)]
        self._rebuild({ref for row in newer for ref in self._catalogue.touched_by(row)})
        return bool(newer)


def _drafts(uow: UnitOfWork) -> Catalogue | None:
    rows: list[Row] = [*uow.saved(Organisation), *uow.saved(Curriculum), *uow.saved(Session)]
    return Catalogue(rows) if rows else None


def _is_draft(row: Row, uow: UnitOfWork) -> bool:
    return any(row is draft for draft in uow.saved(type(row)))


def _rows_behind(ranking: Ranking, uow: UnitOfWork) -> list[Row]:
    places: list[tuple[type[Row], str]] = []
    for candidate in ranking.candidates:
        places += [(Curriculum, ref) for ref in candidate.curriculum_refs]
        places += [(kind, ref) for ref in candidate.session_refs for kind in (Session, Seats)]
    uow.fetch(places)
    found = [uow.find(kind, ref) for kind, ref in places]
    return [row for row in found if row is not None]


async def changes_since(session: store_session.Session, since: int) -> Changes:
    """Read every catalogue row and need that changed since a clock, and the clock to read on from."""
    clock, seen = await nouns.clock_now(session)
    rows = await nouns.changed(session, since, *KINDS, Need, Offer)
    return Changes(tuple(rows), clock, seen)

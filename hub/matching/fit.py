"""The facts that filters and criteria judge by: one need held against one course on one sitting.

`rank` makes a `Search` for a need and a `Fit` for each course and sitting. A stack of courses can be judged by the same
filters and criteria once somebody makes a Fit of its totals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from hub.matching import distance
from hub.matching.distance import Distance
from hub.matching.model import NO_LINKS, Ask, Course, Links, Place, RuleSet, Sitting

WORKPLACE, ONLINE = "workplace", "online"
FRIDAY = 4

Rates = Mapping[str, Decimal]
NO_RATES: Rates = MappingProxyType({})
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Search:
    """One need on one day under one rule set, with what follows from these for every course."""

    ask: Ask
    today: date
    rules: RuleSet
    modes: frozenset[str]
    radius_km: float
    related: tuple[frozenset[str], ...]
    asked: frozenset[str]
    wanted: frozenset[str]  # what is asked and what stands beside it
    total_weight: int
    rates: Rates

    @property
    def resolved_musts(self) -> bool:
        """Is there anything to look for: a must whose concept is known or, in a need without musts, any known concept."""
        musts = [skill for skill in self.ask.skills if skill.must]
        return any(skill.uri for skill in musts or self.ask.skills)


def search(ask: Ask, *, today: date, rules: RuleSet, links: Links = NO_LINKS, rates: Rates = NO_RATES) -> Search:
    """What ranking this need takes. `rates` say what one unit of a currency is worth in euro."""
    related = tuple([links.related(skill.uri) if skill.uri else NONE for skill in ask.skills])
    asked = frozenset([skill.uri for skill in ask.skills if skill.uri])
    return Search(
        ask=ask,
        today=today,
        rules=rules,
        modes=ask.modes | {ONLINE} if ask.remote_ok else ask.modes,
        radius_km=rules.radius_km if ask.radius_km is None else ask.radius_km,
        related=related,
        asked=asked,
        wanted=asked.union(*related),
        total_weight=sum([skill.weight for skill in ask.skills]) or 1,
        rates={"EUR": Decimal(1), **rates},
    )


class Cover(NamedTuple):
    """Which of the asked skills a course teaches, in the order they were asked."""

    credits: tuple[float, ...]
    coverage: float
    must_weight: int
    every_must: bool


def cover_of(search: Search, concepts: frozenset[str]) -> Cover:
    """Credit for every asked skill. An unresolved statement earns nothing, but as a must it binds nobody."""
    if search.wanted.isdisjoint(concepts):
        return Cover((0.0,) * len(search.related), 0.0, 0, every_must=False)
    earned: list[float] = []
    gained, must_weight, every_must = 0.0, 0, True
    for skill, related in zip(search.ask.skills, search.related, strict=True):
        credit = 0.0
        if skill.uri in concepts:
            credit = 1.0
        elif related and not related.isdisjoint(concepts):
            credit = search.rules.linked_credit
        if credit:
            gained += skill.weight * credit
            must_weight += skill.weight if skill.must else 0
        elif skill.must and skill.uri:
            every_must = False
        earned.append(credit)
    return Cover(tuple(earned), gained / search.total_weight, must_weight, every_must and gained > 0)


class Cost(NamedTuple):
    """What one learner pays, and the same in the need's currency where it can be compared with the ceiling."""

    amount: Decimal | None
    currency: str = ""
    compared: Decimal | None = None


class Fit(NamedTuple):
    """One need against one course on one sitting; `sitting` is None when the course has none and does not run on demand."""

    search: Search
    course: Course
    sitting: Sitting | None
    cover: Cover
    distance: Distance
    cost: Cost
    companions: tuple[Sitting, ...] = ()  # further sittings that take the rest of a split group

    @property
    def sittings(self) -> tuple[Sitting, ...]:
        """The sitting with its companions, earliest first."""
        together = self.companions if self.sitting is None else (self.sitting, *self.companions)
        return tuple(sorted(together, key=lambda each: (each.start, each.ref)))

    @property
    def start(self) -> date:
        """When it begins; a course without a sitting comes after all others."""
        return self.sitting.start if self.sitting else date.max

    @property
    def uncovered(self) -> tuple[str, ...]:
        """Asked skills that it does not teach, unresolved statements included."""
        pairs = zip(self.search.ask.skills, self.cover.credits, strict=True)
        return tuple(skill.name for skill, credit in pairs if not credit)


def fit_of(search: Search, course: Course, *, sitting: Sitting | None, cover: Cover) -> Fit:
    """Hold the need against this sitting of the course."""
    return Fit(search, course, sitting, cover, way_to(search, course, sitting), cost_of(search, course, sitting))


def way_to(search: Search, course: Course, sitting: Sitting | None) -> Distance:
    """How far the nearest site of the need is from where the sitting takes place."""
    if sitting is None or sitting.mode in (WORKPLACE, ONLINE):
        return distance.HERE
    place = sitting.location or course.place
    # A provider that has told no address is somewhere in the regions it covers.
    places = (place,) if place else tuple([Place(nuts) for nuts in course.reach])
    return distance.nearest(search.ask.locations, places)


def cost_of(search: Search, course: Course, sitting: Sitting | None) -> Cost:
    """One learner's cost; a session's own price comes before the curriculum's."""
    price = (sitting.price if sitting else None) or course.price
    if price is None:
        return Cost(None)
    amount = price.per_learner(search.ask.headcount)
    return Cost(amount, price.currency, compared(search, amount, price.currency))


def compared(search: Search, amount: Decimal, currency: str) -> Decimal | None:
    """The amount in the currency of the need's ceiling; None without a ceiling or without a rate."""
    ceiling, rates = search.ask.max_cost, search.rates
    if ceiling is None:
        return None
    if ceiling.currency == currency:
        return amount
    if currency in rates and ceiling.currency in rates:
        return amount * rates[currency] / rates[ceiling.currency]
    return None


def first_day(search: Search, course: Course) -> date:
    """The earliest day on which this provider can begin, or take the last application."""
    lead = search.rules.lead_time_days if course.lead_time_days is None else course.lead_time_days
    return after_working_days(search.today, lead)


@lru_cache(maxsize=1024)
def after_working_days(day: date, count: int) -> date:
    """The day that many working days later: Monday to Friday, holidays are not known."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() <= FRIDAY:
            count -= 1
    return day


def on_demand(search: Search, course: Course) -> tuple[Sitting, ...]:
    """How the course could run for this need alone: once in each of its modes, as early as window and lead time allow."""
    languages = course.languages
    language = next((each for each in search.ask.languages if each in languages), languages[0] if languages else "")
    start = max(search.ask.earliest, first_day(search, course))
    return tuple(
        Sitting(ref="", start=start, end=None, mode=mode, language=language, seats_free=None, location=course.place)
        for mode in course.modes
    )


def levels_outside(fit: Fit) -> int | None:
    """By how many EQF levels the course lies outside what is asked; None when one of the two says nothing."""
    ask, eqf = fit.search.ask, fit.course.eqf
    if eqf is None or (ask.eqf_min is None and ask.eqf_max is None):
        return None
    if ask.eqf_min is not None and eqf < ask.eqf_min:
        return ask.eqf_min - eqf
    if ask.eqf_max is not None and eqf > ask.eqf_max:
        return eqf - ask.eqf_max
    return 0


def free_seats(fit: Fit) -> int:
    """Free seats of the sitting and its companions."""
    ref = fit.search.ask.ref
    return sum(each.free_for(ref) for each in fit.sittings)


def last_day(fit: Fit) -> date:
    """When the course ends, as far as that is known."""
    return fit.search.ask.latest if fit.sitting is None else fit.sitting.end or fit.sitting.start

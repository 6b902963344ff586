"""A need, a course and a sitting that fit together perfectly; each test changes the one thing it is about."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hub.matching.fit import Fit, cover_of, fit_of, search
from hub.matching.model import NO_LINKS, Ask, AskedSkill, Course, Links, Money, Place, Price, Sitting
from hub.matching.rulesets import CURRENT

TODAY = date(2026, 11, 23)  # a Monday
UBRIQUE = Place("ES612", 36.678, -5.447)
PORTO = Place("PT11A", 40.900, -8.490)
IASI = Place("RO213", 47.159, 27.587)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def euro(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def must(uri: str | None, weight: int = 3, **more: Any) -> AskedSkill:
    return AskedSkill(uri, weight=weight, **more)


def wish(uri: str | None, weight: int = 3, **more: Any) -> AskedSkill:
    return AskedSkill(uri, weight=weight, must=False, **more)


def an_ask(**changes: Any) -> Ask:
    plain = Ask(
        ref="belt/N-1",
        skills=(must("cut"),),
        headcount=3,
        target_group="cvet",
        locations=(UBRIQUE,),
        languages=("es", "en"),
        earliest=day(10),
        latest=day(60),
        modes=frozenset({"presential", "workplace", "blended"}),
    )
    return replace(plain, **changes)


def a_sitting(**changes: Any) -> Sitting:
    plain = Sitting(
        ref="movex/s1",
        start=day(20),
        end=day(30),
        mode="presential",
        language="es",
        seats_free=8,
        location=UBRIQUE,
    )
    return replace(plain, **changes)


def a_course(*sittings: Sitting, **changes: Any) -> Course:
    plain = Course(
        ref="movex/C1",
        provider_id="movex",
        concepts=frozenset({"cut"}),
        hours=30,
        kind="both",
        modes=("presential",),
        languages=("es",),
        sittings=sittings or (a_sitting(),),
        coverage_nuts=("ES61",),
        country="ES",
        place=UBRIQUE,
        price=Price(Decimal(200), "EUR"),
        eqf=4,
    )
    return replace(plain, **changes)


def a_fit(
    ask: Ask | None = None,
    course: Course | None = None,
    *,
    sitting: Sitting | None = None,
    links: Links = NO_LINKS,
    rates: dict[str, Decimal] | None = None,
) -> Fit:
    """The ask held against the sitting, or against the course's first."""
    course = course or a_course()
    looking = search(ask or an_ask(), today=TODAY, rules=CURRENT, links=links, rates=rates or {})
    chosen = sitting or (course.sittings[0] if course.sittings else None)
    return fit_of(looking, course, sitting=chosen, cover=cover_of(looking, course.concepts))


class Beside:
    """Links in which each pair stands side by side, both ways."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def related(self, uri: str) -> frozenset[str]:
        forth = {there for here, there in self._pairs if here == uri}
        back = {here for here, there in self._pairs if there == uri}
        return frozenset(forth | back)

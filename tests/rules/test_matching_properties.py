"""What must hold for every need and every catalogue, however odd.

A case is drawn from a seed by `random.Random`: a hundred times faster than drawing each field through hypothesis, which
then only shrinks the seed. Every draw starts from the case that fits perfectly and changes some of it, so that
candidates, gaps and near misses all come often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.matching.filters import failed
from hub.matching.fit import search
from hub.matching.index import CourseIndex
from hub.matching.judge import judge
from hub.matching.model import Ask, AskedSkill, Course, History, Money, Place, Price, Sitting
from hub.matching.outcome import Ranking
from hub.matching.rank import rank
from hub.matching.rulesets import CURRENT
from hub.matching.score import score
from tests.rules.matching_cases import TODAY, Beside, a_course, a_sitting, an_ask, day

CONCEPTS = ("cut", "sew", "glue", "print", "fold", "plan")
LINKS = Beside(("cut", "fold"), ("sew", "glue"))
IRRELEVANT = Course("z/other", "z", frozenset({"juggling"}), 10, "both", ("online",), ("es",))
PLACES = (Place("ES612", 36.678, -5.447), Place("ES611"), Place("PT11A", 40.9, -8.49), Place("PT"))
MODES = ("presential", "online", "blended", "workplace")
KINDS = ("ivet", "cvet", "both")
LANGUAGES = (("es",), ("es", "en"), ("pt", "es"), ("ro", "en"))
AMOUNTS = (("0", "EUR"), ("150", "EUR"), ("250.50", "EUR"), ("900", "PLN"))
CHANGED = 0.15  # of the fields


@dataclass(frozen=True)
class World:
    """A need and a catalogue, with the dice for whatever else a test has to choose."""

    ask: Ask
    courses: tuple[Course, ...]
    dice: Random

    def ranking(self, courses: Sequence[Course] | None = None) -> Ranking:
        return rank(self.ask, self.courses if courses is None else courses, today=TODAY, links=LINKS)


def changed(dice: Random, choices: dict[str, Any]) -> dict[str, Any]:
    """Some of these fields, each with its own chance."""
    return {name: value for name, value in choices.items() if dice.random() < CHANGED}


def a_skill(dice: Random) -> AskedSkill:
    uri = None if dice.random() < CHANGED else dice.choice(CONCEPTS)
    return AskedSkill(uri, "words", dice.randint(1, 5), must=dice.random() < 0.5)


def some_ask(dice: Random) -> Ask:
    choices = {
        "headcount": dice.randint(1, 30),
        "target_group": dice.choice(KINDS),
        "locations": tuple(dice.choices(PLACES, k=2)),
        "languages": dice.choice(LANGUAGES),
        "modes": frozenset(dice.choices(MODES, k=2)),
        "remote_ok": True,
        "language_preferred_only": True,
        "radius_km": dice.randint(0, 500),
        "preferred_start": day(dice.randint(0, 70)),
        "needed_by": day(dice.randint(0, 70)),
        "latest": day(dice.randint(10, 70)),
        "eqf_min": dice.randint(1, 8),
        "eqf_max": dice.randint(1, 8),
        "max_hours": dice.randint(1, 100),
        "max_cost": money(dice),
        "green": True,
        "digital": True,
        "credential_wanted": True,
    }
    return an_ask(skills=tuple(a_skill(dice) for _ in range(dice.randint(1, 4))), **changed(dice, choices))


def money(dice: Random) -> Money:
    amount, currency = dice.choice(AMOUNTS)
    return Money(Decimal(amount), currency)


def price(dice: Random) -> Price:
    amount, currency = dice.choice(AMOUNTS)
    return Price(Decimal(amount), currency, dice.choice(("learner", "group")))


def some_sitting(dice: Random, ref: str) -> Sitting:
    start = dice.randint(0, 60)
    choices = {
        "start": day(start),
        "end": dice.choice((None, day(start + 10))),
        "mode": dice.choice(MODES),
        "language": dice.choice(("es", "pt", "en")),
        "location": dice.choice((None, *PLACES)),
        "application_deadline": day(start - 3),
        "cancelled": True,
        "price": price(dice),
    }
    seats = dice.randint(0, 30)
    return a_sitting(ref=ref, seats_free=seats, split_allowed=dice.random() < 0.5, **changed(dice, choices))


def some_course(dice: Random, number: int) -> Course:
    choices = {
        "hours": dice.randint(1, 100),
        "kind": dice.choice(KINDS),
        "languages": dice.choice(LANGUAGES),
        "coverage_nuts": dice.choice(((), ("ES", "PT11"))),
        "place": dice.choice((None, *PLACES)),
        "price": dice.choice((None, price(dice))),
        "eqf": dice.choice((None, dice.randint(1, 8))),
        "green": True,
        "on_demand": True,
        "history": History(dice.choice((None, dice.random())), dice.random()),
        "placed": dice.randint(0, 3),
    }
    return replace(
        a_course(),
        ref=f"p{number % 3}/C{number}",
        concepts=frozenset(dice.choices(CONCEPTS, k=dice.randint(1, 4))),
        sittings=tuple(some_sitting(dice, f"s{n}") for n in range(dice.randint(0, 3))),
        **changed(dice, choices),
    )


def world(seed: int) -> World:
    dice = Random(seed)  # noqa: S311 - test data, not a secret
    return World(some_ask(dice), tuple(some_course(dice, n) for n in range(dice.randint(0, 12))), dice)


worlds = some.integers(0, 2**32 - 1).map(world)


@given(worlds)
def test_scores_lie_between_nought_and_a_hundred_and_are_the_sum_of_their_breakdown(case: World) -> None:
    looking = search(case.ask, today=TODAY, rules=CURRENT, links=LINKS)

    for course in case.courses:
        scored = score(judge(looking, course).fit)

        assert 0 <= scored.score <= 100
        assert abs(sum(scored.breakdown.values()) - scored.score) <= 0.1
        assert all(0 <= points <= CURRENT.weights[name] for name, points in scored.breakdown.items())


@given(worlds)
def test_no_candidate_fails_a_filter_and_each_reaches_the_cut_off(case: World) -> None:
    looking = search(case.ask, today=TODAY, rules=CURRENT, links=LINKS)
    by_ref = {course.ref: course for course in case.courses}

    for candidate in case.ranking().candidates:
        assert failed(judge(looking, by_ref[candidate.curriculum_refs[0]]).fit) == ()
        assert candidate.score >= CURRENT.propose


@given(worlds)
def test_every_need_has_candidates_or_a_gap_with_reasons_and_never_both(case: World) -> None:
    ranking = case.ranking()

    assert bool(ranking.candidates) != bool(ranking.gap)


@given(worlds)
def test_every_course_is_either_good_enough_or_told_why_not(case: World) -> None:
    ranking = case.ranking()
    told = {each.curriculum_ref for each in ranking.rejected}

    assert all(each.failed for each in ranking.rejected)
    assert told.isdisjoint(each.curriculum_refs[0] for each in ranking.candidates)
    if len(ranking.candidates) < CURRENT.max_candidates:
        assert len(told) + len(ranking.candidates) == len(case.courses)


@given(worlds)
def test_the_order_in_which_courses_come_changes_nothing(case: World) -> None:
    shuffled = case.dice.sample(case.courses, len(case.courses))

    assert case.ranking(shuffled) == case.ranking()


@given(worlds)
def test_a_course_that_teaches_nothing_asked_changes_nothing(case: World) -> None:
    without, with_it = case.ranking(), case.ranking((*case.courses, IRRELEVANT))

    assert replace(with_it, rejected=without.rejected) == without


@given(worlds)
def test_the_index_finds_every_course_that_could_matter(case: World) -> None:
    index = CourseIndex(LINKS)
    for course in case.courses:
        index.put(course)

    found, whole = case.ranking(index.courses_for(case.ask)), case.ranking()

    assert replace(found, rejected=()) == replace(whole, rejected=())


@given(worlds)
def test_more_seats_in_a_course_never_take_it_off_the_list(case: World) -> None:
    def roomier(course: Course) -> Course:
        seats = [replace(each, seats_free=(each.seats_free or 0) + case.dice.randint(0, 9)) for each in course.sittings]
        return replace(course, sittings=tuple(seats))

    for course in case.courses:
        if case.ranking([course]).candidates:
            assert case.ranking([roomier(course)]).candidates


@pytest.mark.parametrize("seed", [2815, 3410])
def test_a_session_that_is_no_good_does_not_hide_that_a_course_runs_on_demand(seed: int) -> None:
    case = world(seed)
    (course,) = [each for each in case.courses if each.on_demand and case.ranking([each]).candidates][:1]

    seats = tuple(replace(each, seats_free=(each.seats_free or 0) + 9) for each in course.sittings)

    assert case.ranking([replace(course, sittings=seats)]).candidates


def test_the_worlds_hold_candidates_gaps_and_near_misses_in_fair_parts() -> None:
    rankings = [world(seed).ranking() for seed in range(200)]

    assert sum(bool(each.candidates) for each in rankings) > 60
    assert sum(bool(each.nearest_misses) for each in rankings) > 60
    assert len({code for each in rankings for code in each.gap or ()}) > 6

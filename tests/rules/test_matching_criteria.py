"""Every soft criterion at its borders: what it gives, in points of its own weight, and what it says."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.matching.criteria import CRITERIA, DEFAULT_WEIGHTS
from hub.matching.model import History, Place, Price
from hub.matching.outcome import Note
from hub.matching.rulesets import CURRENT, RULESETS
from tests.rules.matching_cases import PORTO, Beside, a_course, a_fit, a_sitting, an_ask, day, euro, must, wish

Changes = dict[str, Any]
JUDGES = {each.name: each for each in CRITERIA}
FIVE_FOUR_ONE = (must("cut", 5), wish("sew", 4), wish("glue", 1))

# criterion, what the need, the course, the sitting say otherwise, points, codes
CASES: list[tuple[str, Changes, Changes, Changes, float, list[str]]] = [
    ("skills", {}, {}, {}, 40, ["teaches"]),
    ("skills", {"skills": FIVE_FOUR_ONE}, {}, {}, 20, ["teaches", "skill_missing", "skill_missing"]),
    (
        "skills",
        {"skills": FIVE_FOUR_ONE},
        {"concepts": frozenset({"cut", "sew"})},
        {},
        36,
        ["teaches", "skill_missing"],
    ),
    ("skills", {"skills": (must("cut"), must(None))}, {}, {}, 20, ["teaches", "skill_not_understood"]),
    ("distance", {}, {}, {}, 12, ["distance"]),
    ("distance", {}, {}, {"mode": "workplace", "location": None}, 12, ["at_your_site"]),
    ("distance", {"remote_ok": True}, {}, {"mode": "online"}, 9, ["online"]),
    ("distance", {"radius_km": 100}, {}, {"location": Place("ES611")}, 6, ["distance_estimated"]),
    ("distance", {"radius_km": 0}, {}, {}, 12, ["distance"]),
    ("distance", {"locations": (PORTO,)}, {}, {}, 0, ["distance"]),
    ("date", {}, {}, {"start": day(10)}, 12, ["starts_at_earliest"]),
    ("date", {}, {}, {"start": day(35)}, 9, ["starts_after_earliest"]),
    ("date", {}, {}, {"start": day(60)}, 6, ["starts_after_earliest"]),
    ("date", {"preferred_start": day(40)}, {}, {"start": day(40)}, 12, ["starts_as_preferred"]),
    ("date", {"preferred_start": day(40)}, {}, {"start": day(15)}, 6, ["starts_off_preferred"]),
    ("date", {"preferred_start": day(10)}, {}, {"start": day(60)}, 0, ["starts_off_preferred"]),
    ("date", {"earliest": day(20), "latest": day(20)}, {}, {}, 12, ["starts_at_earliest"]),
    ("date", {}, {}, {"ref": "", "start": day(10)}, 12, ["starts_at_earliest", "on_demand"]),
    ("level", {}, {}, {}, 8, []),
    ("level", {"eqf_min": 3, "eqf_max": 4}, {}, {}, 8, ["level_fits"]),
    ("level", {"eqf_min": 5, "eqf_max": 6}, {}, {}, 4, ["level_close"]),
    ("level", {"eqf_max": 3}, {}, {}, 4, ["level_close"]),
    ("level", {"eqf_min": 6, "eqf_max": 6}, {}, {}, 0, []),
    ("level", {"eqf_min": 6, "eqf_max": 6}, {"eqf": None}, {}, 6, ["level_not_stated"]),
    ("focus", {}, {}, {}, 6, ["teaches_nothing_else"]),
    ("focus", {}, {"concepts": frozenset({"cut", "sew", "glue"})}, {}, 2, ["also_teaches"]),
    ("focus", {}, {"concepts": frozenset()}, {}, 0, []),
    ("cost", {}, {}, {}, 6, []),
    ("cost", {"max_cost": euro(400)}, {}, {}, 4.5, ["under_your_limit"]),
    ("cost", {"max_cost": euro(200)}, {}, {}, 3, ["at_your_limit"]),
    ("cost", {"max_cost": euro(0)}, {"price": Price(Decimal(0), "EUR")}, {}, 6, ["at_your_limit"]),
    ("cost", {"max_cost": euro(100)}, {}, {}, 0, []),
    ("cost", {"max_cost": euro(100)}, {"price": None}, {}, 3, ["price_not_stated"]),
    ("cost", {"max_cost": euro(100)}, {"price": Price(Decimal(1), "PLN")}, {}, 3, ["cost_not_compared"]),
    ("language", {}, {}, {}, 4, ["your_first_language"]),
    ("language", {}, {}, {"language": "en"}, 2, ["another_of_your_languages"]),
    ("language", {"language_preferred_only": True}, {}, {"language": "ro"}, 0, ["not_your_language"]),
    ("green_digital", {}, {}, {}, 4, []),
    ("green_digital", {"green": True}, {"green": True}, {}, 4, ["wish_met"]),
    ("green_digital", {"green": True, "digital": True}, {"digital": True}, {}, 2, ["wish_not_met", "wish_met"]),
    ("green_digital", {"digital": True}, {"green": True}, {}, 0, ["wish_not_met"]),
    ("credential", {}, {}, {}, 4, []),
    ("credential", {"credential_wanted": True}, {"credential": True}, {}, 4, ["credential_offered"]),
    ("credential", {"credential_wanted": True}, {}, {}, 0, ["no_credential"]),
    ("record", {}, {}, {}, 2, ["no_record_yet"]),
    ("record", {}, {"history": History(1.0, 0.5)}, {}, 3, ["record"]),
    ("record", {}, {"history": History(response_rate=0.0)}, {}, 0, ["record"]),
    ("record", {}, {"history": History()}, {}, 2, ["no_record_yet"]),
]


@pytest.mark.parametrize(("name", "need", "course", "sitting", "points", "codes"), CASES)
def test_a_criterion_gives_its_points_and_says_why(
    name: str, need: Changes, course: Changes, sitting: Changes, points: float, codes: list[str]
) -> None:
    share, notes = JUDGES[name].judge(a_fit(an_ask(**need), a_course(a_sitting(**sitting), **course)))

    assert share * JUDGES[name].weight == pytest.approx(points)
    assert [note.code for note in notes] == codes


def test_every_criterion_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(JUDGES)


def test_a_concept_beside_the_asked_one_earns_half() -> None:
    ask = an_ask(skills=(must("sew", 5), wish("cut", 5)))

    share, notes = JUDGES["skills"].judge(a_fit(ask, links=Beside(("cut", "sew"))))

    assert share == pytest.approx(0.75)
    assert notes == (
        Note("teaches", {"taught": 2, "asked": 2}),
        Note("skill_related", {"skill": "sew"}),
    )


def test_without_a_session_nothing_is_earned_for_place_day_and_language() -> None:
    empty = a_fit(course=replace(a_course(), sittings=()))

    assert [JUDGES[name].judge(empty) for name in ("distance", "date", "language")] == [(0.0, ())] * 3


def test_the_weights_in_force_are_those_of_the_domain_page() -> None:
    assert CURRENT.weights == DEFAULT_WEIGHTS
    assert dict(CURRENT.weights) == {
        "skills": 40,
        "distance": 12,
        "date": 12,
        "level": 8,
        "focus": 6,
        "cost": 6,
        "language": 4,
        "green_digital": 4,
        "credential": 4,
        "record": 4,
    }


def test_every_rule_set_gives_a_hundred_points_and_can_be_found_again() -> None:
    assert RULESETS["2026-11"] is CURRENT
    assert [sum(each.weights.values()) for each in RULESETS.values()] == [100] * len(RULESETS)

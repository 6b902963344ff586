"""Which providers fit a placement, and what each of them is given points for."""

from dataclasses import replace
from typing import Any

import pytest

from hub.matching.model import History, Place
from hub.matching.outcome import Note
from hub.matching.placements import Offer, School, rank_schools
from tests.rules.matching_cases import PORTO, a_course, day

OFFER = Offer(ref="belcinto/O-001", skills=("S15", "S16"), place=PORTO, languages=("pt",), scheme="fct", start=day(60))
C09 = a_course(ref="ctcp/C09", concepts=frozenset({"S15", "S45"}), kind="both")
C10 = a_course(ref="ctcp/C10", concepts=frozenset({"S16"}), kind="ivet")
CTCP = School("ctcp", languages=("pt", "en"), reach=("PT11", "PT16"), courses=(C09,), place=PORTO)


def test_the_school_that_teaches_a_part_of_the_placement_nearby_is_proposed() -> None:
    (candidate,) = rank_schools(OFFER, [CTCP])

    assert (candidate.provider_ids, candidate.curriculum_refs, candidate.score) == (("ctcp",), ("ctcp/C09",), 65.0)
    assert candidate.breakdown == {"skills": 30, "distance": 20, "language": 10, "record": 5}
    assert (candidate.coverage, candidate.uncovered_skills) == (0.5, ("S16",))
    assert Note("teaches_of_placement", {"taught": 1, "asked": 2}) in candidate.explanation


@pytest.mark.parametrize(
    ("school", "offer"),
    [
        ({"languages": ("ro",)}, {}),
        ({"reach": ("ES61",)}, {}),
        ({"courses": (replace(C09, kind="cvet"),)}, {}),
        ({"courses": (replace(C09, concepts=frozenset({"S1"})),)}, {}),
        ({}, {"declined": frozenset({"ctcp"})}),
        ({}, {"silent": frozenset({"ctcp"})}),
        ({}, {"excluded": frozenset({"ctcp"})}),
    ],
    ids=["language", "place", "kind", "skills", "declined", "silent", "excluded"],
)
def test_a_school_that_does_not_fit_is_left_out(school: dict[str, Any], offer: dict[str, Any]) -> None:
    assert rank_schools(replace(OFFER, **offer), [replace(CTCP, **school)]) == ()


def test_shadowing_is_open_to_schools_for_adults() -> None:
    adults = replace(CTCP, courses=(replace(C09, kind="cvet"),))

    assert rank_schools(replace(OFFER, scheme="shadowing"), [adults])


@pytest.mark.parametrize(
    ("school", "name", "points"),
    [
        ({"courses": (C09, C10)}, "skills", 60),
        ({"place": Place("PT16B")}, "distance", 16.25),  # 150 km
        ({"place": Place("ES612")}, "distance", 10),  # half is kept: it comes to the site all the same
        ({"place": None}, "distance", 20),
        ({"history": History(0.5, 1.0)}, "record", 7.5),
    ],
)
def test_points_follow_what_is_taught_how_near_and_how_well(school: dict[str, Any], name: str, points: float) -> None:
    (candidate,) = rank_schools(OFFER, [replace(CTCP, **school)])

    assert candidate.breakdown[name] == points


def test_only_the_first_language_earns_points() -> None:
    (candidate,) = rank_schools(replace(OFFER, languages=("es", "en")), [CTCP])

    assert candidate.breakdown["language"] == 0
    assert Note("another_of_your_languages", {"language": "en"}) in candidate.explanation


def test_equal_schools_come_in_the_order_of_distance_and_id() -> None:
    near, far, other = (
        replace(CTCP, provider_id="z", place=None),
        replace(CTCP, provider_id="b", place=Place("PT16B")),
        replace(CTCP, provider_id="a", place=None),
    )

    assert [each.provider_ids for each in rank_schools(OFFER, [far, near, other])] == [("a",), ("z",), ("b",)]

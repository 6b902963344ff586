"""How far places are apart, exactly where there are coordinates and roughly where there are none."""

import pytest

from hub.matching.distance import ELSEWHERE, Distance, between, covers, estimate, great_circle, nearest
from hub.matching.model import Course, Place
from tests.rules.matching_cases import IASI, PORTO, UBRIQUE, a_course


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((48.8566, 2.3522), (51.5074, -0.1278), 343.6),  # Paris to London
        ((0, 0), (0, 180), 20015.1),  # half round the world
        ((0, 179.5), (0, -179.5), 111.2),  # over the date line
        ((40.9, -8.49), (40.9, -8.49), 0.0),
    ],
)
def test_the_great_circle_is_as_long_as_on_a_globe(
    here: tuple[float, float], there: tuple[float, float], km: float
) -> None:
    assert great_circle(*here, *there) == pytest.approx(km, abs=0.1)


@pytest.mark.parametrize(
    ("nuts", "other", "km"),
    [
        ("PT11A", "PT11A", 0),
        ("PT11A", "PT11C", 50),
        ("PT11A", "PT11", 50),
        ("PT11", "PT11", 50),
        ("PT11A", "PT16B", 150),
        ("PT11A", "PT200", 400),
        ("PT", "PT11A", 400),
        ("PT11A", "ES611", ELSEWHERE),
        ("PT11A", "PL911", ELSEWHERE),
        ("PT11A", "", ELSEWHERE),
    ],
)
def test_without_coordinates_the_shared_beginning_of_the_codes_tells(nuts: str, other: str, km: float) -> None:
    assert estimate(nuts, other) == estimate(other, nuts) == km
    assert between(Place(nuts, 40.0, -8.0), Place(other)) == Distance(km, estimated=True)


def test_the_nearest_of_several_sites_counts() -> None:
    assert nearest((PORTO, IASI), (UBRIQUE, IASI)) == Distance(0.0)
    assert nearest((PORTO,), ()) == Distance(ELSEWHERE, estimated=True)


@pytest.mark.parametrize(
    ("reach", "nuts", "inside"),
    [
        (("ES61",), "ES612", True),
        (("PT11", "ES"), "ES612", True),
        (("ES61",), "ES6", False),
        (("ES62",), "ES612", False),
        ((), "ES612", False),
        (("",), "ES612", False),
        (("ES",), "", False),
    ],
)
def test_coverage_is_told_by_prefix(reach: tuple[str, ...], nuts: str, inside: bool) -> None:
    assert covers(reach, nuts) is inside


@pytest.mark.parametrize(
    ("course", "nuts"),
    [
        (a_course(national=True, country="PT", coverage_nuts=()), "PT11A"),
        (a_course(national=True, country="GR", coverage_nuts=()), "EL301"),
    ],
)
def test_a_national_provider_covers_its_country(course: Course, nuts: str) -> None:
    assert covers(course.reach, nuts)

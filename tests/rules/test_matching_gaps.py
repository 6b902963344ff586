"""Which unmet needs belong together, and which of them ask only for another session."""

import pytest

from hub.matching.gaps import asks_for_session, cluster_of, eqf_band
from hub.matching.model import Place
from tests.rules.matching_cases import an_ask, must, wish


@pytest.mark.parametrize(
    ("lowest", "highest", "band"),
    [
        (1, 2, "1-2"),
        (2, None, "1-2"),
        (3, 4, "3-4"),
        (None, 4, "3-4"),
        (4, 6, "3-4"),
        (5, 5, "5-6"),
        (8, 8, "7-8"),
        (None, None, "any"),
    ],
)
def test_levels_come_in_pairs(lowest: int | None, highest: int | None, band: str) -> None:
    assert eqf_band(lowest, highest) == band


def test_a_cluster_is_named_by_region_language_level_and_first_must() -> None:
    ask = an_ask(
        skills=(must(None, statement="coser"), wish("cut"), must("sew"), must("glue")),
        locations=(Place("PT11A"), Place("ES612")),
        languages=("pt", "en"),
        eqf_min=3,
    )

    assert cluster_of(ask).key == "PT11|pt|3-4|sew"
    assert cluster_of(ask, group_of=lambda uri: f"{uri}ing").skill_group == "sewing"


def test_a_need_that_nobody_understands_has_no_skill_group() -> None:
    assert cluster_of(an_ask(skills=(must(None, statement="coser"),))).key == "ES61|es|any|"


@pytest.mark.parametrize(
    ("codes", "session"),
    [
        (["no_seats"], True),
        (["no_session_in_window", "cost"], True),
        (["low_score"], True),
        (["no_seats", "language"], False),
        (["no_curriculum"], False),
    ],
)
def test_seats_window_cost_and_score_ask_for_a_session_and_not_for_a_curriculum(
    codes: list[str], session: bool
) -> None:
    assert asks_for_session(codes) is session

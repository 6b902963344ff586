"""How a ranking is put together: the best sitting, ties, cut-offs, on demand, split groups, gaps and near misses."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hub.matching.model import Ask, Course, Money, Price
from hub.matching.outcome import Note, Ranking, Rejected
from hub.matching.rank import rank
from hub.matching.rulesets import CURRENT
from tests.rules.matching_cases import (
    IASI,
    PORTO,
    TODAY,
    UBRIQUE,
    Beside,
    a_course,
    a_sitting,
    an_ask,
    day,
    euro,
    must,
    wish,
)


def ranked(ask: Ask, *courses: Course) -> Ranking:
    return rank(ask, courses, today=TODAY)


def refs(ranking: Ranking) -> list[str]:
    return [each.curriculum_refs[0] for each in ranking.candidates]


def test_a_course_is_proposed_with_its_best_fitting_session() -> None:
    late, early, foreign = (
        a_sitting(ref="late", start=day(50), end=day(55)),
        a_sitting(ref="early", start=day(15)),
        a_sitting(ref="foreign", start=day(11), language="ro"),
    )

    ranking = ranked(an_ask(), a_course(late, foreign, early))

    assert ranking.candidates[0].session_refs == ("early",)


def test_a_rejected_course_counts_with_the_session_that_fails_least() -> None:
    far_and_foreign = a_sitting(ref="s1", location=IASI, language="ro", start=day(12))
    only_full, full_later = (a_sitting(ref=ref, seats_free=0, start=day(n)) for ref, n in (("s2", 20), ("s3", 25)))

    ranking = ranked(an_ask(), a_course(far_and_foreign, full_later, only_full))

    assert ranking.rejected == (Rejected("movex/C1", ("no_seats",)),)
    assert ranking.nearest_misses[0].why == (Note("seats_short", {"free": 0, "headcount": 3}),)


def test_a_cancelled_session_is_as_good_as_none() -> None:
    ranking = ranked(an_ask(), a_course(a_sitting(cancelled=True, language="ro", location=IASI)))

    assert ranking.gap == ("no_session_in_window",)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        # The second starts later, but the need prefers the day in the middle, so both earn the same.
        ({"sittings": (a_sitting(start=day(25)),)}, {"sittings": (a_sitting(start=day(45)),)}),
        ({"placed": 1}, {"placed": 2}),
        ({"ref": "a/C9"}, {"ref": "b/C1"}),
    ],
    ids=["earlier start", "fewer already placed", "lower id"],
)
def test_ties_are_broken_in_the_order_of_the_rules(better: dict[str, object], worse: dict[str, object]) -> None:
    ask = an_ask(preferred_start=day(35))
    first = replace(a_course(ref="x/first"), **better)
    second = replace(a_course(ref="x/second"), **worse)

    ranking = ranked(ask, second, first)

    assert ranking.candidates[0].score == ranking.candidates[1].score
    assert refs(ranking) == [first.ref, second.ref]


def test_with_the_same_score_and_day_the_shorter_way_comes_first() -> None:
    near = a_course(a_sitting(location=replace(UBRIQUE, lat=36.6781)), ref="z/near")
    here = a_course(a_sitting(), ref="a/further")
    ask = an_ask(locations=(replace(UBRIQUE, lat=36.6782),), radius_km=500)

    ranking = ranked(ask, here, near)

    assert ranking.candidates[0].score == ranking.candidates[1].score
    assert refs(ranking) == ["z/near", "a/further"]


def test_no_more_than_five_are_proposed() -> None:
    ranking = ranked(an_ask(), *(a_course(ref=f"movex/C{n}") for n in range(7)))

    assert len(ranking.candidates) == 5
    assert ranking.rejected == ()


def test_a_score_between_the_cut_offs_is_weak_and_makes_a_gap() -> None:
    ask = an_ask(skills=(must("cut", 1), wish("sew", 5), wish("glue", 5)), eqf_min=5, eqf_max=5)

    ranking = ranked(ask, a_course(concepts=frozenset({"cut", "x", "y", "z"})))

    assert ranking.candidates == ()
    assert 45 <= ranking.weak[0].score < 60
    assert ranking.gap == ("low_score",)
    assert ranking.best_score == ranking.weak[0].score
    assert ranking.rejected == (Rejected("movex/C1", ("low_score",)),)


def test_a_score_under_the_weak_line_is_only_rejected() -> None:
    ask = an_ask(
        skills=(must("cut", 1), wish("sew", 5), wish("glue", 5)),
        eqf_min=5,
        green=True,
        credential_wanted=True,
        preferred_start=day(60),
    )

    ranking = ranked(ask, a_course(concepts=frozenset({"cut", "x", "y", "z"})))

    assert ranking.weak == ()
    assert ranking.rejected[0].failed == ("low_score",)


def test_a_course_on_demand_starts_as_soon_as_window_and_lead_time_allow() -> None:
    course = a_course(on_demand=True, lead_time_days=12, modes=("online", "workplace"))
    course = replace(course, sittings=())

    candidate = ranked(an_ask(), course).candidates[0]

    assert candidate.session_refs == ()
    assert candidate.start == day(16)
    assert Note("at_your_site") in candidate.explanation
    assert Note("on_demand") in candidate.explanation


def test_a_lead_time_beyond_the_window_leaves_no_session() -> None:
    course = replace(a_course(on_demand=True, lead_time_days=60), sittings=())

    assert ranked(an_ask(), course).gap == ("no_session_in_window",)


def test_on_demand_the_curriculums_languages_count() -> None:
    course = replace(a_course(on_demand=True, languages=("ro", "en")), sittings=())

    assert Note("another_of_your_languages", {"language": "en"}) in ranked(an_ask(), course).candidates[0].explanation
    assert ranked(an_ask(languages=("pt",)), course).gap == ("language",)


def test_a_session_that_fits_comes_before_running_on_demand() -> None:
    fits = a_course(a_sitting(ref="late", start=day(50), end=day(55)), on_demand=True)
    full = a_course(a_sitting(ref="full", seats_free=0), on_demand=True)

    assert ranked(an_ask(), fits).candidates[0].session_refs == ("late",)
    assert ranked(an_ask(), full).candidates[0].session_refs == ()


def test_a_group_may_be_split_over_three_sessions_that_allow_it() -> None:
    sittings = [a_sitting(ref=f"s{n}", start=day(20 + n), seats_free=4, split_allowed=True) for n in range(4)]

    twelve, thirteen = (ranked(an_ask(headcount=count), a_course(*sittings)) for count in (12, 13))

    assert twelve.candidates[0].session_refs == ("s0", "s1", "s2")
    assert Note("split_over_sessions", {"sessions": 3}) in twelve.candidates[0].explanation
    assert thirteen.gap == ("no_seats",)


def test_a_group_is_not_split_into_sessions_that_fail_otherwise_or_forbid_it() -> None:
    one = a_sitting(ref="s1", seats_free=4, split_allowed=True)
    foreign = a_sitting(ref="s2", seats_free=9, split_allowed=True, language="ro")
    closed = a_sitting(ref="s3", seats_free=4)

    assert ranked(an_ask(headcount=5), a_course(one, foreign, closed)).gap == ("no_seats",)


def test_the_nearest_miss_has_the_fewest_failures_then_more_coverage_then_the_lower_id() -> None:
    ask = an_ask(skills=(must("cut"), wish("sew")), headcount=9)
    more = frozenset({"cut", "sew"})
    courses = [
        a_course(ref="b/full"),
        a_course(ref="a/full"),
        a_course(ref="z/more", concepts=more),
        a_course(a_sitting(language="ro"), ref="a/two", concepts=more),
    ]

    ranking = ranked(ask, *courses)

    assert [each.curriculum_refs[0] for each in ranking.nearest_misses] == ["z/more", "a/full", "b/full"]
    assert ranking.gap == ("no_seats",)


def test_what_fails_only_by_its_score_is_nearer_than_what_fails_a_filter() -> None:
    ask = an_ask(skills=(must("cut", 1), wish("sew", 5), wish("glue", 5)), eqf_min=5, eqf_max=5)
    loose = a_course(ref="z/loose", concepts=frozenset({"cut", "x", "y", "z"}))
    full = a_course(a_sitting(seats_free=0), ref="a/full", concepts=frozenset({"cut", "sew", "glue"}))

    ranking = ranked(ask, full, loose)

    assert ranking.gap == ("low_score",)
    assert [each.failed for each in ranking.nearest_misses] == [("low_score",), ("no_seats",)]


def test_when_nothing_teaches_every_must_those_come_first_that_teach_most_of_them() -> None:
    ask = an_ask(skills=(must("cut", 2), must("sew", 5), wish("glue", 5)))
    cuts, sews, glues = (a_course(ref=f"a/{name}", concepts=frozenset({name})) for name in ("cut", "sew", "glue"))

    ranking = ranked(ask, cuts, glues, sews)

    assert ranking.gap == ("no_curriculum",)
    assert [each.curriculum_refs[0] for each in ranking.nearest_misses] == ["a/sew", "a/cut", "a/glue"]
    assert all("skills" in each.failed for each in ranking.nearest_misses)


def test_what_teaches_nothing_that_is_asked_is_no_near_miss() -> None:
    ranking = ranked(an_ask(skills=(must("sew"),)), a_course())

    assert (ranking.gap, ranking.nearest_misses, ranking.best_score) == (("no_curriculum",), (), 0.0)


def test_an_empty_catalogue_is_a_gap() -> None:
    ranking = ranked(an_ask())

    assert ranking.gap == ("no_curriculum",)
    assert ranking.uncovered_skills == ("cut",)


def test_an_unresolved_must_lowers_the_coverage_but_binds_nobody() -> None:
    ask = an_ask(skills=(must("cut", 3), must(None, 1, statement="coser a mano")))

    candidate = ranked(ask, a_course()).candidates[0]

    assert candidate.coverage == 0.75
    assert candidate.uncovered_skills == ("coser a mano",)


def test_optional_skills_alone_do_not_help_a_need_whose_every_must_is_unresolved() -> None:
    ranking = ranked(an_ask(skills=(must(None, statement="coser"), wish("cut"))), a_course())

    assert ranking.gap == ("unresolved_skills",)
    assert ranking.rejected == (Rejected("movex/C1", ("unresolved_skills",)),)


def test_a_linked_concept_covers_a_must_for_half_the_points() -> None:
    ranking = rank(an_ask(skills=(must("sew"),)), [a_course()], today=TODAY, links=Beside(("cut", "sew")))

    assert ranking.candidates[0].breakdown["skills"] == 20
    assert ranking.candidates[0].uncovered_skills == ()


def test_a_groups_price_is_told_for_one_learner_in_whole_cents() -> None:
    course = a_course(price=Price(Decimal(1000), "PLN", per="group"))

    assert ranked(an_ask(), course).candidates[0].total_cost == Money(Decimal("333.33"), "PLN")


def test_prerequisites_are_shown_and_exclude_nobody() -> None:
    candidate = ranked(an_ask(), a_course(prerequisites=("movex/C0",))).candidates[0]

    assert Note("prerequisites", {"courses": "movex/C0"}) in candidate.explanation


def test_a_ranking_names_its_rule_set_and_can_be_replayed_under_other_numbers() -> None:
    plain = ranked(an_ask(), a_course())
    strict = replace(CURRENT, version="strict", propose=99.5)

    again = rank(an_ask(), [a_course()], today=TODAY, ruleset=strict)

    assert plain.ruleset_version == "2026-11"
    assert (again.ruleset_version, again.gap) == ("strict", ("low_score",))


def test_a_criterion_without_weight_in_the_rule_set_is_left_out() -> None:
    only_skills = replace(CURRENT, weights={"skills": 3})

    candidate = rank(an_ask(), [a_course()], today=TODAY, ruleset=only_skills).candidates[0]

    assert (candidate.score, candidate.breakdown) == (100.0, {"skills": 100.0})


def test_far_needs_of_several_sites_take_the_nearest() -> None:
    ask = an_ask(locations=(PORTO, IASI, UBRIQUE), max_cost=euro(300))

    assert ranked(ask, a_course()).candidates[0].distance_km == 0.0

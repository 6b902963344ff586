"""Every hard filter at its borders: one line says what is changed in a perfect fit and which codes must come out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.matching.filters import FILTERS, failed
from hub.matching.fit import after_working_days
from hub.matching.model import Accreditation, Place, Price
from tests.rules.matching_cases import (
    IASI,
    PORTO,
    TODAY,
    UBRIQUE,
    Beside,
    a_course,
    a_fit,
    a_sitting,
    an_ask,
    day,
    euro,
    must,
    wish,
)

Changes = dict[str, Any]

# name, what the need says otherwise, what the course says otherwise, what the sitting says otherwise, codes
CASES: list[tuple[str, Changes, Changes, Changes, list[str]]] = [
    ("a perfect fit", {}, {}, {}, []),
    ("initial for continuing", {}, {"kind": "ivet"}, {}, ["kind"]),
    ("continuing for initial", {"target_group": "ivet"}, {"kind": "cvet"}, {}, ["kind"]),
    ("a need for both", {"target_group": "both"}, {"kind": "ivet"}, {}, []),
    ("old enough", {"learner_age": 16}, {"min_age": 16}, {}, []),
    ("too young", {"learner_age": 15}, {"min_age": 16}, {}, ["kind"]),
    ("another language", {}, {}, {"language": "ro"}, ["language"]),
    ("a second language", {}, {}, {"language": "en"}, []),
    ("the curriculum's languages do not count", {}, {"languages": ("ro",)}, {}, []),
    ("a language that is only preferred", {"language_preferred_only": True}, {}, {"language": "ro"}, []),
    ("a mode nobody asked for", {"modes": frozenset({"workplace"})}, {}, {}, ["mode"]),
    ("online without asking", {}, {}, {"mode": "online", "location": None}, ["mode"]),
    ("online is welcome", {"remote_ok": True}, {}, {"mode": "online", "location": None}, []),
    ("online goes everywhere", {"remote_ok": True, "locations": (IASI,)}, {}, {"mode": "online", "location": None}, []),
    ("a class in another country", {"locations": (PORTO,)}, {}, {}, ["too_far"]),
    ("a blended course binds the radius", {"locations": (PORTO,)}, {}, {"mode": "blended"}, ["too_far"]),
    ("one of two sites is near", {"locations": (PORTO, UBRIQUE)}, {}, {}, []),
    ("same NUTS-2 at the radius", {"radius_km": 50}, {}, {"location": Place("ES611")}, []),
    ("same NUTS-2 beyond the radius", {"radius_km": 49}, {}, {"location": Place("ES611")}, ["too_far"]),
    ("same NUTS-3 with no radius", {"radius_km": 0}, {}, {"location": Place("ES612")}, []),
    ("a class without address", {}, {"place": None}, {"location": None}, []),
    ("at the site, which is covered", {}, {}, {"mode": "workplace", "location": IASI}, []),
    ("at the site, not covered", {}, {"coverage_nuts": ("ES62",)}, {"mode": "workplace"}, ["too_far"]),
    ("at the site, whole country", {}, {"coverage_nuts": (), "national": True}, {"mode": "workplace"}, []),
    ("a site wider than the coverage", {"locations": (Place("ES6"),)}, {}, {"mode": "workplace"}, ["too_far"]),
    ("starts on the first day", {}, {}, {"start": day(10)}, []),
    ("starts before the first day", {}, {}, {"start": day(9)}, ["no_session_in_window"]),
    ("starts on the last day", {}, {}, {"start": day(60), "end": day(70)}, []),
    ("starts after the last day", {}, {}, {"start": day(61), "end": day(70)}, ["no_session_in_window"]),
    ("ends on the day it is needed", {"needed_by": day(30)}, {}, {}, []),
    ("ends the day after", {"needed_by": day(29)}, {}, {}, ["no_session_in_window"]),
    ("starts after the lead time", {"earliest": day(1)}, {}, {"start": day(7)}, []),
    ("starts inside the lead time", {"earliest": day(1)}, {}, {"start": day(6)}, ["no_session_in_window"]),
    ("a provider with its own lead time", {}, {"lead_time_days": 15}, {"start": day(20)}, ["no_session_in_window"]),
    ("a provider that needs no time", {"earliest": TODAY}, {"lead_time_days": 0}, {"start": TODAY}, []),
    ("a deadline after the lead time", {}, {}, {"application_deadline": day(7)}, []),
    ("a deadline inside it", {}, {}, {"application_deadline": day(6)}, ["no_session_in_window"]),
    ("cancelled", {}, {}, {"cancelled": True}, ["no_session_in_window"]),
    ("as many seats as learners", {"headcount": 8}, {}, {}, []),
    ("a seat too few", {"headcount": 9}, {}, {}, ["no_seats"]),
    ("inside the levels", {"eqf_min": 4, "eqf_max": 4}, {}, {}, []),
    ("one level below", {"eqf_min": 5, "eqf_max": 6}, {}, {}, []),
    ("two levels below", {"eqf_min": 6, "eqf_max": 6}, {}, {}, ["level"]),
    ("one level above", {"eqf_min": 1, "eqf_max": 3}, {}, {}, []),
    ("two levels above", {"eqf_min": 1, "eqf_max": 2}, {}, {}, ["level"]),
    ("only a lower end", {"eqf_min": 2}, {"eqf": 8}, {}, []),
    ("only an upper end", {"eqf_max": 2}, {}, {}, ["level"]),
    ("a course without level", {"eqf_min": 8, "eqf_max": 8}, {"eqf": None}, {}, []),
    ("every must", {"skills": (must("cut"), wish("sew"))}, {}, {}, []),
    ("a must too few", {"skills": (must("cut"), must("sew"))}, {}, {}, ["skills"]),
    ("an unresolved must binds nobody", {"skills": (must("cut"), must(None, statement="coser"))}, {}, {}, []),
    ("no must, a wish taught", {"skills": (wish("cut"), wish("sew"))}, {}, {}, []),
    ("no must, nothing taught", {"skills": (wish("sew"),)}, {}, {}, ["skills"]),
    ("at the limit", {"max_cost": euro(200)}, {}, {}, []),
    ("a cent over it", {"max_cost": euro("199.99")}, {}, {}, ["cost"]),
    ("the session's own price", {"max_cost": euro(200)}, {}, {"price": Price(Decimal(201), "EUR")}, ["cost"]),
    ("a group's price is shared", {"max_cost": euro(200)}, {"price": Price(Decimal(600), "EUR", "group")}, {}, []),
    ("a group's price too high", {"max_cost": euro(200)}, {"price": Price(Decimal(601), "EUR", "group")}, {}, ["cost"]),
    ("a currency without rate", {"max_cost": euro(1)}, {"price": Price(Decimal(9000), "PLN")}, {}, []),
    ("no price", {"max_cost": euro(1)}, {"price": None}, {}, []),
    ("as many hours as given", {"max_hours": 30}, {}, {}, []),
    ("an hour too many", {"max_hours": 29}, {}, {}, ["hours"]),
    ("no accreditation", {"accreditation_required": True}, {}, {}, ["accreditation"]),
    ("excluded", {"excluded": frozenset({"movex/C1"})}, {}, {}, ["excluded"]),
    ("declined", {"declined": frozenset({"movex"})}, {}, {}, ["provider_declined"]),
    ("silent", {"silent": frozenset({"movex"})}, {}, {}, ["no_response"]),
    (
        "several at once come in the table's order",
        {"headcount": 99, "locations": (PORTO,), "excluded": frozenset({"movex/C1"})},
        {"kind": "ivet"},
        {"language": "ro"},
        ["kind", "language", "too_far", "no_seats", "excluded"],
    ),
]


@pytest.mark.parametrize(
    ("need", "course", "sitting", "codes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_filter_fails_what_it_should_and_nothing_else(
    need: Changes, course: Changes, sitting: Changes, codes: list[str]
) -> None:
    fit = a_fit(an_ask(**need), a_course(a_sitting(**sitting), **course))

    assert list(failed(fit)) == codes


def test_every_filter_has_a_case() -> None:
    assert {code for case in CASES for code in case[4]} == {each.code for each in FILTERS}


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [(None, None, True), (None, day(30), True), (None, day(29), False), (day(30), None, True), (day(31), None, False)],
)
def test_an_accreditation_must_hold_on_the_day_the_session_ends(
    valid_from: date | None, valid_to: date | None, holds: bool
) -> None:
    course = a_course(a_sitting(end=day(30)), accreditations=(Accreditation("licence", valid_from, valid_to),))

    fit = a_fit(an_ask(accreditation_required=True), course)

    assert failed(fit) == (() if holds else ("accreditation",))


@pytest.mark.parametrize(("ceiling", "codes"), [("230", ()), ("229.99", ("cost",))])
def test_another_currency_is_compared_where_a_rate_is_set(ceiling: str, codes: tuple[str, ...]) -> None:
    course = a_course(price=Price(Decimal(1000), "PLN"))

    fit = a_fit(an_ask(max_cost=euro(ceiling)), course, rates={"PLN": Decimal("0.23")})

    assert failed(fit) == codes


def test_a_must_may_be_covered_by_a_concept_that_stands_beside_it() -> None:
    ask = an_ask(skills=(must("sew"),))

    assert failed(a_fit(ask)) == ("skills",)
    assert failed(a_fit(ask, links=Beside(("cut", "sew")))) == ()


def test_a_course_without_any_session_fails_only_on_what_the_curriculum_says() -> None:
    course = replace(a_course(), sittings=(), hours=50)

    assert failed(a_fit(an_ask(max_hours=40), course)) == ("no_session_in_window", "hours")


@pytest.mark.parametrize(
    ("start", "count", "lands"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),  # Monday to Monday
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # Friday to Monday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # Saturday to Monday
        (date(2026, 11, 29), 5, date(2026, 12, 4)),  # Sunday to Friday
        (date(2026, 11, 28), 0, date(2026, 11, 28)),
    ],
)
def test_working_days_are_monday_to_friday(start: date, count: int, lands: date) -> None:
    assert after_working_days(start, count) == lands

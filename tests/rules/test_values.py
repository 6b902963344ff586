"""What input must look like: each value's good and bad forms, each field's limits, and where the answer points."""

import re
from decimal import Decimal
from typing import Any

import orjson
import pytest

from events.catalogue import EVENTS, check_data
from events.errors import Invalid
from schemas.codes import COUNTRIES, CURRENCIES, LANGUAGES
from schemas.needs import Need
from schemas.problems import Problem, pointer
from schemas.values import Money, Place
from tests.builders import (
    SKILLS,
    UBRIQUE,
    Data,
    answer,
    candidate,
    company,
    coordinator,
    curriculum,
    gap,
    need,
    proposal,
    provider,
    session,
    without,
)

UUID = "1abcc511-ba5a-42e0-8d88-7efb39af4c36"
EUR = {"amount": "250.00", "currency": "EUR"}


def problems(short_type: str, data: Any) -> list[Problem]:
    """What strict input says about the data of a type; nothing when they are good."""
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    try:
        check_data(EVENTS[short_type], body)
    except Invalid as invalid:
        return list(invalid.errors)
    return []


def pointers(short_type: str, data: Any) -> list[str]:
    return [problem.pointer.removeprefix("/data") for problem in problems(short_type, data)]


def need_pointers(**changes: Any) -> list[str]:
    return pointers("need.published", need(**changes))


# ---- values: good forms, bad forms ------------------------------------------------------------------------------------

VALUES: list[tuple[str, list[Any], list[Any]]] = [
    (
        "need_id",
        ["N-001", "a", "0", "A.b_c~d-e", "x" * 64],
        ["", "-a", ".a", "a b", "a/b", "ä", "x" * 65, "a\n", "a\u0000", 5, None, ["a"], "N-１"],
    ),
    (
        "company_id",
        ["belcinto", "oficina-a", "a", "3d"],
        ["Belcinto", "-a", "a-", "a_b", "a/b", "", "a b", "a.b", "x" * 64, 1, None],
    ),
    ("headcount", [1, 500], [0, 501, -1, 1.0, 1.5, "3", True, None, [], 10**18]),
    ("target_group", ["ivet", "cvet", "both"], ["Cvet", "", "pupils", None, 1]),
    ("radius_km", [0, 500], [-1, 501, 30.0]),
    ("max_hours", [1, 600, None], [0, 601]),
    ("eqf_max", [3, 8, None], [2, 9, "4"]),
    ("remote_ok", [True, False], ["true", 1, 0, "yes", None]),
    ("valid_until", ["2027-03-31", "2028-02-29"], ["2027-02-29", "2027-3-1", "31.03.2027", "2027-03-31T00:00:00Z"]),
    (
        "valid_until",
        ["1900-01-01", "2199-12-31"],
        ["0001-01-01", "9999-12-31", "20270331", "1767312000", 1767312000, ""],
    ),
    ("languages", [["es"], ["pt", "en"], ["es"] * 10], [[], ["es"] * 11, "es", ["ES"], ["spa"], ["xx"], [None]]),
    ("delivery_modes", [["online"], ["blended", "workplace"]], [[], ["remote"], "online", {"0": "online"}]),
    ("title", ["Cutters", {"es": "Cortadores", "en": "Cutters"}, "x" * 200, "日本語", "a <b>bold</b> one"], []),
    ("title", [], ["", " ", "x" * 201, "a\nb", "a\tb", "a\u0085b", "a\u2028b", "a\u007fb", 5, None, [], {}]),
    ("title", [], [{"xx": "a"}, {"ES": "a"}, {"es": ""}, {"es": "x" * 201}, {"es": "a\rb"}, {"es": 5}, {"": "a"}]),
    ("notes", ["a\r\nb\tc", "x" * 1000, {"pt": "linha\noutra"}, None], ["x" * 1001, "a\u0000b", "a\u001bb", ""]),
    ("max_cost_per_learner", [EUR, {**EUR, "amount": "0"}, {**EUR, "amount": "99999999.99"}, None], [{}, "250", 250]),
    (
        "max_cost_per_learner",
        [{**EUR, "amount": "0.5"}, {**EUR, "currency": "PLN"}],
        [
            {**EUR, "amount": bad}
            for bad in ("-1", "1e3", "01", "1.234", "100000000", "", "NaN", "1,5", ".5", "٣", 250, 2.5)
        ]
        + [{**EUR, "currency": bad} for bad in ("eur", "EURO", "XXY", "", None)]
        + [{**EUR, "per": "learner"}],
    ),
    (
        "esco_occupation",
        [f"http://data.europa.eu/esco/occupation/{UUID}"],
        [f"https://data.europa.eu/esco/occupation/{UUID}", f"http://data.europa.eu/esco/skill/{UUID}", UUID],
    ),
    (
        "contact_ref",
        ["p-3f9a", "belcinto/p-3f9a", UUID],
        ["Ana Silva", "ana@belcinto.example", "belcinto/", "a/b/c", ""],
    ),
]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, good, _ in VALUES for value in good])
def test_a_good_value_is_taken(field: str, value: Any) -> None:
    assert problems("need.published", need(**{field: value})) == []


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, _, bad in VALUES for value in bad])
def test_a_bad_value_is_refused_where_it_stands(field: str, value: Any) -> None:
    found = need_pointers(**{field: value})

    assert found
    assert all(place.startswith(f"/{field}") for place in found)


@pytest.mark.parametrize("code", ["PT", "PT1", "PT11", "PT11A", "PT170", "PT1B0", "EL30", "UKI3", "ES612", "XK0"])
def test_nuts_codes_of_both_versions_and_every_level_are_taken(code: str) -> None:
    assert need_pointers(locations=[{"nuts": code}]) == []


@pytest.mark.parametrize("code", ["", "P", "GR30", "GB", "PT11A0", "pt11", "XX1", "PT-1", "PT1 ", 5])
def test_other_codes_are_no_nuts(code: Any) -> None:
    assert need_pointers(locations=[{"nuts": code}]) == ["/locations/0/nuts"]


def test_code_lists_are_whole() -> None:
    assert (len(LANGUAGES), len(COUNTRIES)) == (183, 249)
    assert {"EUR", "PLN", "RON", "CHF", "GBP"} <= set(CURRENCIES)
    assert all(len(set(codes)) == len(codes) for codes in (LANGUAGES, COUNTRIES, CURRENCIES))


# ---- rules between fields ---------------------------------------------------------------------------------------------

RULES: list[tuple[str, Data, list[str]]] = [
    ("need.published", need(start_window={"earliest": "2027-01-02", "latest": "2027-01-01"}), ["/start_window/latest"]),
    ("need.published", need(start_window={"earliest": "2027-01-01", "latest": "2027-01-01"}), []),
    ("need.published", need(start_window={"earliest": "2027-01-01"}), ["/start_window/latest"]),
    ("need.published", need(eqf_min=5, eqf_max=4), ["/eqf_max"]),
    ("need.published", need(eqf_min=5, eqf_max=None), []),
    ("need.published", need(preferred_start="2027-01-02", needed_by="2027-01-01"), ["/needed_by"]),
    ("need.published", need(locations=[{"nuts": "ES612", "lat": 36.6}]), ["/locations/0/lon"]),
    ("need.published", need(locations=[{"nuts": "ES612", "lon": 36.6}]), ["/locations/0/lon"]),
    ("need.published", need(locations=[{**UBRIQUE, "lat": 91}, {**UBRIQUE, "lon": -181}]), ["/locations/0/lat", "/locations/1/lon"]),
    ("need.published", need(locations=[{**UBRIQUE, "lat": 36, "lon": -5}]), []),
    ("need.published", without(need(), "locations"), ["/locations"]),
    ("need.published", need(locations=[]), ["/locations"]),
    ("need.published", need(locations=[UBRIQUE] * 11), ["/locations"]),
    ("need.published", need(skills=[]), ["/skills"]),
    ("need.published", need(skills=[{"uri": SKILLS["S12"]}] * 15), []),
    ("need.published", need(skills=[{"uri": SKILLS["S12"]}] * 16), ["/skills"]),
    ("need.published", need(skills=[{}]), ["/skills/0/text"]),
    ("need.published", need(skills=[{"text": "cortar"}]), ["/skills/0/language"]),
    ("need.published", need(skills=[{"text": "cortar", "language": "es", "uri": SKILLS["S12"]}]), ["/skills/0/text"]),
    ("need.published", need(skills=[{"uri": SKILLS["S12"], "language": "es"}]), ["/skills/0/language"]),
    ("need.published", need(skills=[{"uri": SKILLS["S12"], "weight": 6}]), ["/skills/0/weight"]),
    ("need.published", need(skills=[{"uri": SKILLS["S12"], "level": "expert"}]), []),
    ("need.published", need(skills=[{"uri": SKILLS["S12"], "level": "guru"}]), ["/skills/0/level"]),
    ("need.published", need(skills=[{"uri": SKILLS["S12"].replace("http:", "https:")}]), ["/skills/0/uri"]),
    ("session.scheduled", session(mode="presential"), ["/location"]),
    ("session.scheduled", session(mode="blended", location=None), ["/location"]),
    ("session.scheduled", session(mode="blended", location=UBRIQUE), []),
    ("session.scheduled", session(mode="online"), []),
    ("session.scheduled", session(mode="presential", location={"label": "Ubrique"}), ["/location/nuts"]),
    ("session.scheduled", session(start="2027-01-02", end="2027-01-01"), ["/end"]),
    ("session.scheduled", session(seats_total=4, seats_free=5), ["/seats_free"]),
    ("session.scheduled", session(seats_total=0, seats_free=0), ["/seats_total"]),
    ("session.rescheduled", session(mode="presential"), ["/location"]),
    ("session.seats-changed", {"session_id": "a", "curriculum_id": "b", "seats_free": -1}, ["/seats_free"]),
    ("curriculum.published", curriculum(hours=20, wbl_hours=21), ["/wbl_hours"]),
    ("curriculum.published", curriculum(hours=401, wbl_hours=0), ["/hours"]),
    ("curriculum.published", curriculum(learning_outcomes=[]), ["/learning_outcomes"]),
    ("curriculum.published", curriculum(learning_outcomes=[{"title": "a", "skills": []}]), ["/learning_outcomes/0/skills"]),
    ("curriculum.published", curriculum(isced_f=["0723"], assessment_types=["written-examination"], ects=1.2), []),
    ("curriculum.published", curriculum(isced_f=["723"], assessment_types=["Written"], ects=-1), ["/isced_f/0", "/ects", "/assessment_types/0"]),
    ("curriculum.published", curriculum(price={"amount": "1", "currency": "EUR", "per": "day"}), ["/price/per"]),
    ("curriculum.published", curriculum(prerequisites=["C01"], homepage="movex.example"), ["/prerequisites/0", "/homepage"]),
    ("curriculum.published", curriculum(description="one\n\ntwo"), []),
    ("curriculum.retired", {"curriculum_id": "C07", "reason": "old", "replaced_by": "C08"}, ["/replaced_by"]),
    ("provider.registered", without(provider(), "coverage_nuts"), ["/coverage_nuts"]),
    ("provider.registered", provider(coverage_nuts=[]), ["/coverage_nuts"]),
    ("provider.registered", without(provider(national=True), "coverage_nuts"), []),
    ("provider.registered", provider(types=["school"]), ["/types/0"]),
    ("provider.registered", provider(accreditations=[{"type": "a", "valid_from": "2026-01-02", "valid_to": "2026-01-01"}]), ["/accreditations/0/valid_to"]),
    ("provider.registered", without(provider(), "lat"), ["/lon"]),
    ("company.registered", company(country="EL"), ["/country"]),
    ("company.registered", company(size_band="tiny", nace="leather"), ["/nace", "/size_band"]),
    ("company.registered", company(sites=[UBRIQUE]), ["/sites/0/site_id"]),
    ("coordinator.registered", coordinator(nuts=[]), ["/nuts"]),
    ("match.answered", answer(match_id=UUID.upper()), ["/match_id"]),
    ("match.answered", answer(decision="maybe", session_ref="C07-1"), ["/decision", "/session_ref"]),
    ("match.answered", answer(decision="counter_offer", price={"amount": "200", "currency": "EUR"}), []),
    ("match.proposed", proposal(candidates=[candidate(curriculum_refs=[])]), []),
    ("match.proposed", proposal(candidates=[candidate(score=101)]), ["/candidates/0/score"]),
    ("match.proposed", proposal(expires_at="2026-12-14"), ["/expires_at"]),
    ("match.proposed", proposal(expires_at="2026-12-14T08:00:00"), ["/expires_at"]),
    ("need.unmatched", gap(reason_codes=[]), ["/reason_codes"]),
    ("need.withdrawn", {"need_id": "N-1", "reason_code": "bored"}, ["/reason_code"]),
]  # fmt: skip


@pytest.mark.parametrize(("short_type", "data", "expected"), RULES)
def test_a_broken_rule_is_told_at_the_field_that_breaks_it(short_type: str, data: Data, expected: list[str]) -> None:
    assert pointers(short_type, data) == expected


def test_everything_wrong_is_told_at_once() -> None:
    data = without(need(headcount=0, colour="red", eqf_max=1, title={"xx": "a"}), "languages")

    assert pointers("need.published", data) == ["/title/xx", "/headcount", "/languages", "/eqf_max", "/colour"]


@pytest.mark.parametrize("name", ["need_id", "company_id", "title", "skills", "headcount", "target_group", "locations", "languages", "start_window", "delivery_modes", "valid_until"])  # fmt: skip
def test_each_required_field_of_a_need_is_missed(name: str) -> None:
    assert pointers("need.published", without(need(), name)) == [f"/{name}"]


def test_a_list_with_a_bad_item_is_not_called_too_short_as_well() -> None:
    assert need_pointers(delivery_modes=["remote"]) == ["/delivery_modes/0"]


# ---- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"headcount": 0}, "0 is too small; the least is 1."),
        ({"headcount": 3.0}, "3.0 is not a whole number; write digits without quotes, point or fraction."),
        ({"hedcount": 3}, 'There is no field "hedcount" here; did you mean "headcount"?'),
        ({"colour": "red"}, 'There is no field "colour" here; remove it.'),
        ({"target_group": "all"}, '"all" is not one of ivet, cvet, both.'),
        ({"title": "x" * 201}, "The text is too long; shorten it to 200 characters."),
        ({"title": 5}, '5 is not text; write a string or a language map such as {"en": "…"}.'),
        ({"title": "a\nb"}, '"a\\nb" is blank or holds a line break or control character that is not allowed here; write plain text.'),
        ({"languages": "es"}, '"es" is not a list; write it in [ ].'),
        ({"languages": []}, "There are 0 here; give at least 1."),
        ({"start_window": []}, "[] is not an object; write it in { }."),
        ({"start_window": {"earliest": "2027-01-02", "latest": "2027-01-01"}}, "2027-01-01 lies before earliest, 2027-01-02; swap the two or mend one."),
        ({"remote_ok": "yes"}, '"yes" is not true or false.'),
        ({"max_cost_per_learner": {"amount": 250, "currency": "EUR"}}, '250 is not an amount; write a string with up to 8 digits and 2 decimals, not negative, as in "320.00".'),
        ({"need_id": "x" * 99}, f'"{"x" * 58}… is not a local id; use up to 64 letters, digits and . _ ~ -, beginning with a letter or digit.'),
    ],
)  # fmt: skip
def test_the_sentence_names_value_and_cure(changes: dict[str, Any], sentence: str) -> None:
    assert [problem.detail for problem in problems("need.published", need(**changes))] == [sentence]


def test_no_sentence_is_left_to_pydantic() -> None:
    every = [problem for field, _, bad in VALUES for value in bad for problem in problems("need.published", need(**{field: value}))]  # fmt: skip
    every += [problem for short_type, data, _ in RULES for problem in problems(short_type, data)]

    assert [problem for problem in every if re.search("Input should|cannot be taken", problem.detail)] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"a"', b"5", b"\xff", b'{"headcount": NaN}'])
def test_data_that_are_no_object_are_told_at_the_data(body: bytes) -> None:
    assert pointers("need.published", body) == [""]


def test_a_flood_of_mistakes_is_cut_off() -> None:
    assert len(problems("need.published", need() | {f"x{index}": 1 for index in range(1000)})) == 50


def test_pointers_escape_what_rfc_6901_says() -> None:
    assert pointer("data", "a/b", "c~d", 0) == "/data/a~1b/c~0d/0"


# ---- made by our own code ---------------------------------------------------------------------------------------------


def test_money_is_written_with_two_decimals() -> None:
    assert Money(amount=Decimal(320), currency="EUR").model_dump_json() == '{"amount":"320.00","currency":"EUR"}'


def test_a_misspelt_field_is_an_error_in_our_own_code_too() -> None:
    with pytest.raises(ValueError, match="lable"):
        Place(nuts="ES612", lable="Ubrique")  # type: ignore[call-arg]


def test_payloads_do_not_change() -> None:
    read = Need.model_validate(need())

    with pytest.raises(ValueError, match="frozen"):
        read.headcount = 4  # type: ignore[misc]

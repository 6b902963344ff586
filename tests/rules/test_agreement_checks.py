"""Every legal check at its borders, and what it says in each language."""

import re
import string
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from hub.agreements.arrangement import Arrangement
from hub.agreements.checks import CHECKS, Verdict, busiest_week, check_all, tell
from hub.agreements.rulesets import RuleSet, in_force, merged, rules_for
from hub.agreements.words import LANGUAGES, speak
from tests.rules.agreement_cases import TODAY, a_minors, an_arrangement, beside, day

# check, the agreement, status, note
CASES: list[tuple[str, Arrangement, str, str]] = [
    ("minors_hours", an_arrangement(weekly_hours=60), "ok", "adult"),
    ("minors_hours", a_minors(), "ok", "within"),
    ("minors_hours", a_minors(weekly_hours=40), "ok", "within"),
    ("minors_hours", a_minors(weekly_hours=40.5), "failed", "week_too_long"),
    ("minors_hours", a_minors(weekly_hours=24, daily_hours=8), "ok", "within"),
    ("minors_hours", a_minors(weekly_hours=24, daily_hours=8.5), "failed", "day_too_long"),
    ("minors_hours", a_minors(others=(beside(60, 143),)), "ok", "within_together"),
    ("minors_hours", a_minors(others=(beside(60, 143, 10.5),)), "failed", "week_too_long_together"),
    ("minors_hours", a_minors(others=(beside(143, 200, 20),)), "failed", "week_too_long_together"),
    ("minors_hours", a_minors(others=(beside(144, 200, 20),)), "ok", "within"),
    ("minors_hours", a_minors(others=(beside(10, 60, 20),)), "failed", "week_too_long_together"),
    ("minors_hours", a_minors(others=(beside(10, 59, 20),)), "ok", "within"),
    ("minors_hours", a_minors(others=(beside(60, 143, 20, replaced=True),)), "ok", "within"),
    ("minors_hours", a_minors(others=(beside(60, 90), beside(91, 143))), "ok", "within_together"),
    ("minors_hours", a_minors(others=(beside(60, 91), beside(91, 143))), "failed", "week_too_long_together"),
    ("minors_hours", a_minors(current_employer_id="betangible"), "warning", "employer_unknown"),
    ("minors_hours", a_minors(current_employer_id="belcinto"), "ok", "within"),
    ("guardian", an_arrangement(), "ok", "adult"),
    ("guardian", a_minors(), "ok", "named"),
    ("guardian", a_minors(guardian_refs=("mother", "father")), "ok", "several"),
    ("guardian", a_minors(guardian_refs=("mother", "mother")), "ok", "named"),
    ("guardian", a_minors(guardian_refs=()), "failed", "missing"),
    ("tutor", an_arrangement(), "ok", "named"),
    ("tutor", an_arrangement(tutor_ref=None), "failed", "missing"),
    ("tutor", an_arrangement(country="BE"), "warning", "experience_unknown"),
    ("tutor", an_arrangement(country="BE", tutor_ref=None), "failed", "missing"),
    ("tutor_ratio", an_arrangement(learners=5), "ok", "within"),
    ("tutor_ratio", an_arrangement(learners=6), "failed", "too_many"),
    ("tutor_ratio", an_arrangement(learners=6, tutors=2), "ok", "within"),
    ("tutor_ratio", an_arrangement(learners=3, max_learners_per_tutor=2), "failed", "too_many"),
    ("tutor_ratio", an_arrangement(learners=6, max_learners_per_tutor=8), "warning", "many"),
    ("tutor_ratio", an_arrangement(learners=1, tutors=0), "ok", "within"),
    ("overlap", an_arrangement(), "ok", "free"),
    ("overlap", an_arrangement(others=(beside(0, 59), beside(144, 200))), "ok", "free"),
    ("overlap", an_arrangement(others=(beside(0, 60),)), "failed", "bound"),
    ("overlap", an_arrangement(others=(beside(143, 200),)), "failed", "bound"),
    ("overlap", an_arrangement(others=(beside(0, 200, replaced=True),)), "ok", "free"),
    ("overlap", an_arrangement(others=(beside(0, 60), beside(143, 200))), "failed", "bound_often"),
    ("duration", an_arrangement(), "ok", "within"),
    ("duration", an_arrangement(start=day(0), end=day(0)), "ok", "within"),
    ("duration", an_arrangement(start=day(-1)), "failed", "begun"),
    ("duration", an_arrangement(start=day(30), end=day(29)), "failed", "ends_before_it_begins"),
    ("duration", an_arrangement(least_weeks=12), "ok", "within"),
    ("duration", an_arrangement(least_weeks=12.5), "failed", "too_short"),
    ("duration", an_arrangement(most_weeks=12), "ok", "within"),
    ("duration", an_arrangement(most_weeks=11.5), "failed", "too_long"),
    ("duration", an_arrangement(most_weeks=None, end=day(4000)), "ok", "within"),
]


def verdict_of(code: str, arrangement: Arrangement) -> Verdict:
    (found,) = [each for each in check_all(arrangement) if each.code == code]
    return found


@pytest.mark.parametrize(("code", "arrangement", "status", "note"), CASES)
def test_a_check_judges_and_says_why(code: str, arrangement: Arrangement, status: str, note: str) -> None:
    finding = verdict_of(code, arrangement).finding

    assert (finding.status, finding.note) == (status, note)


def test_every_check_and_every_sentence_has_a_case() -> None:
    noted: dict[str, set[str]] = {}
    for code, _, _, note in CASES:
        noted.setdefault(code, set()).add(note)

    assert noted == {code: set(notes) for code, notes in speak("en").words["checks"].items()}
    assert set(noted) == set(CHECKS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "arrangement"), [case[:2] for case in CASES])
def test_every_verdict_has_whole_sentences_in_every_language(
    code: str, arrangement: Arrangement, language: str
) -> None:
    told = tell(verdict_of(code, arrangement), language)

    for sentence in (told.rule, told.detail):
        assert sentence.endswith(".")
        assert not re.search(r"[{}]", sentence)


def test_forty_hours_in_two_agreements_of_a_learner_of_sixteen_fail_with_the_figures() -> None:
    arrangement = a_minors(weekly_hours=25, others=(beside(90, 120, 20),))

    told = tell(verdict_of("minors_hours", arrangement), "en")

    assert told.status == "failed"
    assert told.detail == (
        "45 hours a week with the learner's other agreements are 5 more than the 40 that are allowed; 25 of them are here."
    )
    assert "Directive 94/33/EC, article 8" in told.rule


def test_figures_are_written_as_the_language_writes_them() -> None:
    arrangement = a_minors(weekly_hours=32.5)

    assert "32.5 hours" in tell(verdict_of("minors_hours", arrangement), "en").detail
    assert "32,5 horas" in tell(verdict_of("minors_hours", arrangement), "pt-BR").detail
    assert "22 de enero de 2027" in tell(verdict_of("duration", arrangement), "es").detail


def test_a_language_we_do_not_write_is_answered_in_english() -> None:
    assert tell(verdict_of("tutor", an_arrangement()), "ro") == tell(verdict_of("tutor", an_arrangement()), "en")


def test_the_busiest_week_counts_only_what_meets_on_the_same_day() -> None:
    assert busiest_week(a_minors(others=(beside(60, 80, 5), beside(81, 90, 8), beside(85, 100, 4)))) == 42


def test_a_country_replaces_only_what_it_names() -> None:
    floor, belgium = rules_for("PT", TODAY), rules_for("BE", TODAY)

    assert (floor.version, belgium.version) == ("eu-1", "eu-1+be-1")
    assert belgium.tutor.experience_years == 5
    assert belgium.model_copy(update={"tutor": floor.tutor, "version": floor.version}) == floor


def test_the_rules_of_the_day_apply_and_old_ones_stay() -> None:
    old = {"version": "a", "valid_from": date(2020, 1, 1)}
    new = {"version": "b", "valid_from": date(2026, 1, 1)}

    assert in_force([new, old], date(2025, 12, 31)) == old
    assert in_force([new, old], date(2026, 1, 1)) == new
    assert in_force([new, old], date(2019, 12, 31)) is None
    assert rules_for("BE", date(2015, 8, 31)).version == "eu-1"


def test_a_country_may_be_stricter_in_one_figure() -> None:
    rules = merged(
        {"version": "eu", "minors_hours": {"most_weekly_hours": 40, "most_daily_hours": 8}},
        {"version": "xx", "minors_hours": {"most_weekly_hours": 35}},
    )

    assert rules == {"version": "eu+xx", "minors_hours": {"most_weekly_hours": 35, "most_daily_hours": 8}}


def test_a_day_before_every_rule_is_refused() -> None:
    with pytest.raises(LookupError, match="1990-01-01"):
        rules_for("PT", date(1990, 1, 1))


def rule_files() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in (files("hub.agreements") / "rules").iterdir():
        for version in tomllib.loads(file.read_text())["versions"]:
            yield file.name, version


@pytest.mark.parametrize(("name", "version"), list(rule_files()))
def test_every_file_of_rules_is_whole_over_the_floor(name: str, version: dict[str, Any]) -> None:
    floor = {} if name == "eu.toml" else tomllib.loads((files("hub.agreements") / "rules/eu.toml").read_text())
    rules = RuleSet.model_validate(merged(floor["versions"][-1] if floor else {}, version))

    for code in CHECKS:
        assert set(getattr(rules, code).rule) == set(LANGUAGES), f"{name} {code}"


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        yield path, tree
        return
    for name, branch in tree.items():
        yield from leaves(branch, (*path, name))


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_language_has_the_same_sentences_with_the_same_figures(language: str) -> None:
    english, other = (dict(leaves(speak(code).words)) for code in ("en", language))

    assert set(english) == set(other)
    assert {path: fields_of(english[path]) for path in english} == {path: fields_of(other[path]) for path in other}

"""Every code that matching can say has a sentence, in the voice of the console."""

import ast
from pathlib import Path

import pytest

import hub.matching
from hub.matching.cures import CURES, cure
from hub.matching.explain import NOTES, REASONS, sentence, sentences
from hub.matching.filters import FILTERS
from hub.matching.gaps import GAP_CODES
from hub.matching.outcome import Note

FOLDER = Path(hub.matching.__file__).parent


def strings(node: ast.expr) -> set[str]:
    """The texts that an expression can come to."""
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def said_codes(path: Path) -> set[str]:
    """Codes in every `Note(code, …)` of a module, also where the code was put into a variable first."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    codes: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Note":
            codes |= strings(node.args[0])
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == "code" for each in node.targets
        ):
            codes |= strings(node.value)
    return codes


SAID = set().union(*(said_codes(path) for path in FOLDER.glob("*.py")))
EVENT_CODES = {each.code for each in FILTERS} | set(GAP_CODES)


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert SAID - set(REASONS) == set(NOTES)
    assert set(REASONS) == EVENT_CODES


def test_the_reason_codes_are_those_of_the_wire() -> None:
    wire = (
        "no_curriculum no_session_in_window no_seats too_far language level cost hours mode kind accreditation "
        "excluded provider_declined no_response low_score unresolved_skills skills"
    )

    assert set(wire.split()) == EVENT_CODES


@pytest.mark.parametrize("code", sorted(EVENT_CODES))
def test_a_reason_can_be_told_by_its_code_alone(code: str) -> None:
    assert sentence(code)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (Note("under_your_limit", {"amount": 20.0, "currency": "EUR"}), "20 EUR under your limit"),
        (Note("under_your_limit", {"amount": 19.5, "currency": "EUR"}), "19.50 EUR under your limit"),
        (Note("hours_over", {"hours": 1}), "1 hour more than you give"),
        (Note("hours_over", {"hours": 2}), "2 hours more than you give"),
        (
            Note("starts_after_earliest", {"start": "2026-12-13", "days": 1}),
            "starts on 13 December 2026, 1 day after the first day you gave",
        ),
        (Note("held_in", {"language": "ro"}), "held in Romanian, which you did not ask for"),
        (Note("taught_as", {"mode": "blended, online"}), "taught partly online or online, which you did not ask for"),
        (Note("seats_short", {"free": 4, "headcount": 10}), "4 free seats for your group of 10"),
        (Note("musts_missing", {"skills": "cut», «sew"}), "does not teach «cut», «sew», which must be taught"),
        (Note("kind"), "it is meant for other learners (initial or continuing training)"),
    ],
)
def test_sentences_say_figures_as_people_do(note: Note, words: str) -> None:
    assert sentences([note]) == [words]


def test_a_code_without_sentence_says_where_to_add_one() -> None:
    with pytest.raises(KeyError, match=r"explain\.py"):
        sentence("brand_new")


def test_everything_that_can_fail_says_what_would_have_to_change() -> None:
    told = said_codes(FOLDER / "shortfall.py") | {"score_too_low"}

    assert set(CURES) == told | EVENT_CODES
    assert cure("seats_short", {"free": 4, "headcount": 10}) == "a session with 10 free seats"
    assert cure("beyond_radius", {"km": 120, "radius_km": 50}) == "you go up to 120 km, or a session nearer to you"

"""What must come out of the demo story without stacks and without the normaliser: the middle column of its table."""

from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hub.cli.demo import play_or_show
from hub.cli.screen import THEME
from hub.cli.telling import Tale, tell
from hub.errors import HubError
from hub.matching.explain import REASONS
from hub.settings import Settings, load

KEYS = """
    organisations curricula sessions needs offers events duplicates refused matches requests gaps nearest_misses
    proposals designs agreements mails digests parked seconds
"""

UNMET = [
    ("belcinto/N-001", ["no_curriculum"], ["ctcp/C01", "ctcp/C16"]),
    ("belcinto/N-003", ["language", "too_far"], ["tuiasi/C02"]),
    ("betangible/N-004", ["no_seats"], ["movex/C10"]),
    ("oficina-a/N-1", ["language", "too_far"], ["movex/C24"]),
    ("oficina-b/N-1", ["language", "too_far"], ["movex/C24"]),
    ("oficina-c/N-1", ["language", "too_far"], ["movex/C24"]),
    ("atelier-d/N-1", ["mode"], ["tuiasi/C23"]),
    ("atelier-e/N-1", ["mode"], ["tuiasi/C23"]),
    ("belcinto/N-005", ["unresolved_skills"], []),
]


def without_seconds(outcome: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outcome.items() if name != "seconds"}


def test_the_object_has_every_key_of_the_wire_and_no_other(story: Tale) -> None:
    assert list(story.outcome) == KEYS.split()


@pytest.mark.parametrize(
    ("what", "count"),
    [
        ("organisations", 12),
        ("curricula", 30),
        ("sessions", 33),
        ("needs", 10),
        ("offers", 1),
        ("matches", 2),
        ("requests", 2),
    ],
)
def test_everything_published_is_there_once(story: Tale, what: str, count: int) -> None:
    assert story.outcome[what] == count


def test_what_was_agreed_still_shows_what_was_proposed(story: Tale) -> None:
    assert story.outcome["proposals"] == {
        "belcinto/O-001": [{"curriculum_refs": ["ctcp/C09"], "provider_ids": ["ctcp"], "score": 65.0}],
        "betangible/N-002": [
            {"curriculum_refs": ["movex/C07"], "provider_ids": ["movex"], "score": 94.2},
            {"curriculum_refs": ["movex/C06"], "provider_ids": ["movex"], "score": 70.0},
        ],
    }


def test_two_agreements_wait_for_the_signatures_they_need(story: Tale) -> None:
    placement, course = story.outcome["agreements"]

    assert (placement["about"], placement["state"]) == ("belcinto/O-001", "draft")
    assert placement["required_signers"] == ["learner", "guardian", "company", "provider"]
    assert set(placement["checks"].values()) == {"ok"}
    assert (course["about"], course["state"]) == ("betangible/N-002", "draft")
    assert course["required_signers"] == ["learner", "company", "provider"]
    assert {code for code, status in course["checks"].items() if status != "ok"} == {"tutor"}
    assert list(placement["checks"])[:5] == ["minors_hours", "guardian", "tutor", "tutor_ratio", "overlap"]


@pytest.mark.parametrize(("need", "reasons", "nearest"), UNMET)
def test_an_unmet_need_says_why_and_what_came_nearest(
    story: Tale, need: str, reasons: list[str], nearest: list[str]
) -> None:
    misses = [ref for refs in story.outcome["nearest_misses"][need] for ref in refs]

    assert story.outcome["gaps"][need] == reasons
    assert set(nearest) <= set(misses)
    assert misses[:1] == nearest[:1]


def test_no_other_need_is_unmet(story: Tale) -> None:
    assert sorted(story.outcome["gaps"]) == sorted(need for need, _, _ in UNMET)


def test_the_event_sent_twice_is_one_duplicate(story: Tale) -> None:
    assert story.outcome["duplicates"] == 1


def test_the_broken_event_is_refused_by_both_its_faults(story: Tale) -> None:
    (refused,) = story.outcome["refused"]

    assert refused["id"].endswith("betangible.N-006")
    assert refused["pointers"] == ["/data/colour", "/data/headcount"]


def test_the_answer_about_an_unknown_match_waits_with_a_reason_and_alone(story: Tale) -> None:
    (waiting,) = story.waiting

    assert story.outcome["parked"] == 1
    assert waiting.state == "waiting"
    assert "match 00000000-0000-7000-8000-000000000000 is not known to the hub yet" in waiting.reason
    assert waiting.waiting_behind == 0


def test_movex_is_asked_by_one_mail_in_its_language_that_does_not_name_the_company(story: Tale) -> None:
    (mail,) = [each for each in story.mails if each["kind"] == "request_to_provider"]

    assert mail["to"].endswith("<contact@movex.example>")
    assert mail["subject"].startswith("Formación para 3 personas")
    assert "etangible" not in mail["subject"]


MAILS = """
    9 gap_to_company
    2 proposals_to_company
    1 request_to_provider
    1 placement_to_provider
    2 answer_to_company
    2 decision_to_provider
    7 agreement_to_party
    1 coordinator_digest
"""


def test_everybody_is_told_what_concerns_them(story: Tale) -> None:
    expected = {kind: int(count) for count, kind in (line.split() for line in MAILS.strip().splitlines())}

    assert Counter(mail["kind"] for mail in story.mails) == expected
    assert story.outcome["mails"] == sum(expected.values())
    assert {mail["state"] for mail in story.mails} == {"done"}
    assert [mail["subject"] for mail in story.mails if mail["subject"] != mail["subject"].strip()] == []


def test_every_signer_gets_the_draft_in_their_own_name(story: Tale) -> None:
    told = {mail["to"].partition("<")[2] for mail in story.mails if mail["kind"] == "agreement_to_party"}

    assert told == {
        "learner@betangible.example>",
        "signatory@betangible.example>",
        "signatory@movex.example>",
        "learner@ctcp.example>",
        "guardian@ctcp.example>",
        "signatory@ctcp.example>",
        "signatory@belcinto.example>",
    }


def test_the_coordinator_reads_of_it_on_the_next_working_days_morning(story: Tale) -> None:
    (digest,) = [mail for mail in story.mails if mail["kind"] == "coordinator_digest"]

    assert story.outcome["digests"] == 1
    assert digest["to"] == "Hanne Delacroix <coordinator@cec.example>"


async def test_a_folder_that_holds_the_story_is_shown_and_not_played_again(story: Tale, own_story: str) -> None:
    shown = await play_or_show(load(data=own_story))

    assert without_seconds(shown.outcome) == without_seconds(story.outcome)


@pytest.mark.services
async def test_the_same_comes_out_on_kafka_and_postgresql(story: Tale, cluster_settings: Settings) -> None:
    played = await play_or_show(cluster_settings)
    shown = await play_or_show(cluster_settings)

    assert without_seconds(played.outcome) == without_seconds(story.outcome)
    assert without_seconds(shown.outcome) == without_seconds(story.outcome)


@pytest.mark.parametrize("width", [80, 120])
def test_the_story_is_told_in_words_within_the_screen(story: Tale, width: int) -> None:
    out = StringIO()

    tell(story, Console(file=out, width=width, theme=THEME, highlight=False))

    told = out.getvalue()
    assert all(need in told for need in [*story.outcome["gaps"], *story.outcome["proposals"]])
    assert all(f"vet-hub agreement show {each.agreement_id[:8]} --pdf" in told for each in story.agreed)
    assert [code for code in REASONS if "_" in code and code in told] == []
    assert [line for line in told.splitlines() if len(line) > width and "›" not in line] == []


def test_the_gap_of_a_workshop_is_told_with_what_would_have_to_change(story: Tale) -> None:
    workshops = next(asked for asked in story.asked if "oficina-a/N-1" in asked.refs)

    assert workshops.refs == ("oficina-a/N-1", "oficina-b/N-1", "oficina-c/N-1")
    assert workshops.misses[0].says == (
        "held in Spanish, which you did not ask for",
        "its provider does not come to your site",
    )


async def test_a_demo_that_was_stopped_after_its_last_nomination_is_played_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_args: object, **_kwargs: object) -> None:
        raise HubError("somebody pressed Ctrl-C")

    with monkeypatch.context() as patch:
        patch.setattr("hub.demo.conversation.end", stopped)
        with pytest.raises(HubError, match="Ctrl-C"):
            await play_or_show(load(data=tmp_path))

    resumed = await play_or_show(load(data=tmp_path))
    shown = await play_or_show(load(data=tmp_path))

    assert (resumed.outcome["digests"], resumed.outcome["mails"]) == (1, 25)
    assert without_seconds(shown.outcome) == without_seconds(resumed.outcome)

"""What an operator sees and does beside a hub, on what the demo story left: every list one JSON value, exactly as written."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub import cli
from hub.cli.telling import Tale

Ask = Callable[..., Any]

LISTS = {
    "lag": "group events seconds state rate_in rate_out",
    "parked list": "group key event_id type reason error attempts next_try waiting_behind state waiting_for",
    "mail list": "id to subject kind state attempts",
    "agreement list": "id version state template about document_sha256",
}


@pytest.fixture
def ask(own_story: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command on the story's folder; returns its JSON."""

    def run(line: str, *more: str, code: int = 0) -> Any:
        assert cli.run([*line.split(), *more, "--data", own_story, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def do(own_story: str, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command on the story's folder; returns what it printed."""

    def run(line: str, *more: str, code: int = 0) -> str:
        assert cli.run([*line.split(), *more, "--data", own_story]) == code
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


@pytest.mark.parametrize("command", LISTS)
def test_a_list_is_one_json_value_with_the_fields_of_the_wire(ask: Ask, command: str) -> None:
    rows = ask(command)

    assert rows
    assert [list(row) for row in rows] == [LISTS[command].split()] * len(rows)


def test_all_groups_are_through_with_the_story(ask: Ask) -> None:
    assert {row["group"]: (row["events"], row["state"]) for row in ask("lag")} == dict.fromkeys(
        ["matcher", "workflow", "notifier", "projector"], (0, "OK")
    )


def test_the_lost_answer_is_listed_with_what_it_waits_for(ask: Ask) -> None:
    (row,) = ask("parked list")

    assert row["state"] == "waiting"
    assert row["waiting_for"].startswith("request:00000000-0000-7000-8000-000000000000")
    assert (row["group"], row["waiting_behind"], row["error"]) == ("workflow", 0, None)


def test_a_skipped_event_is_gone_from_the_list_and_its_trace_says_why(ask: Ask, do: Ask) -> None:
    (row,) = ask("parked list")

    do("parked skip", row["event_id"], "--reason", "sent by mistake")

    assert ask("parked list") == []
    (step,) = ask("trace", row["event_id"])["steps"]
    assert (step["outcome"], step["note"]) == ("skipped", "sent by mistake")


def test_a_snapshot_is_tried_again_at_a_rate_and_its_progress_is_told(ask: Ask, do: Ask) -> None:
    assert ask("parked retry --all --dry-run --rate 2") == {"events": 1, "seconds": 0.5}
    assert "nothing that is parked matches" in do("parked retry --all --reason lost --type need.*", code=1)

    lot = ask("parked retry --all --type match.* --group workflow --rate 20")

    assert (lot["events"], lot["due"], lot["through"]) == (1, 1, 0)
    assert ask("parked lot") == [lot]
    assert "in a lot that goes on" in do("parked retry --all", code=1)
    assert "1 stopped" in do("parked lot", str(lot["lot"]), "--stop")
    assert "there is no lot 4711" in do("parked lot 4711", code=1)
    assert [row["act"] for row in ask("audit -n 2")] == ["parked.stop", "parked.retry-all"]


def test_the_projectors_figures_are_made_anew_and_are_the_same(ask: Ask, do: Ask, own_story: str) -> None:
    before = figures(own_story)

    plan = ask("replay --group projector --dry-run --rate 1000")
    assert (plan["events"], plan["rows"]) == (sum(before.values()), {"counters": len(before)})
    assert sum(plan["by_type"].values()) == plan["events"]
    assert (plan["parked"], plan["left_out"], plan["from"]) == (0, 0, 1)
    assert "say --yes" in do("replay --group projector", code=1)
    assert figures(own_story) == before

    done = ask("replay --group projector --yes")

    assert (done["state"], done["epoch"], done["handled"]) == ("done", 1, plan["events"])
    assert figures(own_story) == before
    assert ask("replay") == [done]
    assert {row["group"]: row["events"] for row in ask("lag")}["projector"] == 0
    assert ask("audit --act replay")[0]["detail"]["events"] == plan["events"]


def figures(folder: str) -> dict[str, int]:
    """Return what the projector has counted."""
    with closing(sqlite3.connect(Path(folder) / "hub.db")) as database:
        return {key: json.loads(body)["count"] for key, body in database.execute("SELECT key, body FROM counters")}


@pytest.mark.parametrize("group", ["matcher", "workflow", "notifier"])
def test_a_group_that_sends_is_not_replayed_and_it_says_why(do: Ask, group: str) -> None:
    told = do(f"replay --group {group} --yes", code=1)

    assert f"{group} says " in told
    assert "would be told again" in told
    assert told.rstrip().endswith("projector")


def test_an_edited_copy_is_published_under_a_new_id_and_the_original_is_skipped(
    ask: Ask, do: Ask, tmp_path: Path
) -> None:
    (row,) = ask("parked list")
    event = ask("parked show", row["event_id"])["event"]
    kept = {name: value for name, value in event.items() if not name.startswith(("hub", "corr", "caus", "part"))}
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps({**kept, "id": "answer-2", "data": {**event["data"], "decision": "declined"}}))

    do("parked edit", row["event_id"], "--file", str(edited))

    assert ask("parked list") == []
    (untaken,) = [row for row in ask("lag") if row["events"]]
    assert (untaken["group"], untaken["events"]) == ("workflow", 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "the copy needs an id of its own"),
        ({"id": "other", "data": {}}, "/data/match_id: This field is required"),
    ],
    ids=["same id", "not valid"],
)
def test_an_edited_copy_that_cannot_be_taken_changes_nothing(
    ask: Ask, do: Ask, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    (row,) = ask("parked list")
    event = ask("parked show", row["event_id"])["event"]
    kept = {name: value for name, value in event.items() if not name.startswith(("hub", "corr", "caus", "part"))}
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps({**kept, **change}))

    assert sentence in do("parked edit", row["event_id"], "--file", str(edited), code=1)
    assert len(ask("parked list")) == 1


def test_the_trace_of_a_need_leads_from_its_event_to_the_delivered_mail(ask: Ask) -> None:
    story = ask("trace betangible/N-002")

    names = [step["type"].removeprefix("eu.vethub.") for step in story["steps"]]
    assert story["correlation_id"].endswith("betangible.N-002")
    assert (names[0], names[-1]) == ("need.published.v1", "notification.delivered.v1")
    assert list(dict.fromkeys(name for name in names if not name.startswith("notification"))) == [
        "need.published.v1",
        "match.proposed.v1",
        "match.requested.v1",
        "match.answered.v1",
        "request.answered.v1",
        "match.decided.v1",
        "cooperation.agreed.v1",
        "learner.nominated.v1",
        "document.rendered.v1",
        "agreement.drafted.v1",
    ]
    assert {step["outcome"] for step in story["steps"]} == {"done", "stored"}


def test_a_mail_is_shown_in_each_of_its_parts(ask: Ask, do: Ask) -> None:
    (mail,) = [each for each in ask("mail list") if each["kind"] == "request_to_provider"]
    short = mail["id"][:8]

    assert do("mail show", short).startswith("Una empresa en ES612")
    assert "<html" in do("mail show", short, "--part", "html")
    assert "Message-ID: <" in do("mail show", short, "--part", "headers")
    assert "Content-Type: multipart/alternative" in do("mail show", short, "--part", "source")


def test_a_mail_that_names_the_days_of_a_course_brings_a_calendar_file(ask: Ask, do: Ask) -> None:
    mails = {(mail["kind"], mail["to"].partition("@")[2]): mail["id"][:8] for mail in ask("mail list")}
    decision = mails["decision_to_provider", "movex.example>"]

    assert "With it comes vet-hub.ics (text/calendar, " in do("mail show", decision)
    days = do("mail show", decision, "--part", "calendar")
    assert days.startswith("BEGIN:VCALENDAR\n")
    assert "Operador de corte automático" in days
    assert "has no calendar file" in do(
        "mail show", mails["gap_to_company", "belcinto.example>"], "--part", "calendar", code=1
    )


def test_an_agreement_is_shown_and_its_document_written_as_it_is_stored(ask: Ask, do: Ask, tmp_path: Path) -> None:
    placement, _ = ask("agreement list")
    file = tmp_path / "agreement.pdf"

    told = do("agreement show", placement["id"][:8], "--pdf", str(file))
    whole = ask("agreement show", "belcinto/O-001")

    assert "belcinto/O-001" in told
    assert sha256(file.read_bytes()).hexdigest() == placement["document_sha256"]
    assert {name: whole[name] for name in placement} == placement
    assert [signer["role"] for signer in whole["required_signers"]] == ["learner", "guardian", "company", "provider"]


def test_a_document_goes_to_standard_output_alone(own_story: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    command = ["agreement", "show", "--pdf", "-", "--data", own_story]

    assert cli.run(["agreement", "list", "--json", "--data", own_story]) == 0
    (placement, _) = json.loads(capfdbinary.readouterr().out)
    assert cli.run([*command, placement["id"]]) == 0

    assert sha256(capfdbinary.readouterr().out).hexdigest() == placement["document_sha256"]


@pytest.mark.parametrize("word", ["nothing", "0", "00000000-0000-4000-8000-000000000000"])
def test_an_agreement_that_is_not_there_is_named_with_the_cure(do: Ask, word: str) -> None:
    assert f"there is no agreement '{word}'; `vet-hub agreement list` shows them" in do("agreement show", word, code=1)


def test_a_person_is_erased_for_good_and_a_second_time_says_the_same(ask: Ask, do: Ask) -> None:
    (paper, _) = ask("agreement list")
    learner = ask("agreement show", paper["id"])["parties"]["learner_ref"]

    first, again = ask("people erase", learner), ask("people erase", learner)

    assert list(first) == ["ref", "erased_at", "kept"]
    assert again == first
    said = [json.loads(line) for line in do("log tail --json --type subject.erased").splitlines()]
    assert [event["data"] for event in said] == [{"subject_ref": learner}]
    assert "is nobody's ref" in do("people erase", "p-nobody", code=1)


def test_the_stream_is_told_newest_last_and_by_type(do: Ask) -> None:
    told = [json.loads(line) for line in do("log tail --json --type need.published -n 3").splitlines()]

    assert [event["type"] for event in told] == ["eu.vethub.need.published.v1"] * 3
    assert sorted(int(event["hubseq"]) for event in told) == [int(event["hubseq"]) for event in told]


def test_a_need_is_ranked_without_being_published(ask: Ask, do: Ask, tmp_path: Path) -> None:
    (event,) = [
        json.loads(line) for line in do("log tail --json --subject betangible/N-002 --type need.published").splitlines()
    ]
    need = tmp_path / "need.json"
    need.write_text(json.dumps(event["data"]))

    found = ask("match", str(need))

    assert [each["curriculum_refs"] for each in found["candidates"]] == [["movex/C07"], ["movex/C06"]]
    assert found["gap"] is None
    assert len(found["rejected"]) == 28
    assert list(found) == ["candidates", "rejected", "gap", "milliseconds"]

    said = do("match", str(need))
    why_not = said.partition("Why not")[2]
    assert why_not.count("misses a skill that must be taught") == 1
    assert all(why_not.count(each["curriculum_ref"]) == 1 for each in found["rejected"])


def test_a_key_is_shown_once_and_works_until_it_is_revoked(ask: Ask, do: Ask) -> None:
    made = ask("key create --org movex --scope read")

    assert list(made) == ["key", "key_id", "org", "scopes"]
    assert (made["org"], made["scopes"]) == ("movex", ["read"])
    assert made["key"] not in json.dumps(ask("key list"))
    do("key revoke", made["key_id"])
    assert "could be revoked" in do("key revoke", made["key_id"], code=1)


def test_a_person_gets_a_ref_that_says_nothing(ask: Ask) -> None:
    added = ask(
        "people add --org movex --kind tutor --email t@movex.example --lang es --tz Europe/Madrid", "--name", "Ana Lima"
    )

    assert list(added) == ["ref"]
    assert "Ana" not in added["ref"]


def test_keys_and_people_may_come_before_the_hubs_first_start(tmp_path: Path) -> None:
    folder = str(tmp_path / "fresh")

    assert cli.run(["key", "create", "--org", "movex", "--data", folder]) == 0
    assert cli.run(["lag", "--data", folder]) == 0


def test_a_healthy_folder_passes_the_doctor(ask: Ask) -> None:
    assert [row for row in ask("doctor") if not row["ok"]] == []


def test_the_story_names_commands_that_work(story: Tale, do: Ask) -> None:
    assert all(do("mail show", mail["id"][:8]) for mail in story.mails)
    assert all(do("agreement show", each.agreement_id[:8]) for each in story.agreed)
    assert do("parked list")
    assert do("trace betangible/N-002")

"""`vet-hub schema export` and `check`: the contract as files, and what a change of it breaks, with exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from events.catalogue import EVENTS
from hub.cli import run

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    assert run(["schema", "export", str(tmp_path / "old")]) == 0
    return tmp_path / "old"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    assert run(["schema", "export", str(tmp_path / "new")]) == 0
    return tmp_path / "new"


def change(file: Path, how: Change) -> None:
    document = json.loads(file.read_text())
    how(document)
    file.write_text(json.dumps(document))


def test_there_is_a_file_for_every_type_for_the_attributes_and_for_both_doors(old: Path) -> None:
    names = {path.stem for path in old.glob("*.json")}

    assert names == {*EVENTS, "cloudevent", "asyncapi", "openapi"}


def test_what_only_grows_breaks_nobody(old: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(new / "need.published.json", lambda found: found["properties"].update(reach={"type": "string"}))

    assert run(["schema", "check", str(old), str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "compatible": True,
        "breaking": [],
        "other": [{"schema": "need.published", "pointer": "/properties/reach", "field": "reach", "what": "is new"}],
    }


def test_what_breaks_is_told_with_pointer_and_cure(old: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(new / "need.published.json", lambda found: found["properties"]["headcount"].update(maximum=300))
    (new / "match.expired.json").unlink()

    assert run(["schema", "check", str(old), str(new), "--json"]) == 1
    broken = json.loads(capsys.readouterr().out)["breaking"]
    assert [(each["schema"], each["pointer"], each["breaks"]) for each in broken] == [
        ("match.expired", "", "readers"),
        ("need.published", "/properties/headcount/maximum", "senders"),
    ]
    assert all(each["cure"] for each in broken)

    assert run(["schema", "check", str(old), str(new)]) == 1
    said = capsys.readouterr().out
    assert "breaks senders need.published  headcount had maximum 500, has now 300" in said
    assert "need.published.json#/properties/headcount/maximum" in said
    assert said.splitlines()[-1] == "2 of 2 changes break somebody."


def test_two_files_are_compared_whatever_they_are_called(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = old / "draft.json"
    copy.write_text((old / "need.published.json").read_text())
    change(copy, lambda found: found["properties"].pop("green"))

    assert run(["schema", "check", str(old / "need.published.json"), str(copy)]) == 1
    assert "green is gone" in capsys.readouterr().out
    assert run(["schema", "check", str(copy), str(copy)]) == 0


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ("old", "nowhere", "cannot be read"),
        ("old", "old/need.published.json", "two of a kind"),
        ("old", "empty", "holds no JSON Schemas"),
        ("empty/text.txt", "old/need.published.json", "is not JSON"),
        ("empty/list.txt", "old/need.published.json", "must be an object"),
    ],
)
def test_what_cannot_be_compared_is_wrong_use(
    old: Path, capsys: pytest.CaptureFixture[str], before: str, now: str, says: str
) -> None:
    empty = old.parent / "empty"
    empty.mkdir()
    (empty / "text.txt").write_text("no JSON")
    (empty / "list.txt").write_text("[]")

    assert run(["schema", "check", str(old.parent / before), str(old.parent / now)]) == 2
    assert says in capsys.readouterr().err.replace("\n", " ")

"""`vet-hub skills find` as wire.md gives it: one object, or one a line from a file."""

from pathlib import Path

import orjson
import pytest

from hub.cli import run
from hub.skills.pack import label


def test_words_are_answered_with_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["skills", "find", "Ponto de seleiro", "--lang", "pt", "--json"]) == 0

    found = orjson.loads(capsys.readouterr().out)
    assert list(found) == ["statement", "language", "normalised", "method", "abstained", "candidates"]
    assert (found["statement"], found["language"], found["abstained"]) == ("Ponto de seleiro", "pt", False)
    (only,) = found["candidates"]
    assert (label(only["uri"]), only["score"]) == (only["label"], 1.0)


def test_a_file_is_answered_line_by_line_in_its_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "asked.tsv"
    table.write_text('id\tlang\tstatement\n1\tde\tSchärfen\n2\tPT\t\n3\ten\t"skiving"\n', encoding="utf-8-sig")

    assert run(["skills", "find", "--file", str(table), "--sector", "leather"]) == 0

    said = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["statement"], each["method"]) for each in said] == [
        ("Schärfen", "alias"),
        ("", "none"),
        ('"skiving"', "alias"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["find"], 2, "give TEXT"),
        (["find", "sewing", "--sector", "ships"], 2, "--sector is one of leather"),
        (["find", "--file", "nowhere.tsv"], 1, "nowhere.tsv cannot be read"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["skills", *words]) == code
    assert said in capsys.readouterr().err


def test_a_table_without_its_columns_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.tsv").write_text("text;lang\n")

    assert run(["skills", "find", "--file", str(tmp_path / "t.tsv")]) == 1
    assert "line 1: it lacks the column 'statement'" in capsys.readouterr().err

"""The command line as a whole: its table, its help, its exit codes, and errors of one sentence."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hub import cli
from hub.cli import COMMANDS
from hub.cli.newcomers import looks_misspelt
from hub.settings import load
from tests import builders
from tests.story import playing

NAMES = [command.name for commands in COMMANDS.values() for command in commands]
HEAVY = ("typer", "rich", "pydantic", "sqlalchemy", "orjson", "events", "schemas", "asyncio")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_the_table_loads_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0

    assert f"vet-hub {name}" in capsys.readouterr().out


def test_the_help_lists_every_command_and_loads_none_of_them() -> None:
    code = f"import sys; from hub.cli import run; run(['--help']); print([m for m in {HEAVY!r} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    *help_text, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    assert {line.split()[0] for line in help_text if line.startswith("  ")} == set(NAMES)


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("", 2, ""),
        ("dmeo", 2, "vet-hub: there is no command 'dmeo'; did you mean `vet-hub demo`?"),
        ("lag --nope", 2, "vet-hub lag: No such option: --nope; `vet-hub lag --help` says how"),
        ("log tail --type x", 2, "'x' is not an event"),
        ("worker", 2, "this is a process of the cluster: set VET_HUB_DATABASE_URL and VET_HUB_LOG_URL"),
        ("lag --data FOLDER", 1, "there is no hub in FOLDER; name its folder with --data DIR"),
        ("key create --data FOLDER --org movex --scope operate", 2, "for organisation «hub» only"),
        ("people add --data FOLDER --org x --kind contact --name X --email x", 2, "email: "),
        ("people add --data FOLDER --org x --kind chef --name X --email x@y.example", 2, "kind: "),
        ("key create --data FOLDER --org Movex", 2, "'Movex' is no organisation's slug; write small letters"),
        ("send EVENT --key x --url ftp://hub.example", 2, "'ftp://hub.example' is no address of a hub; write --url"),
        ("send EVENT --key x --url hub", 2, "'hub' is no address of a hub"),
        ("send EVENT --key x --url http://", 2, "'http://' is no address of a hub"),
        ("up --data FILE --port 0", 4, "FILE is not writable"),
        ("demo --data FILE", 4, "FILE is not writable"),
        ("send FILE", 2, "give a key, or set VET_HUB_KEY"),
        ("send nowhere.json --key x", 1, "nowhere.json cannot be read: No such file"),
        ("send EVENT --key x --url http://127.0.0.1:1", 3, "no hub answers at http://127.0.0.1:1"),
        ("match FILE --data FOLDER", 1, "FILE"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_its_exit_code(
    line: str,
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    places = {"FOLDER": str(tmp_path / "none"), "FILE": str(tmp_path / "file"), "EVENT": str(tmp_path / "event")}
    Path(places["FILE"]).write_text("not a folder, not JSON")
    Path(places["EVENT"]).write_text("{}")
    for word, place in places.items():
        line, sentence = line.replace(word, place), sentence.replace(word, place)

    assert cli.run(line.split()) == code

    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == (1 if sentence else 0)


@pytest.mark.parametrize(
    ("name", "value", "code", "sentence"),
    [
        ("VET_HUB_PORT", "99999", 2, "VET_HUB_PORT = '99999': "),
        (
            "VET_HUB_HANDLERS",
            "nowhere:ROUTERS",
            2,
            "VET_HUB_HANDLERS = 'nowhere:ROUTERS': there is no module 'nowhere'",
        ),
        ("VET_HUB_LOG_URL", "kafka://127.0.0.1:1", 2, "belong together"),
        ("VET_HUB_LOG_LEVEL", "loud", 2, "VET_HUB_LOG_LEVEL = 'loud'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(
    name: str,
    value: str,
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)

    assert cli.run(["demo", "--data", str(tmp_path)]) == code
    assert sentence in capsys.readouterr().err


def test_a_cluster_whose_database_is_away_is_a_service_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VET_HUB_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("VET_HUB_LOG_URL", "kafka://127.0.0.1:1")

    assert cli.run(["relay", "--wait", "0"]) == 3
    assert cli.run(["topics", "plan"]) == 3
    assert cli.run(["lag"]) == 3

    assert [line for line in capsys.readouterr().err.splitlines() if "does not answer" not in line] == []


def test_what_nobody_foresaw_is_a_sentence_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hub.db").write_text("this is no database")

    assert cli.run(["lag", "--data", str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert "VET_HUB_LOG_LEVEL=debug shows where" in said
    assert len(said.splitlines()) == 1


def test_an_operator_can_ask_for_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_text("this is no database")
    monkeypatch.setenv("VET_HUB_LOG_LEVEL", "debug")

    with pytest.raises(Exception, match="not a database"):
        cli.run(["lag", "--data", str(tmp_path)])


@pytest.mark.parametrize(
    ("given", "known", "slip"),
    [
        ("betangibel", "betangible", True),
        ("movexx", "movex", True),
        ("atelier-d", "ateleir-d", True),
        ("oficina-b", "oficina-a", False),
        ("school-12", "school-11", False),
        ("ctcp", "movex", False),
        ("movex-sevilla", "movex", False),
    ],
)
def test_a_slip_of_the_pen_is_told_from_another_organisation(given: str, known: str, slip: bool) -> None:
    assert looks_misspelt(given, known) is slip


async def test_keys_and_people_come_before_their_organisation_but_not_for_a_slip_of_the_pen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with playing(load(data=tmp_path)) as story:
        await story.say("company.registered", "betangible", builders.company())
        await story.settle()
    person = ["--kind", "contact", "--name", "Ana", "--email", "a@b.example"]
    for command in (["key", "create"], ["people", "add", *person]):
        line = [*command, "--data", str(tmp_path), "--org"]
        assert await asyncio.to_thread(cli.run, [*line, "betangibel"]) == 2
        assert "nobody registered 'betangibel'; did you mean 'betangible'?" in capsys.readouterr().err
        assert await asyncio.to_thread(cli.run, [*line, "betangibel", "--new"]) == 0
        assert "Nobody has registered betangibel yet" in capsys.readouterr().err
        assert await asyncio.to_thread(cli.run, [*line, "movex"]) == 0
        assert "Nobody has registered movex yet" in capsys.readouterr().err
        assert await asyncio.to_thread(cli.run, [*line, "betangible"]) == 0
        assert "Nobody has registered" not in capsys.readouterr().err

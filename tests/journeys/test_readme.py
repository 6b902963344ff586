"""What README and CONTRIBUTING show is what there is: their commands run, their files exist, their examples hold."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from hub import cli
from hub.cli.telling import Tale
from hub.settings import Settings
from tests.journeys.test_up import Running

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md")}
PARTS = ("schemas/", "events/", "hub/", "handlers/", "tests/", "deploy/")
WRITTEN = date(2026, 11, 24)  # when README's example was
OTHER_TERMINAL, NEED = "and beside it, in another terminal", "`need.json` is a CloudEvent"


def blocks(page: str, language: str) -> list[str]:
    """Return a page's fenced blocks of a language, without the margin they stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGES[page], re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(margin) for line in text.splitlines()) for margin, text in found]


def commands(text: str) -> list[list[str]]:
    """Return the command lines of a shell block as words."""
    return [words for line in text.splitlines() if (words := shlex.split(line, comments=True))]


def spans() -> list[str]:
    """Return everything that the pages set as code inside their sentences."""
    return [
        span
        for page in PAGES.values()
        for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    ]


def block_after(words: str, language: str) -> str:
    """Return the block of README that follows on some words."""
    _, found, rest = PAGES["README.md"].partition(words)
    assert found, f"README has no words {words!r} any more"
    return rest.partition(f"```{language}\n")[2].partition("```")[0]


def test_every_make_command_is_a_target_with_a_line_of_help() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = [words for page in PAGES for block in blocks(page, "bash") for words in commands(block)]
    said = {words[1] for words in [*shown, *map(str.split, spans())] if words[0] == "make" and len(words) > 1}

    assert {"demo", "run", "test"} <= said
    assert said <= targets


def test_every_command_of_the_hub_exists() -> None:
    names = {command.name for group in cli.COMMANDS.values() for command in group}
    shown = [words for page in PAGES for block in blocks(page, "bash") for words in commands(block)]
    said = {words[1] for words in [*shown, *map(str.split, spans())] if words[0] == "vet-hub" and len(words) > 1}

    assert {"up", "send", "trace", "topics"} <= said
    assert said <= names


def test_every_file_that_is_named_exists() -> None:
    named = {word for span in spans() for word in span.split() if word.startswith(PARTS) and "<" not in word}

    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_setting_that_is_named_is_one() -> None:
    table = PAGES["README.md"].partition("### Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"VET_HUB_([A-Z_]+[A-Z])", table)) - {"CONFIG"}
    fields = {name.upper() for name in Settings.model_fields}

    assert {"DATA", "DATABASE_URL", "LOG_URL"} <= named
    assert named <= fields


def test_the_extras_that_are_asked_for_are_there() -> None:
    (asked,) = re.findall(r"vet-hub\[([a-z,]+)\]", PAGES["README.md"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert set(asked.split(",")) == set(project["optional-dependencies"])


def test_python_examples_are_python() -> None:
    examples = blocks("CONTRIBUTING.md", "python")

    assert len(examples) >= 3
    for example in examples:
        ast.parse(example)


@pytest.fixture(scope="module")
def beside(story: Tale, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that runs on a folder in which the story was played, as after `vet-hub up --demo`."""
    folder = tmp_path_factory.mktemp("readme") / "story"
    shutil.copytree(story.folder, folder)
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith("VET_HUB_")]:
            shell.delenv(name)
        hub = Running(folder)
    yield hub
    hub.process.kill()
    hub.process.communicate()


def as_of_today(text: str) -> str:
    """Move an example's days along, so that they lie before whoever reads them as they did before whoever wrote them."""
    passed = max(timedelta(0), datetime.now(UTC).date() - WRITTEN)
    return re.sub(r"\d{4}-\d\d-\d\d", lambda day: str(date.fromisoformat(day[0]) + passed), text)


def test_the_commands_beside_a_running_hub_do_what_they_say(
    beside: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "need.json").write_text(as_of_today(block_after(NEED, "json")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VET_HUB_DATA", beside.folder)
    told: dict[str, str] = {}
    for words in commands(block_after(OTHER_TERMINAL, "bash")):
        if words[0] != "vet-hub":
            continue
        key = re.findall(r"hub_live_[A-Za-z0-9_-]+", told.get("key", ""))
        given = [key[0] if word.startswith("hub_live_") else word for word in words[1:]]
        given = [beside.url if word.startswith("http://127.0.0.1:") else word for word in given]
        assert cli.run(given) == 0, (given, capsys.readouterr())
        told[words[1]] = capsys.readouterr().out

    assert "1 accepted" in told["send"]
    assert "need.published" in told["trace"]
    assert set(told) >= {"console", "parked", "mail", "match", "doctor"}


def test_the_example_is_one_event_of_the_company_whose_key_is_made() -> None:
    event = orjson.loads(block_after(NEED, "json"))
    makes_key = next(
        words for words in commands(block_after(OTHER_TERMINAL, "bash")) if words[1:3] == ["key", "create"]
    )

    assert makes_key[-1] == event["data"]["company_id"] == event["subject"].partition("/")[0]


@pytest.mark.services
def test_the_script_of_the_services_points_a_shell_at_a_database_of_its_own() -> None:
    (line,) = [span for span in spans() if span.startswith("eval ")]
    script, *words = re.findall(r"\$\((.*)\)", line)[0].split()
    told = subprocess.run([ROOT / script, *words], capture_output=True, check=True, text=True).stdout

    assert set(re.findall(r"(VET_HUB_[A-Z_]+)=", told)) == {
        "VET_HUB_DATABASE_URL",
        "VET_HUB_LOG_URL",
        "VET_HUB_TOPIC_PREFIX",
    }

"""What docs/operate.md tells operators to type works, in its order, beside a running hub; what it names exists."""

import json
import re
import shlex
from pathlib import Path

import pytest

from hub import cli
from hub.metrics import METRICS
from hub.settings import Settings
from tests.journeys.test_readme import beside, commands  # noqa: F401 - a fixture
from tests.journeys.test_up import Running

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
BLOCKS = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_command_of_the_page_runs(
    beside: Running,  # noqa: F811 - pytest's way to name a fixture
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VET_HUB_DATA", beside.folder)
    assert cli.run(["parked", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    told: dict[str, str] = {}
    for words in [words for block in BLOCKS for words in commands(block)]:
        given = [row["event_id"] if word == "EVENT" else word for word in words[1:]]
        assert (words[0], cli.run(given)) == ("vet-hub", 0), (given, capsys.readouterr())
        told[" ".join(words[1:3])] = capsys.readouterr().out

    assert len(told) > 12
    assert "projector" in told["lag"]
    assert "done" in told["replay"]
    assert "parked.skip" in told["audit --about"]


def test_what_the_page_names_exists() -> None:
    spans = re.findall(r"`([^`\n]+)`", PAGE)
    names = {metric.name + ("_total" if metric.kind == "counter" else "") for metric in METRICS}
    named = {span for span in spans if span.startswith("vet_hub_")}
    settings = {span.removeprefix("VET_HUB_").lower() for span in spans if span.startswith("VET_HUB_")}

    assert len(named) >= 8
    assert {name for name in named if name not in names and f"{name}_total" not in names} == set()
    assert settings <= set(Settings.model_fields)
    assert {shlex.split(span)[1] for span in spans if span.startswith("vet-hub ")} <= {
        command.name for group in cli.COMMANDS.values() for command in group
    }

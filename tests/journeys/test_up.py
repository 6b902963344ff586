"""The hub as a process: its address and first key, what others may not do meanwhile, and how it ends."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub import cli
from tests.journeys.running import Running

GOOD = {"company_id": "acme", "legal_name": "Acme", "country": "PT", "nuts": "PT11A", "languages": ["pt"]}


def event(event_id: str, **changes: str) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/companies/acme",
            "type": "eu.vethub.company.updated.v1",
            "subject": "acme",
            "data": {**GOOD, **changes},
        }
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith("VET_HUB_")]:
            shell.delenv(name)
        hub = Running(tmp_path_factory.mktemp("up"))
    yield hub
    hub.process.kill()
    hub.process.communicate()


def test_a_hub_takes_events_beside_which_nobody_else_runs_and_ends_on_a_signal(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = running.key()
    file = tmp_path / "events.ndjson"
    file.write_text(event("1") + "\n" + event("1") + "\n" + event("2", country="Portugal") + "\n")

    assert cli.run(["send", str(file), "--url", running.url, "--key", key]) == 1
    sent = capsys.readouterr()
    assert sent.out == "2 accepted (1 of them were there already), 1 refused\n"
    assert sent.err.startswith(f"{file}:3: /data/country: ")

    assert cli.run(["send", str(file), "--url", running.url, "--key", "hub_live_x"]) == 4
    assert cli.run(["up", "--data", running.folder, "--port", "0"]) == 4
    assert cli.run(["up", "--data", str(tmp_path), "--port", running.url.rpartition(":")[2]]) == 1
    assert cli.run(["demo", "--data", running.folder]) == 4
    *_, in_use, other = capsys.readouterr().err.splitlines()
    assert "is taken by another program; choose another with --port N" in in_use
    assert "the demo plays in an empty hub only" in other

    assert cli.run(["key", "list", "--data", running.folder, "--json"]) == 0
    assert [row["org"] for row in json.loads(capsys.readouterr().out)] == ["hub"]

    assert running.link.startswith(running.url)
    assert "Sign in</button>" in httpx.get(running.link).text

    assert "The hub has stopped" in running.stop()
    assert running.process.returncode == 0

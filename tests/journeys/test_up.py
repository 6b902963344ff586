"""The hub as a process: its address and first key, what others may not do meanwhile, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub import cli

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


class Running:
    """A hub in a process of its own, and what it printed when it ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        command = [sys.executable, "-m", "hub", "up", "--port", "0", "--data", self.folder]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.greeting = self._line()
        while "vet-hub runs at" not in self.greeting:
            self.greeting = self._line()
        self.url = re.findall(r"http://[0-9.:]+", self.greeting)[0]
        self.link = re.findall(r"http://\S+/console/sign-in/\S+", self._line())[0]

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the hub ended before it ran"
        return line

    def key(self) -> str:
        return re.findall(r"hub_live_\S+", self._line())[0]

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        return said


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

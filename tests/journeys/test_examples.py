"""The programs in `deploy/examples`, run as a partner would run them, against a hub in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.conftest import EXAMPLE_JARS
from tests.journeys.running import Running

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
PATIENCE = 120.0  # seconds a program may take on a loaded machine
LONGEST = 60  # lines: what fits a screen


class Shop(NamedTuple):
    """A running hub and a company's key."""

    url: str
    key: str

    def run(self, *command: str | Path, key: str = "") -> subprocess.CompletedProcess[str]:
        settings = os.environ | {"HUB_URL": self.url, "HUB_KEY": key or self.key}
        return subprocess.run(
            command, env=settings, cwd=EXAMPLES, capture_output=True, text=True, timeout=PATIENCE, check=False
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    hub = Running(tmp_path_factory.mktemp("examples"))
    command = [sys.executable, "-m", "hub", "key", "create", "--org", "betangible", "--data", hub.folder, "--json"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    yield Shop(hub.url, json.loads(made.stdout)["key"])
    hub.stop()


PROGRAMS = [
    pytest.param(("bash", "post_need.sh"), "N-101", 2, id="curl", marks=pytest.mark.examples),
    pytest.param((sys.executable, "post_need.py"), "N-102", 1, id="python"),
    pytest.param(
        ("java", "-cp", f"{EXAMPLE_JARS.parent}/*", "java/PostNeed.java"),
        "N-103",
        1,
        id="java",
        marks=pytest.mark.examples,
    ),
]


@pytest.mark.parametrize(("command", "need", "events"), PROGRAMS)
def test_what_the_program_posts_is_stored_once_however_often_it_runs(
    shop: Shop, command: tuple[str, ...], need: str, events: int
) -> None:
    for duplicate in (False, True):
        done = shop.run(*command)

        assert done.returncode == 0, done.stdout + done.stderr
        accepted = json.loads(done.stdout)["accepted"]
        assert [each["duplicate"] for each in accepted] == [duplicate] * events
    story = httpx.get(f"{shop.url}/v1/trace/betangible/{need}", headers={"Authorization": f"Bearer {shop.key}"})
    assert story.status_code == 200


@pytest.mark.parametrize(("command", "need", "events"), PROGRAMS)
def test_a_program_that_is_refused_says_so(shop: Shop, command: tuple[str, ...], need: str, events: int) -> None:
    done = shop.run(*command, key="hub_live_nobody")

    assert done.returncode != 0
    assert '"status":401' in done.stdout


def test_every_program_fits_a_screen_and_is_explained() -> None:
    page = (EXAMPLES / "README.md").read_text()

    for program in (path for path in EXAMPLES.rglob("*") if path.suffix in (".py", ".sh", ".java", ".mjs")):
        assert len(program.read_text().splitlines()) <= LONGEST, program
        assert program.name in page

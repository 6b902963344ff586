"""compose.yaml and the Dockerfile, held against what reads them, against the command line and against our own rules."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from hub.cli import run
from hub.parts import reactions
from hub.settings import BESIDE, PREFIX, Settings, load
from tests.journeys.composing import ROOT, compose, of_the_hub

FILE = compose()
SERVICES: dict[str, Any] = FILE["services"]
HUB = of_the_hub(FILE)
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def test_the_compose_file_is_one() -> None:
    PyCompose.from_yaml(yaml.safe_dump(FILE)).validate()


def test_a_password_must_be_given() -> None:
    with pytest.raises(KeyError, match=r"POSTGRES_PASSWORD: put one into \.env"):
        compose({})


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"

    done = subprocess.run([hadolint, ROOT / "deploy" / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("name", HUB)
def test_each_command_is_one_of_the_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    # The whole line is read before the help is shown, so a wrong option or word ends otherwise.
    assert run([*HUB[name]["command"], "--help"]) == 0

    assert f"Usage: vet-hub {HUB[name]['command'][0]}" in capsys.readouterr().out


def test_every_group_has_its_worker_and_every_process_of_the_cluster_a_service() -> None:
    commands = [each["command"] for each in HUB.values()]

    assert {command[2] for command in commands if command[0] == "worker"} == {
        reaction.group
        for reaction in reactions(load())
        if not reaction.outward  # what only tells partners runs with the relay
    }
    assert {command[0] for command in commands} == {
        "web", "worker", "relay", "scheduler", "courier", "migrate", "topics", "demo",
    }  # fmt: skip


@pytest.mark.parametrize("name", HUB)
def test_each_setting_of_a_service_is_one_of_the_hub(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields} | {f"{PREFIX}{each}" for each in BESIDE}

    given = set(HUB[name]["environment"]) | {word for word in DOCKERFILE.split() if word.startswith(PREFIX)}

    assert {setting.partition("=")[0] for setting in given} <= known


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_become_more_than_it_is(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("user", "the image's own") not in ("root", "0", "0:0")
    assert name == "kafka" or service["read_only"] is True
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_nothing_listens_beyond_this_machine(name: str) -> None:
    service = SERVICES[name]

    assert service["image"].partition(":")[2] not in ("", "latest")
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_started_when_what_it_needs_is_well(name: str) -> None:
    for before, terms in SERVICES[name].get("depends_on", {}).items():
        runs_once = SERVICES[before]["restart"] == "no"
        assert terms["condition"] == ("service_completed_successfully" if runs_once else "service_healthy")
        assert runs_once or "healthcheck" in SERVICES[before]


def test_every_container_that_stays_is_watched_and_started_again() -> None:
    staying = {name for name, each in SERVICES.items() if each["restart"] == "unless-stopped"}

    assert set(SERVICES) - staying == {"migrate", "topics", "demo"}
    assert {name for name in staying if "healthcheck" not in SERVICES[name]} == set()
    assert {name for name, each in SERVICES.items() if "profiles" in each} == {"demo"}


def test_the_last_stage_builds_nothing_and_runs_as_nobody_special() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]

    assert "USER 10001:10001" in last
    assert "pip uninstall" in last or "pip install" not in last
    assert [tool for tool in ("apt-get", "gcc", "uv pip", "hatchling", "COPY . ") if tool in last] == []
    assert all(":" in line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("FROM "))


def test_what_is_installed_is_locked_by_hash() -> None:
    installs = [line for line in DOCKERFILE.replace("\\\n", "").split("&&") if "pip install" in line]

    assert len(installs) == 4
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps --offline" not in line] == []


def test_no_secret_gets_into_the_image() -> None:
    kept = [line for line in (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"]

    assert {line.removeprefix("!").partition("/")[0] for line in kept} == {
        "LICENSE", "README.md", "pyproject.toml", "requirements.lock", "schemas", "events", "hub", "handlers", "deploy",
    }  # fmt: skip
    assert [word for word in ("PASSWORD", "SECRET", "KEY", "TOKEN") if word in DOCKERFILE.upper()] == []
    assert ".env" in (ROOT / ".gitignore").read_text().split()

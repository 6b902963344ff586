"""What can be said of the development services without starting them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "deploy" / "dev" / "services.sh"
VERAPDF = ROOT / "deploy" / "dev" / "verapdf.sh"
MAILPIT = ROOT / "deploy" / "dev" / "mailpit.sh"
SCRIPTS = [
    *(
        SERVICES.parent / f"{name}.sh"
        for name in ("services", "verapdf", "mailpit", "asyncapi", "smtpsink", "examples")
    ),
    ROOT / ".ci" / "run",
]
TEXT = SERVICES.read_text()


def services(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    settings = os.environ | {"VET_HUB_DEV_STATE": str(state)}
    return subprocess.run([SERVICES, *arguments], capture_output=True, text=True, env=settings, timeout=60, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_sound_shell_and_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=False).stderr == b""
    assert "set -euo pipefail" in script.read_text()


@pytest.mark.parametrize("command", ["up", "status", "env", "down", "wipe", "needs"])
def test_usage_names_every_command(command: str, tmp_path: Path) -> None:
    answer = services(state=tmp_path)

    assert answer.returncode == 2
    assert f"services.sh {command}" in answer.stderr


def test_the_validators_version_is_the_one_that_tests_look_for() -> None:
    jar = re.search(r"^version=(.+)$", VERAPDF.read_text(), re.MULTILINE)

    assert jar is not None
    assert f"cli-{jar[1]}.jar" == conftest.VERAPDF.name


def test_the_mail_servers_version_is_the_one_that_tests_look_for() -> None:
    version = re.search(r"^version=(.+)$", MAILPIT.read_text(), re.MULTILINE)

    assert version is not None
    assert f"mailpit-{version[1]}" == conftest.MAILPIT.parent.name


def test_an_unknown_command_changes_nothing(tmp_path: Path) -> None:
    answer = services("env", "--frehs", state=tmp_path / "state")

    assert answer.returncode == 2
    assert not (tmp_path / "state").exists()


def test_status_of_services_never_started_is_down(tmp_path: Path) -> None:
    answer = services("status", state=tmp_path)

    assert answer.returncode == 1
    assert answer.stdout.splitlines() == ["PostgreSQL is down", "Kafka is down"]


def test_env_of_stopped_services_says_how_to_start_them(tmp_path: Path) -> None:
    answer = services("env", state=tmp_path)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert f"{SERVICES} up" in answer.stderr


def test_down_without_services_is_no_error(tmp_path: Path) -> None:
    assert services("down", state=tmp_path / "state").returncode == 0


@pytest.mark.parametrize("server", ["pg/postmaster.pid", "kafka/pid"])
def test_a_pid_file_of_another_process_is_not_taken_for_a_server(server: str, tmp_path: Path) -> None:
    pid_file = tmp_path / server
    pid_file.parent.mkdir()
    pid_file.write_text(f"{os.getpid()}\n")

    assert "runs" not in services("status", state=tmp_path).stdout
    assert services("down", state=tmp_path).returncode == 0


def test_servers_listen_on_this_machine_only() -> None:
    assert "listen_addresses=127.0.0.1" in TEXT
    assert "listeners=PLAINTEXT://127.0.0.1:$kport,CONTROLLER://127.0.0.1:$cport" in TEXT


def test_postgres_keeps_its_promise_of_durability() -> None:
    assert not re.search(r"fsync|synchronous_commit|full_page_writes", TEXT)


@pytest.mark.parametrize(
    "setting",
    [
        "broker.session.timeout.ms=3000",
        "broker.heartbeat.interval.ms=500",
        "group.initial.rebalance.delay.ms=0",
        "auto.create.topics.enable=false",
    ],
)
def test_kafka_is_set_for_tests_that_kill_it(setting: str) -> None:
    assert setting in TEXT


def test_kafka_comes_in_one_version() -> None:
    pom = (SERVICES.parent / "pom.xml").read_text()
    versions = re.findall(r"<groupId>org\.apache\.kafka</groupId>\s*<artifactId>\S+</artifactId>\s*<version>(.*)<", pom)

    assert set(versions) == {"4.1.0"}


def test_make_describes_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())  # type: ignore[index]

    assert set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE)) == phony


def test_the_lock_names_no_place_to_fetch_from() -> None:
    text = (ROOT / "requirements.lock").read_text()

    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    assert all(line.startswith(("    --hash=sha256:",)) or "==" in line for line in text.splitlines())

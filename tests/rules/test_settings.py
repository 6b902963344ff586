"""Settings that nobody reads are named, with the one that was probably meant."""

from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from faststream.kafka.security import parse_security

from hub.errors import WrongSetting
from hub.log.clients import connection, librdkafka, security
from hub.settings import load, misspelt


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("VET_HUB_DATABSE_URL", "did you mean VET_HUB_DATABASE_URL?"),
        ("VET_HUB_SMPT_URL", "did you mean VET_HUB_SMTP_URL?"),
        ("VET_HUB_XYZZY", "take it out"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest_one(
    name: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "secret")

    assert misspelt() == [f"{name} in the environment is no setting of the hub and does nothing; {cure}"]


@pytest.mark.parametrize("name", ["VET_HUB_DATA", "vet_hub_port", "VET_HUB_KEY", "VET_HUB_TEST_LOG_URL", "VET_HUBBUB"])
def test_what_somebody_reads_is_not_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    assert misspelt() == []


def test_a_misspelt_line_of_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hub.toml"
    file.write_text("port = 1\nrespond_by_day = 3\n")
    monkeypatch.setenv("VET_HUB_CONFIG", str(file))

    assert misspelt() == [
        f"respond_by_day in {file} is no setting of the hub and does nothing; did you mean respond_by_days?"
    ]


def test_a_file_that_is_named_and_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VET_HUB_CONFIG", str(tmp_path / "hub.tml"))

    with pytest.raises(WrongSetting, match=r"VET_HUB_CONFIG names .*hub\.tml, and there is no such file"):
        load()


@pytest.mark.parametrize(
    ("content", "says"), [(b"rate = = 1", r"at line 1, column 8"), (b'host = "\xff"', r"can't decode byte 0xff")]
)
def test_a_file_that_is_no_toml_is_told_with_its_place(
    content: bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hub.toml"
    file.write_bytes(content)
    monkeypatch.setenv("VET_HUB_CONFIG", str(file))

    with pytest.raises(WrongSetting, match=rf"hub\.toml cannot be read as TOML in UTF-8: .*{says}"):
        load()


LOGIN = {"database_url": "postgresql+asyncpg://hub@db/hub", "log_url": "kafka://broker:9093", "log_user": "hub"}


def test_every_kafka_client_is_told_who_the_hub_is(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    broker = load(**LOGIN, log_password_file=secret, log_tls=True).bootstrap

    assert str(broker) == "broker:9093"
    assert "s3cret" not in repr(broker)
    options = connection(broker)
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_plain_password"] == "s3cret"
    in_faststream = parse_security(security(broker))
    assert {**in_faststream, "ssl_context": ANY, "bootstrap_servers": "broker:9093"} == {**options, "ssl_context": ANY}
    assert librdkafka(broker)["sasl.password"] == "s3cret"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "VET_HUB_LOG_USER and its password belong together"),
        ({"log_password": "a", "log_password_file": Path("b")}, "set one of them"),
        ({"log_password": "a", "log_ca": Path("ca.pem")}, "do nothing without VET_HUB_LOG_TLS=1"),
        ({"log_password": "a", "log_mechanism": "GSSAPI"}, "VET_HUB_LOG_MECHANISM = 'GSSAPI'"),
    ],
)
def test_half_a_login_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongSetting, match=says):
        load(**LOGIN, **given)


def test_files_that_cannot_be_read_are_told_with_their_setting(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match=r"VET_HUB_LOG_PASSWORD_FILE = '.*nothing'"):
        _ = load(**LOGIN, log_password_file=tmp_path / "nothing").bootstrap

    no_pem = tmp_path / "ca.pem"
    no_pem.write_text("no certificate")
    broker = load(**LOGIN, log_password="a", log_tls=True, log_ca=no_pem).bootstrap
    with pytest.raises(WrongSetting, match=r"ca\.pem cannot be used"):
        connection(broker)

"""Settings that nobody reads are named, with the one that was probably meant."""

from pathlib import Path

import pytest

from hub.errors import WrongSetting
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

"""Settings that nobody reads are named, with the one that was probably meant."""

from pathlib import Path

import pytest

from hub.settings import misspelt


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

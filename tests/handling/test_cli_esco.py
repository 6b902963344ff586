"""`vet-hub esco` on the command line: what it prints, and what it says when something is wrong."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from hub.cli import run
from tests.esco import ESCO, FILES, skill, text_of

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    place = tmp_path / "esco_v1.2.1"
    place.mkdir()
    for name, cells in FILES.items():
        (place / name).write_text(text_of(cells))
    return place


@pytest.fixture
def vet_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*words: str) -> tuple[int, str, str]:
        code = run(["esco", *words, "--data", str(tmp_path / "data")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_what_was_imported_is_listed_and_shown(export: Path, vet_hub: Call) -> None:
    code, out, _ = vet_hub("import", str(export), "--json")
    assert code == 0
    assert {each["part"]: each["unchanged"] for each in orjson.loads(out)["parts"]}["skills_en"] is False

    assert {each["part"] for each in orjson.loads(vet_hub("list", "--json")[1])} >= {"skills_en", "skillsHierarchy_en"}
    (shown,) = orjson.loads(vet_hub("show", "Skive LEATHER", "--json")[1])
    assert (shown["uri"], shown["version"], shown["labels"]) == (ESCO + skill(1), "1.2.1", {"en": "skive leather"})
    assert shown["alternatives"] == {"en": ["pare leather", "thin leather, by hand"]}
    assert shown["relations"] == [{"kind": "essential_for", "uri": f"{ESCO}occupation/o1", "label": "occupation/o1"}]
    code, out, err = vet_hub("show", ESCO + skill(2))
    assert "saddle stitch" in out
    assert "green" in out
    assert "This service uses the ESCO classification of the European Commission" in err


def test_a_wrong_file_is_told_and_what_was_there_stays(export: Path, vet_hub: Call) -> None:
    vet_hub("import", str(export))
    (export / "skills_en.csv").write_text(text_of(FILES["skills_en.csv"])[:-9])

    code, _, err = vet_hub("import", str(export))

    assert code == 1
    assert "skills_en.csv, line" in err
    assert vet_hub("show", "skive leather")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "nowhere"), "it is not there"),
        (("show", "a skill of nobody"), "no imported ESCO has a concept"),
        (("show", "skive leather", "--version", "9.9"), "ESCO 9.9 was not imported; there is 1.2.1"),
    ],
)
def test_what_is_not_there_is_said_with_the_way_on(
    export: Path, vet_hub: Call, words: tuple[str, ...], said: str
) -> None:
    vet_hub("import", str(export))

    code, _, err = vet_hub(*words)

    assert code == 1
    assert said in err


def test_a_hub_without_an_import_says_what_is_used_instead(tmp_path: Path, vet_hub: Call) -> None:
    assert run(["key", "create", "--org", "hub", "--data", str(tmp_path / "data")]) == 0

    assert "leather pack of the package" in vet_hub("list")[1]

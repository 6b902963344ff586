"""Files of an ESCO export: recognised by name, read row by row, and told with file and line when they are broken."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.skills.esco_files import BadFile, Export, exports
from hub.skills.esco_rows import Concept, Named, Related, Row, rows
from tests.esco import FILES, skill, text_of

SKIVING, STITCHING = skill(1), skill(2)


def read(path: Path, **given: str) -> dict[str, list[Row]]:
    with ExitStack() as stack:
        found = exports([path], stack, version=given.get("version"))
        return {f"{each.version} {each.part}": list(_rows(each)) for each in found}


def _rows(export: Export) -> Iterator[Row]:
    with export.open() as stream:
        yield from (row for _, row in rows(export, stream))


def folder(place: Path) -> Path:
    path = place / "ESCO dataset - v1.2.1 - classification - en - csv"
    path.mkdir()
    for name, cells in FILES.items():
        (path / name).write_text(text_of(cells), newline="")
    (path / "conceptSchemes_en.csv").write_text("of no use\n")
    return path


def zipped(place: Path) -> Path:
    path = place / "ESCO dataset - v1.2.1 - classification - en - csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, cells in FILES.items():
            archive.writestr(name, text_of(cells))
    return path


def tarred(place: Path) -> Path:
    path = place / "esco_v1.2.1.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, cells in FILES.items():
            body = text_of(cells).encode()
            entry = tarfile.TarInfo(f"esco/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return path


@pytest.mark.parametrize("packed", [folder, zipped, tarred])
def test_an_export_is_read_alike_however_it_is_packed(packed: Callable[[Path], Path], tmp_path: Path) -> None:
    found = read(packed(tmp_path))

    assert sorted(found) == [
        "1.2.1 greenSkillsCollection_en",
        "1.2.1 occupationSkillRelations",
        "1.2.1 skillsHierarchy_en",
        "1.2.1 skills_en",
    ]
    assert found["1.2.1 skills_en"][:4] == [
        Concept(SKIVING, "skill", "skill/competence", "sector-specific", "", "released"),
        Named(SKIVING, "preferred", "skive leather"),
        Named(SKIVING, "alternative", "pare leather"),
        Named(SKIVING, "alternative", "thin leather, by hand"),
    ]
    assert found["1.2.1 occupationSkillRelations"] == [Related("occupation/o1", "essential", SKIVING)]
    assert Related(STITCHING, "in_collection", "green") in found["1.2.1 greenSkillsCollection_en"]
    assert Related("skill/S1.1", "broader", "skill/S1") in found["1.2.1 skillsHierarchy_en"]


def test_a_file_alone_may_be_packed_and_says_its_version_itself(tmp_path: Path) -> None:
    path = tmp_path / "esco_v1.0.x_skills_es.csv.gz"
    path.write_bytes(gzip.compress(text_of(FILES["skills_en.csv"]).encode("utf-8-sig")))

    assert list(read(path)) == ["1.0.x skills_es"]


def test_the_version_is_asked_for_where_no_name_says_it_and_the_language_too(tmp_path: Path) -> None:
    (tmp_path / "skills_pt.csv").write_text(text_of(FILES["skills_en.csv"]))
    assert list(read(tmp_path / "skills_pt.csv", version="1.2.1")) == ["1.2.1 skills_pt"]
    with pytest.raises(BadFile, match=r"skills_pt\.csv: nothing says which version.*--version"):
        read(tmp_path / "skills_pt.csv")

    (tmp_path / "v1.2" / "x").mkdir(parents=True)
    (tmp_path / "v1.2" / "x" / "skills.csv").write_text(text_of(FILES["skills_en.csv"]))
    with pytest.raises(BadFile, match="does not say the language"):
        read(tmp_path / "v1.2")


def broken_row(line: str) -> bytes:
    return (text_of(FILES["skills_en.csv"]) + line).encode()


BROKEN: dict[str, tuple[bytes, str]] = {
    "a row is cut": (
        broken_row("KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/3\n"),
        "line 7: it has 2 of 8",
    ),
    "a quote stays open": (broken_row('KnowledgeSkillCompetence,"http'), "line 7: it is no whole CSV"),
    "the last line is cut": (text_of(FILES["skills_en.csv"]).encode()[:-6], "ends in the middle of a line"),
    "a URI of elsewhere": (
        broken_row("KnowledgeSkillCompetence,http://example.org/1,skill,x,a label,,,released\n"),
        "line 7: 'http://example.org/1' is no URI of ESCO",
    ),
    "a kind of no ESCO": (
        broken_row("Wish,http://data.europa.eu/esco/skill/3,skill,x,a label,,,released\n"),
        "line 7: 'Wish' is no kind",
    ),
    "not UTF-8": (broken_row("KnowledgeSkillCompetence,").replace(b"skive", b"sk\xefve") + b"\n", "it is not UTF-8"),
    "another table": (b"name;price\nx;1\n", "line 1: it lacks the columns conceptType, conceptUri"),
    "nothing": (b"", "line 1: it lacks the columns"),
    "a NUL": (broken_row("\0"), "line 7: it is no whole CSV|line 7: it has 1 of 8"),
}


@pytest.mark.parametrize(("body", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_told_with_file_line_and_cure(body: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "v1.2.1_skills_en.csv"
    path.write_bytes(body)

    with pytest.raises(BadFile, match=said) as raised:
        read(path)

    assert str(raised.value).startswith(f"{path}, line ")
    assert "; " in str(raised.value)


@pytest.mark.parametrize("cut", ["skills_en.csv.gz", "esco_v1.2.1.zip", "esco_v1.2.1.tgz"])
def test_an_archive_that_breaks_off_is_told(cut: str, tmp_path: Path) -> None:
    whole = {"esco_v1.2.1.zip": zipped, "esco_v1.2.1.tgz": tarred}.get(cut)
    body = whole(tmp_path).read_bytes() if whole else gzip.compress(text_of(FILES["skills_en.csv"]).encode())
    path = tmp_path / "v1.2.1" / cut
    path.parent.mkdir()
    path.write_bytes(body[: len(body) // 2])

    with pytest.raises(BadFile, match=r"again|no file of an ESCO export"):
        read(path, version="1.2.1")


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_path_without_an_export_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(BadFile, match=r"it is not there|no file of an ESCO export is in it"):
        read(tmp_path / name)


def test_a_concept_that_has_no_label_in_the_language_yet_is_left_out(tmp_path: Path) -> None:
    (found,) = [said for part, said in read(folder(tmp_path)).items() if "skills_en" in part]

    assert [each.uri for each in found if isinstance(each, Concept)] == [SKIVING, STITCHING]

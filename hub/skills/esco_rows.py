"""Reads the rows of one file of an ESCO export: concepts, their labels, and how they are related.

Every row is looked at: a file that lacks a column, a row that is cut, a URI that is none of ESCO's stops the import with
file and line, before anything is replaced. Two spellings occur in the official files and are both read: labels apart by
line breaks or by « | », URIs apart by line breaks, commas or « | ».
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from io import TextIOWrapper
from itertools import zip_longest
from typing import IO, NamedTuple, TypeAlias

from hub.skills.esco_files import AGAIN, BROKEN, BadFile, Export

ESCO = "http://data.europa.eu/esco/"
APART = re.compile(r"\s*\n\s*|\s+\|\s+")
RAGGED = "skillsHierarchy"  # ESCO's own file leaves out what is empty at a row's end
WIDEST = 4 * 1024 * 1024  # characters of one field
SKILL, SKILL_GROUP, OCCUPATION, ISCO_GROUP = "skill", "skill_group", "occupation", "isco_group"
KINDS = {
    "KnowledgeSkillCompetence": SKILL,
    "SkillGroup": SKILL_GROUP,
    "Occupation": OCCUPATION,
    "ISCOGroup": ISCO_GROUP,
}
PREFERRED, ALTERNATIVE, HIDDEN, DESCRIPTION = "preferred", "alternative", "hidden", "description"
BROADER, ESSENTIAL, OPTIONAL, IN_COLLECTION, IN_ISCO = "broader", "essential", "optional", "in_collection", "in_isco"


class Concept(NamedTuple):
    """A concept of ESCO; `uri` without the part that all share."""

    uri: str
    kind: str
    skill_type: str = ""
    """`skill/competence` or `knowledge`, of skills."""
    reuse_level: str = ""
    """`transversal`, `cross-sector`, `sector-specific` or `occupation-specific`, of skills."""
    code: str = ""
    status: str = "released"


class Named(NamedTuple):
    """What a concept is called, or described as, in the file's language."""

    uri: str
    kind: str
    words: str


class Related(NamedTuple):
    """That one concept is in a relation to another; a collection stands by its name (`green`, `digital` …)."""

    origin: str
    kind: str
    target: str


Row: TypeAlias = Concept | Named | Related
Cells: TypeAlias = Mapping[str, str]


def rows(export: Export, stream: IO[bytes]) -> Iterator[tuple[int, Row]]:
    """Read a file's rows, each with the bytes read so far; raises BadFile at the first that is wrong."""
    reads, wanted = READERS[export.kind]
    csv.field_size_limit(WIDEST)
    counted = _Counted(stream)
    lines = csv.reader(TextIOWrapper(counted, "utf-8-sig", newline=""), strict=True)  # type: ignore[type-var]
    line = 1
    try:
        header = _header(export, next(lines, []), wanted)
        for cells in lines:
            if len(cells) != len(header) and (export.kind != RAGGED or len(cells) > len(header)):
                raise BadFile(export.name, line + 1, f"it has {len(cells)} of {len(header)} fields, as if cut", AGAIN)
            for row in reads(export, line + 1, dict(zip_longest(header, cells, fillvalue=""))):
                yield counted.so_far, row
            line = lines.line_num
        if not counted.ended:
            raise BadFile(export.name, line, "the file ends in the middle of a line", AGAIN)
    except UnicodeDecodeError as error:
        raise BadFile(
            export.name, line + 1, "it is not UTF-8", f"{AGAIN}; a spreadsheet may have changed it"
        ) from error
    except csv.Error as error:
        raise BadFile(export.name, line + 1, f"it is no whole CSV ({error})", AGAIN) from error
    except BROKEN as error:
        raise BadFile(export.name, line + 1, f"it breaks off there ({error})", AGAIN) from error


class _Counted:
    """A stream that knows how much was read of it, for the progress bar."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.so_far = 0
        self.ended = True
        """Whether what was read ends a line, as every whole file does."""
        self.closed = False

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self.so_far += len(found)
        self.ended = found.endswith(b"\n") if found else self.ended
        return found

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def _header(export: Export, header: list[str], wanted: tuple[str, ...]) -> list[str]:
    missing = [name for name in wanted if name not in header]
    if missing:
        raise BadFile(
            export.name,
            1,
            f"it lacks the column{'s' if missing[1:] else ''} {', '.join(missing)}",
            f"is it ESCO's? {AGAIN}",
        )
    return header


def _short(export: Export, line: int, uri: str) -> str:
    if not uri.startswith(ESCO) or len(uri) > 200:
        raise BadFile(export.name, line, f"{uri[:80]!r} is no URI of ESCO", AGAIN)
    return uri.removeprefix(ESCO)


def _concept(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    """Read a row of skills, occupations and groups."""
    kind = KINDS.get(cells["conceptType"])
    if kind is None:
        raise BadFile(export.name, line, f"{cells['conceptType']!r} is no kind of concept that the hub knows", AGAIN)
    uri = _short(export, line, cells["conceptUri"])
    if not cells["preferredLabel"].strip():
        return  # languages in which a concept has no label yet leave it empty
    of_skill = (cells.get("skillType", ""), cells.get("reuseLevel", ""))
    yield Concept(uri, kind, *of_skill, cells.get("code", ""), cells.get("status") or "released")
    yield from _names(uri, cells)
    if cells.get("iscoGroup"):
        yield Related(uri, IN_ISCO, f"isco/C{cells['iscoGroup']}")


def _names(uri: str, cells: Cells) -> Iterator[Named]:
    told = set()
    for kind, field in ((PREFERRED, "preferredLabel"), (ALTERNATIVE, "altLabels"), (HIDDEN, "hiddenLabels")):
        for words in APART.split(cells.get(field, "").strip()):
            if words and words not in told:
                told.add(words)
                yield Named(uri, kind, words)
    if described := cells.get("description", "").strip():
        yield Named(uri, DESCRIPTION, described)


def _member(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    """Read a row of a collection: its members say what they are, and what is above them, in the same row."""
    collection = export.kind.removesuffix("SkillsCollection").lower()
    yield from _concept(export, line, cells)
    uri = _short(export, line, cells["conceptUri"])
    yield Related(uri, IN_COLLECTION, collection)
    for broader in filter(None, APART.split(cells.get("broaderConceptUri", "").strip())):
        yield Related(uri, BROADER, _short(export, line, broader))


def _hierarchy(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    """Read a row of the skills' hierarchy: a path of groups; the last one is new, the others stood in rows before it."""
    path = [cells[f"Level {n} URI"] for n in range(4) if cells.get(f"Level {n} URI")]
    if not path:
        raise BadFile(export.name, line, "it names no group", AGAIN)
    last = len(path) - 1
    uri = _short(export, line, path[-1])
    yield Concept(uri, SKILL_GROUP, code=cells.get(f"Level {last} code", ""))
    if words := cells.get(f"Level {last} preferred term", "").strip():
        yield Named(uri, PREFERRED, words)
    if last:
        yield Related(uri, BROADER, _short(export, line, path[-2]))


def _broader(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    yield Related(_short(export, line, cells["conceptUri"]), BROADER, _short(export, line, cells["broaderUri"]))


def _of_occupation(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    yield _relation(export, line, cells["occupationUri"], cells["relationType"], cells["skillUri"])


def _of_skill(export: Export, line: int, cells: Cells) -> Iterator[Row]:
    yield _relation(export, line, cells["originalSkillUri"], cells["relationType"], cells["relatedSkillUri"])


def _relation(export: Export, line: int, origin: str, kind: str, target: str) -> Related:
    if kind not in (ESSENTIAL, OPTIONAL):
        raise BadFile(export.name, line, f"{kind[:80]!r} is no relation of ESCO", AGAIN)
    return Related(_short(export, line, origin), kind, _short(export, line, target))


Reader: TypeAlias = Callable[[Export, int, Cells], Iterator[Row]]
OF_CONCEPTS = ("conceptType", "conceptUri", "preferredLabel", "altLabels")
OF_SKILLS = (*OF_CONCEPTS, "skillType", "reuseLevel")
READERS: Mapping[str, tuple[Reader, tuple[str, ...]]] = {
    "skills": (_concept, OF_SKILLS),
    "skillGroups": (_concept, OF_CONCEPTS),
    "occupations": (_concept, OF_CONCEPTS),
    "ISCOGroups": (_concept, (*OF_CONCEPTS, "code")),
    "skillsHierarchy": (
        _hierarchy,
        ("Level 0 URI", "Level 1 URI", "Level 2 URI", "Level 3 URI", "Level 0 preferred term"),
    ),
    "broaderRelationsSkillPillar": (_broader, ("conceptUri", "broaderUri")),
    "broaderRelationsOccPillar": (_broader, ("conceptUri", "broaderUri")),
    "occupationSkillRelations": (_of_occupation, ("occupationUri", "relationType", "skillUri")),
    "skillSkillRelations": (_of_skill, ("originalSkillUri", "relationType", "relatedSkillUri")),
    **{
        f"{collection}SkillsCollection": (_member, (*OF_SKILLS, "broaderConceptUri"))
        for collection in ("green", "digital", "digComp", "language", "transversal", "research")
    },
}

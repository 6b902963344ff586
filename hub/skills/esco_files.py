"""Reads ESCO's official CSV exports: which files there are, of which version and language, whole or broken.

A path is a folder, a .zip, a .tgz, a .csv or a .csv.gz, as downloaded. Every file is recognised by its own name
(`skills_pt.csv`, `occupationSkillRelations.csv`), its version by the name of the archive or folder around it.

This service uses the ESCO classification of the European Commission.
"""

import gzip
import hashlib
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from hub.errors import HubError

AGAIN = "download it again from the ESCO portal"
BROKEN = (EOFError, OSError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
"""What reading a broken file or archive raises."""
BLOCK = 1024 * 1024  # bytes
LARGEST = 512 * 1024 * 1024  # bytes of one file, unpacked; the largest of ESCO 1.2 has 25 million
VERSION = re.compile(r"(?<![0-9.])v?(\d+\.\d+(?:\.(?:\d+|x))?)(?![0-9.]*[0-9])")
KNOWN = (
    "skills",
    "skillGroups",
    "occupations",
    "ISCOGroups",
    "skillsHierarchy",
    "broaderRelationsSkillPillar",
    "broaderRelationsOccPillar",
    "occupationSkillRelations",
    "skillSkillRelations",
    "greenSkillsCollection",
    "digitalSkillsCollection",
    "digCompSkillsCollection",
    "languageSkillsCollection",
    "transversalSkillsCollection",
    "researchSkillsCollection",
)
"""Files the import reads; of the others in an export (concept schemes, dictionary …) the hub has no use."""
NAME = re.compile(rf"(?:.*[_-])?(?P<kind>{'|'.join(KNOWN)})(?:_(?P<language>[a-z]{{2}}))?\.csv(?:\.gz)?", re.IGNORECASE)
BY_LOWER = {kind.lower(): kind for kind in KNOWN}


class BadFile(HubError):
    """A file of an export that cannot be taken: which, where in it, what is wrong and what helps."""

    def __init__(self, file: str, line: int | None, wrong: str, cure: str) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {wrong}; {cure}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Export:
    """One file of an export, not read yet."""

    name: str
    """What people call it: its path, and its place in an archive."""
    kind: str
    """One of `KNOWN`."""
    version: str
    language: str
    """ISO 639-1; empty where a file holds relations alone."""
    size: int
    """Bytes, packed where it stands packed."""
    open: Callable[[], IO[bytes]]

    def digest(self) -> str:
        """Return the SHA-256 of what is in the file, unpacked; raises BadFile where it breaks off."""
        found = hashlib.sha256()
        try:
            with self.open() as stream:
                while block := stream.read(BLOCK):
                    found.update(block)
        except BROKEN as error:
            raise BadFile(self.name, None, f"it cannot be read to its end ({error})", AGAIN) from error
        return found.hexdigest()

    @property
    def part(self) -> str:
        """What of a version it is: the next import of the same part replaces it."""
        return f"{self.kind}_{self.language}" if self.language else self.kind


def exports(paths: Iterable[Path], stack: ExitStack, *, version: str | None = None) -> list[Export]:
    """Find every file of an export below the paths; archives stay open until the stack closes.

    Raises BadFile where a path holds none, cannot be opened, or does not say its version and `version` is not given.
    """
    found: list[Export] = []
    for path in paths:
        here = list(_below(path, stack, version))
        if not here:
            raise BadFile(
                str(path),
                None,
                "no file of an ESCO export is in it",
                "give the CSV download of the ESCO portal, packed or not (skills_en.csv, occupations_en.csv …)",
            )
        found += here
    return found


def _below(path: Path, stack: ExitStack, version: str | None) -> Iterator[Export]:
    if path.is_dir():
        for each in sorted(each for each in path.rglob("*") if each.is_file()):
            yield from _file(each, stack, version, nested=True)
        return
    if not path.exists():
        raise BadFile(str(path), None, "it is not there", "check the path")
    yield from _file(path, stack, version)


def _file(path: Path, stack: ExitStack, version: str | None, *, nested: bool = False) -> Iterator[Export]:
    try:
        if zipfile.is_zipfile(path):
            yield from _zipped(path, stack.enter_context(zipfile.ZipFile(path)), version)
        elif path.suffix in (".tgz", ".tar") or path.name.endswith(".tar.gz"):
            yield from _tarred(path, stack.enter_context(tarfile.TarFile.open(path)), version)
        elif path.suffix == ".zip" and not nested:
            raise BadFile(str(path), None, "it is not a whole zip archive", AGAIN)
        else:
            yield from _export(str(path), path.name, version, path.stat().st_size, partial(_opened, path))
    except BROKEN as error:
        raise BadFile(str(path), None, f"it cannot be read ({error})", AGAIN) from error


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _zipped(path: Path, archive: zipfile.ZipFile, version: str | None) -> Iterator[Export]:
    for entry in archive.infolist():
        if not entry.is_dir():
            name = f"{path}!{entry.filename}"
            yield from _export(name, entry.filename, version, entry.file_size, partial(archive.open, entry))


def _tarred(path: Path, archive: tarfile.TarFile, version: str | None) -> Iterator[Export]:
    for entry in archive:
        if entry.isfile():
            yield from _export(f"{path}!{entry.name}", entry.name, version, entry.size, partial(_taken, archive, entry))


def _taken(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    return archive.extractfile(entry) or BytesIO()


def _export(name: str, inner: str, version: str | None, size: int, opened: Callable[[], IO[bytes]]) -> Iterator[Export]:
    fits = NAME.fullmatch(Path(inner).name)
    if fits is None:
        return
    if size > LARGEST:
        raise BadFile(
            name, None, f"it has {size:,} bytes, more than any file of ESCO", "give the portal's own download"
        )
    kind = BY_LOWER[fits["kind"].lower()]
    # Relations are the same in every language; some exports name one all the same.
    language = "" if "Relations" in kind else (fits["language"] or "").lower()
    if not language and "Relations" not in kind:
        raise BadFile(name, None, "its name does not say the language", f"call it {kind}_en.csv, with its language")
    yield Export(name, kind, version or _version(name), language, size, opened)


def _version(name: str) -> str:
    said = VERSION.findall(name)
    if not said:
        raise BadFile(name, None, "nothing says which version of ESCO it is", "give --version, as in --version 1.2.1")
    return str(said[-1])

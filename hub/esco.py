"""Imports ESCO: file by file under new editions beside a running hub, then all of it at once in the place of the old.

A file that is wrong, or holds much less than the one it replaces, stops the import; what was there stays. The same file
again costs nothing. A kill leaves editions that nobody reads; a later import sweeps them away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TypeAlias

from hub.clock import Clock, stamp
from hub.errors import HubError
from hub.skills.esco_files import Export
from hub.skills.esco_rows import rows
from hub.store import audit, esco
from hub.store.audit import Deed
from hub.store.esco import Part
from hub.store.port import Store

AT_ONCE = 2000  # rows of one transaction
LEAST = 0.9  # share of the old part's entries that the new one must hold
FORGOTTEN = timedelta(hours=6)  # after which an import that has not ended is taken for dead

Told: TypeAlias = Callable[[Export, int], None]
"""Hears, while a file is read, which one, and how many bytes of it so far."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one file; `edition` is None where the same file was there already."""

    export: Export
    entries: int
    edition: int | None


async def take(
    store: Store, clock: Clock, files: Sequence[Export], told: Told, *, deed: Deed, force: bool = False
) -> list[Taken]:
    """Import files and make them current together; raises BadFile or HubError with everything as it was.

    `force` takes files that hold much less than what is there, and reads again what is there already.
    """
    there = {(part.version, part.part): part for part in await store.read(esco.current)}
    at = stamp(clock.now())
    taken = []
    for export, digest in _each_once(files):
        old = None if force else there.get((export.version, export.part))
        taken.append(await _one(store, export, digest, old, told, at))
    editions = [each.edition for each in taken if each.edition is not None]
    if editions:
        await store.write(audit.acted, deed, esco.switch, editions)
    await _sweep(store, before=stamp(clock.now() - FORGOTTEN))
    return taken


def _each_once(files: Sequence[Export]) -> list[tuple[Export, str]]:
    """Return files with their digests; of those that are in several exports alike, the first."""
    chosen: dict[tuple[str, str], tuple[Export, str]] = {}
    for export in files:
        found = (export, export.digest())
        other, digest = chosen.setdefault((export.version, export.part), found)
        if digest != found[1]:
            raise HubError(
                f"{other.name} and {export.name} are both {export.part} of ESCO {export.version}, and differ; give one"
            )
    return list(chosen.values())


async def _one(store: Store, export: Export, digest: str, old: Part | None, told: Told, at: str) -> Taken:
    if old is not None and old.digest == digest:
        told(export, export.size)
        return Taken(export, old.entries, None)
    edition = await store.write(esco.begin, export.version, export.part, export.language, digest=digest, at=at)
    entries = await _fill(store, export, edition, told)
    _refuse_less(export, entries, old)
    await store.write(esco.whole, edition, entries=entries)
    return Taken(export, entries, edition)


async def _fill(store: Store, export: Export, edition: int, told: Told) -> int:
    entries = 0
    with export.open() as stream:
        read = rows(export, stream)
        while chunk := list(islice(read, AT_ONCE)):
            await store.write(esco.put, edition, [row for _, row in chunk])
            entries += len(chunk)
            told(export, chunk[-1][0])
    return entries


def _refuse_less(export: Export, entries: int, old: Part | None) -> None:
    if old is not None and entries < LEAST * old.entries:
        raise HubError(
            f"{export.name} holds {entries:,} entries where {old.entries:,} are now: it may be cut, so nothing was "
            "replaced; when it is right, import it with --force"
        )
    if not entries:
        raise HubError(f"{export.name} holds nothing, so nothing was replaced; download it again from the ESCO portal")


async def _sweep(store: Store, *, before: str) -> None:
    for edition in await store.read(esco.unseen, before=before):
        while await store.write(esco.sweep, edition):
            pass

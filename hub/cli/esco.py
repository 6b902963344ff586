"""`vet-hub esco`: take in ESCO's official files, list what is there, look one concept up."""

import asyncio
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.cli.acting import act
from hub.cli.opening import settings_for, store_made, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.errors import HubError
from hub.esco import Taken, take
from hub.settings import Settings
from hub.skills.esco_files import Export, exports
from hub.skills.esco_rows import ALTERNATIVE, ESCO, Related
from hub.skills.versions import age
from hub.store import esco
from hub.store.esco import Found, Part
from hub.store.session import Session

SAYS = "This service uses the ESCO classification of the European Commission."
SHOWN = 12  # relations of a kind that are shown in words

app = commands("ESCO, the European classification of skills and occupations: import, list, show.")


@app.command(name="import")
def take_in(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="CSV download: folder, zip, tgz, csv or csv.gz.")
    ],
    version: Annotated[str | None, typer.Option(help="Version, as in 1.2.1, where no file name says it.")] = None,
    force: Annotated[bool, typer.Option(help="Take files that hold much less than what they replace.")] = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take official exports in, any version and language; the old version stays until all of the new one is there.

    The hub may run meanwhile. The same files again change nothing. A wrong file is told with its line.
    """
    settings = settings_for(data)
    with ExitStack() as stack:
        files = exports(paths, stack, version=version)
        taken = asyncio.run(_take(settings, files, force=force))
    if as_json:
        print_json({"parts": [_as_json(each) for each in taken]})
        return
    table = _table("version", "part", "entries", "")
    for each in taken:
        said = "[soft]as before[/]" if each.edition is None else "[good]new[/]"
        table.add_row(each.export.version, each.export.part, f"{each.entries:,}", said)
    console().print(table)
    notes().print(f"[soft]{SAYS}[/]")


def _as_json(each: Taken) -> dict[str, Any]:
    named = {"version": each.export.version, "part": each.export.part, "language": each.export.language}
    return {**named, "entries": each.entries, "unchanged": each.edition is None}


async def _take(settings: Settings, files: list[Export], *, force: bool) -> list[Taken]:
    out = notes()
    versions = ", ".join(sorted({each.version for each in files}))
    columns = (TextColumn("{task.description}"), BarColumn(complete_style="leather"), TimeElapsedColumn())
    async with store_made(settings) as store:
        with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
            tasks = {each.name: bar.add_task(each.part, total=each.size, visible=False) for each in files}

            def told(export: Export, so_far: int) -> None:
                bar.update(tasks[export.name], completed=min(so_far, export.size), visible=so_far < export.size)

            return await take(
                store, SystemClock(), files, told, deed=act("esco.import", versions, files=len(files)), force=force
            )


@app.command(name="list")
def show_list(data: DataDir = None, as_json: AsJson = False) -> None:
    """Show which versions and languages were imported."""
    parts = asyncio.run(_list(settings_for(data)))
    if as_json:
        print_json([part._asdict() for part in parts])
        return
    if not parts:
        console().print(
            "No ESCO was imported yet; the leather pack of the package is used. `vet-hub esco import PATH…`"
        )
        return
    table = _table("version", "part", "entries", "imported")
    for version, those in groupby(parts, key=lambda part: part.version):
        for n, part in enumerate(those):
            table.add_row("" if n else version, part.part, f"{part.entries:,}", part.imported_at[:10])
    console().print(table)
    notes().print(f"[soft]{SAYS}[/]")


async def _list(settings: Settings) -> list[Part]:
    async with store_of(settings) as store:
        return await store.read(esco.current)


@app.command()
def show(
    concept: Annotated[str, typer.Argument(metavar="URI|WORDS", help="A concept's URI, or exactly what it is called.")],
    version: Annotated[
        str | None, typer.Option(help="The version whose concept is wanted; default: the newest.")
    ] = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show a concept: its names in every language, what is broader, which occupations ask for it.

    A URI of another version is followed to what stands for it; case and accents of words do not matter.
    """
    told = asyncio.run(_show(settings_for(data), concept, version))
    if as_json:
        print_json(told)
        return
    for each in told:
        _tell(each)
    notes().print(f"[soft]{SAYS}[/]")


async def _show(settings: Settings, concept: str, version: str | None) -> list[dict[str, Any]]:
    async with store_of(settings) as store:
        told = await store.read(_concepts, concept, version)
    if not told:
        raise HubError(f"no imported ESCO has a concept {concept!r}; `vet-hub esco list` shows what was imported")
    return told


async def _concepts(session: Session, concept: str, version: str | None) -> list[dict[str, Any]]:
    versions = sorted({part.version for part in await esco.current(session)}, key=age, reverse=True)
    if version is not None and version not in versions:
        raise HubError(f"ESCO {version} was not imported; there is {', '.join(versions) or 'none'}")
    if not concept.startswith(ESCO):
        called = await esco.called(session, concept)
        uris = sorted({ESCO + each.uri for each in called if version in (None, each.version)})
    else:
        uris = [concept]
    return [
        found for uri in uris for found in [await _concept(session, uri, [version] if version else versions)] if found
    ]


async def _concept(session: Session, uri: str, versions: list[str]) -> dict[str, Any] | None:
    """Return the concept, or what stands for it, in the first of the versions that has it."""
    for version in versions:
        for heir in (await esco.successors(session, uri, version))[:1]:
            named = [each for each in await esco.named(session, heir) if each.version == version]
            alike = [each for each in await esco.named(session, heir, ALTERNATIVE) if each.version == version]
            relations = await esco.related(session, heir, version)
            words = await esco.words_for(
                session, {each for one in relations for each in (one.origin, one.target)}, version
            )
            return {
                "uri": heir,
                "asked": uri,
                "version": version,
                "kind": named[0].kind if named else None,
                "labels": {each.language: each.words for each in named},
                "alternatives": _by_language(alike),
                "relations": [_relation(each, heir, words) for each in relations],
            }
    return None


def _by_language(names: list[Found]) -> dict[str, list[str]]:
    return {language: [each.words for each in those] for language, those in groupby(names, lambda each: each.language)}


def _relation(each: Related, uri: str, words: dict[str, str]) -> dict[str, str]:
    outward = each.origin == uri.removeprefix(ESCO)
    other = each.target if outward else each.origin
    kind = each.kind if outward else {"broader": "narrower"}.get(each.kind, f"{each.kind}_for")
    return {
        "kind": kind,
        "uri": other if each.kind == "in_collection" else ESCO + other,
        "label": words.get(other, other),
    }


def _tell(told: dict[str, Any]) -> None:
    out = console()
    label = told["labels"].get("en") or next(iter(told["labels"].values()), told["uri"])
    out.print(f"[bold]{label}[/]  [soft]{told['kind']}, ESCO {told['version']}[/]")
    out.print(f"[ref]{told['uri']}[/]", soft_wrap=True)
    if told["asked"] != told["uri"]:
        out.print(f"[warn]stands for[/] {told['asked']}", soft_wrap=True)
    table = _table("", "")
    for language, words in told["labels"].items():
        table.add_row(language, "; ".join([words, *told["alternatives"].get(language, [])]))
    by_kind = sorted(told["relations"], key=lambda each: each["kind"])
    for kind, those in groupby(by_kind, key=lambda each: each["kind"]):
        labels = [each["label"] for each in those]
        more = f" … and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        table.add_row(kind.replace("_", " "), "; ".join(labels[:SHOWN]) + more)
    out.print(table)
    out.print()


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="soft", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "entries" else "left", overflow="fold")
    return table

"""`vet-hub match FILE`: the ranking of one need, explained. Reads the catalogue and stores nothing."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from events.errors import EventError, Invalid
from events.needs import NeedPublished
from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.clock import SystemClock
from hub.errors import HubError
from hub.matching.explain import sentence
from hub.matching.follow import MatchingIndex
from hub.parts import rules_of
from hub.preview import preview, read_need
from hub.settings import Settings

app = commands()


@app.command()
def match(
    file: Annotated[Path, typer.Argument(help="A need.published event or its data; - reads standard input.")],
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Rank the catalogue for one need, with reasons; stores nothing."""
    need = _read(file)
    found = asyncio.run(_preview(settings_for(data), need))
    if as_json:
        print_json(found)
    else:
        _tell(found, console())


def _read(file: Path) -> NeedPublished:
    try:
        body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise HubError(f"{file} cannot be read: {error.strerror}") from error
    try:
        return read_need(body)
    except Invalid as invalid:
        problems = "; ".join(f"{each.pointer or 'the file'}: {each.detail}" for each in invalid.errors)
        raise HubError(f"{file}: {problems}") from None
    except EventError as problem:
        raise HubError(f"{file}: {problem}") from None


async def _preview(settings: Settings, need: NeedPublished) -> dict[str, Any]:
    async with store_of(settings) as store:
        index = MatchingIndex(rules_of(settings), SystemClock(), rates=settings.rates)
        return await preview(index, store, need)


def _tell(found: dict[str, Any], out: Console) -> None:
    for each in found["candidates"]:
        refs = " then ".join(each["curriculum_refs"])
        out.print(f"[leather]{each['score']:5.1f}[/]  [bold]{refs}[/]")
        for reason in each["explanation"]:
            out.print(f"       [soft]·[/] {sentence(reason['code'], reason['params'])}")
    if found["gap"] is not None:
        out.print(f"[warn]Nothing fits:[/] {'; '.join(sentence(code) for code in found['gap'])}.")
    if found["rejected"]:
        _tell_why_not(found["rejected"], out)
    out.print(f"\n[soft]{found['milliseconds']:g} ms; nothing was stored.[/]")


def _tell_why_not(rejected: Sequence[Mapping[str, Any]], out: Console) -> None:
    """Say why the others do not fit: courses that fail alike on one line, the nearest first, each reason explained once."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in rejected:
        alike.setdefault(tuple(each["failed"]), []).append(each["curriculum_ref"])
    out.print("\n[bold]Why not[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for failed in sorted(alike, key=lambda codes: (len(codes), codes)):
        table.add_row(f"[warn]{', '.join(map(_word, failed))}[/]", " ".join(alike[failed]))
    out.print(table)
    for code in sorted({code for failed in alike for code in failed}):
        out.print(f"  [soft]{_word(code)}: {sentence(code)}[/]")


def _word(code: str) -> str:
    return code.replace("_", " ")

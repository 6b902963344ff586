"""`vet-hub skills`: from words to ESCO concepts, as the hub understands them."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track
from rich.table import Table

from hub.cli.esco import SAYS
from hub.cli.options import AsJson, commands
from hub.cli.screen import console, notes, print_json, print_line
from hub.errors import HubError, WrongSetting
from hub.skills.lookup import Found, shipped
from hub.skills.pack import SECTORS

WANTED = ("statement", "lang")
WORDS = {
    "uri": "a concept's URI",
    "exact": "ESCO's own name",
    "alias": "a word of the trade",
    "spelling": "nothing certain; spelled nearly like",
    "none": "nothing that the hub knows",
}

app = commands("Skills: from words to ESCO concepts.")


@app.command()
def find(
    text: Annotated[str | None, typer.Argument(help="What somebody should be able to do, in their own words.")] = None,
    lang: Annotated[str, typer.Option(help="ISO 639-1 code of the language the words are in.")] = "en",
    sector: Annotated[str, typer.Option(help=f"Sector of whoever says it: {', '.join(SECTORS)}.")] = "",
    file: Annotated[
        Path | None, typer.Option(metavar="F.tsv", help="Columns statement and lang instead of TEXT.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the ESCO concept that words mean; a file gives one JSON object a line, in its order.

    Names of ESCO and words of the trade answer for certain; what is only spelled alike is shown, never decided.
    """
    if sector and sector not in SECTORS:
        raise WrongSetting(f"--sector is one of {', '.join(SECTORS)}, not {sector!r}")
    if (text is None) == (file is None):
        raise WrongSetting("give TEXT, or a table with --file")
    if file is not None:
        statements = list(_statements(file))
        out = notes()
        for statement, language in track(
            statements, "Looking up", console=out, transient=True, disable=not out.is_terminal
        ):
            print_line(_as_json(shipped().find(statement, language, sector)))
        return
    found = shipped().find(text or "", lang.lower(), sector)
    if as_json:
        print_json(_as_json(found))
    else:
        _tell(found)


def _statements(file: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise HubError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HubError(f"{file} is not UTF-8 (at byte {error.start})") from error
    rows = csv.DictReader(lines.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in WANTED if name not in (rows.fieldnames or ())]
    if missing:
        raise HubError(
            f"{file}, line 1: it lacks the column {missing[0]!r}; a table has {' and '.join(WANTED)}, apart by tabs"
        )
    return ((row["statement"] or "", (row["lang"] or "").lower()) for row in rows)


def _as_json(found: Found) -> dict[str, Any]:
    return {
        "statement": found.statement,
        "language": found.language,
        "normalised": found.normalised,
        "method": found.method,
        "abstained": found.abstained,
        "candidates": [{"uri": each.uri, "label": each.label, "score": each.score} for each in found.candidates],
    }


def _tell(found: Found) -> None:
    out = console()
    out.print(f"[bold]{found.normalised or '(nothing)'}[/]  [soft]{WORDS[found.method]}[/]")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for each in found.candidates:
        table.add_row(f"{each.score:.2f}", each.label, f"[ref]{each.uri}[/]")
    out.print(table)
    notes().print(f"[soft]{SAYS}[/]")

"""`vet-hub agreement`: the agreements that were drafted, who must sign them, and their documents as they are stored."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import SHORT, console, notes, print_json
from hub.errors import HubError
from hub.rows import Agreement
from hub.settings import Settings
from hub.store import documents, nouns
from hub.store.port import Store

PAGE = 500  # rows read at once
SHORTEST = 6  # characters of an id that name an agreement
STATUS = {"ok": "good", "warning": "warn", "failed": "bad"}
STATES = {"draft": "draft", "withdrawn": "[bad]withdrawn[/]"}

app = commands("Agreements: who must sign, what was checked, and the document.")


@app.command(name="list")
def show_list(data: DataDir = None, as_json: AsJson = False) -> None:
    """Show all agreements, by what they are about."""
    found = asyncio.run(_list(settings_for(data)))
    if as_json:
        print_json([row(each) for each in found])
        return
    if not found:
        console().print("No agreement yet. One is drafted when a learner is nominated for hours at a workplace.")
        return
    table = Table(box=None, pad_edge=False, header_style="soft")
    for name in ("id", "about", "state", "template", "to be signed by", "document"):
        table.add_column(name, overflow="fold")
    for each in found:
        made = "[good]rendered[/]" if each.document_sha256 else "[warn]not yet[/]"
        signers = ", ".join(signer.role.replace("_", " ") for signer in each.told.required_signers)
        state = STATES.get(each.state, each.state)
        table.add_row(f"[ref]{each.key[:SHORT]}[/]", each.about, state, each.told.template, signers, made)
    console().print(table)


@app.command()
def show(
    agreement_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The agreement's id, its first six characters or more, or what it alone is about."
        ),
    ],
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write its document there; - is standard output.")
    ] = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show one agreement, and write its document to a file."""
    found, document = asyncio.run(_show(settings_for(data), agreement_id, with_document=pdf is not None))
    if pdf is not None and document is not None:
        _write(pdf, document)
    if str(pdf) == "-":
        return
    if as_json:
        print_json({**row(found), **_more(found)})
    else:
        _tell(found, console())


def row(agreement: Agreement) -> dict[str, Any]:
    """Return one agreement as the list shows it."""
    return {
        "id": agreement.key,
        "version": agreement.told.version,
        "state": agreement.state,
        "template": agreement.told.template,
        "about": agreement.about,
        "document_sha256": agreement.document_sha256,
    }


def _more(agreement: Agreement) -> dict[str, Any]:
    told: dict[str, Any] = agreement.told.model_dump(mode="json", exclude_none=True)
    unfilled = [each.model_dump(mode="json") for each in agreement.unfilled]
    known = ("agreement_id", "version", "template", "about")
    return {**{name: value for name, value in told.items() if name not in known}, "unfilled": unfilled}


async def _list(settings: Settings) -> list[Agreement]:
    async with store_of(settings) as store:
        return sorted(await _all(store), key=lambda each: (each.about, each.key))


async def _all(store: Store) -> list[Agreement]:
    found: list[Agreement] = []
    while True:
        after = found[-1].key if found else ""
        page: list[Agreement] = await store.read(nouns.page, Agreement, after=after, limit=PAGE)
        found += page
        if len(page) < PAGE:
            return found


async def _show(settings: Settings, agreement_id: str, *, with_document: bool) -> tuple[Agreement, bytes | None]:
    async with store_of(settings) as store:
        found = await _find(store, agreement_id)
        if not with_document:
            return found, None
        document = await store.read(documents.find, found.key, found.told.version)
        if document is None:
            raise HubError(
                f"the document of agreement {found.key} is not rendered yet; `vet-hub lag` says what is behind"
            )
        return found, document.body


async def _find(store: Store, agreement_id: str) -> Agreement:
    begins = agreement_id.lower() if len(agreement_id) >= SHORTEST else None
    every = await _all(store)
    named = [each for each in every if each.about == agreement_id or (begins and each.key.startswith(begins))]
    if len(named) > 1:
        ids = ", ".join(each.key[:SHORT] for each in named)
        raise HubError(f"{agreement_id!r} names {len(named)} agreements: {ids}")
    if not named:
        raise HubError(f"there is no agreement {agreement_id!r}; `vet-hub agreement list` shows them")
    return named[0]


def _write(file: Path, document: bytes) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(document)
        return
    try:
        file.write_bytes(document)
    except OSError as error:
        raise HubError(f"{file} cannot be written: {error.strerror}") from error
    notes().print(f"[soft]The document is in {file}, {len(document):,} bytes.[/]")


def _tell(agreement: Agreement, out: Console) -> None:
    told = agreement.told
    out.print(f"[bold]Agreement {agreement.key}[/], version {told.version}: {agreement.state}", soft_wrap=True)
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="soft", no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("about", f"[ref]{agreement.about}[/]")
    rows.add_row("between", f"{told.parties.company_id} and {told.parties.provider_id}")
    rows.add_row("learner", told.parties.learner_ref)
    rows.add_row("days", f"{told.start} to {told.end}, {told.weekly_hours} hours a week")
    rows.add_row("template", f"{told.template}, in {told.language}")
    for signer in told.required_signers:
        rows.add_row("to be signed by", f"{signer.role.replace('_', ' ')}  [soft]{signer.ref or 'nobody is named'}[/]")
    for check in told.checks:
        rows.add_row(
            f"check {check.code}", f"[{STATUS.get(check.status, 'soft')}]{check.status}[/]  [soft]{check.detail}[/]"
        )
    for each in agreement.unfilled:
        rows.add_row("left empty", f"{each.field}  [soft]{each.reason}[/]")
    out.print(rows)
    document = f"sha256 {agreement.document_sha256}" if agreement.document_sha256 else "not rendered yet"
    out.print(f"[soft]document[/]  {document}", soft_wrap=True)

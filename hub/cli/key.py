"""`vet-hub key`: who may talk to the hub, and what they may do."""

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from hub.access import DEFAULT_SCOPES, SCOPES, create_key
from hub.cli.acting import act, operator
from hub.cli.newcomers import New, refuse_misspelt
from hub.cli.opening import settings_for, store_made, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.clock import SystemClock
from hub.errors import HubError
from hub.settings import Settings
from hub.store import audit, keys

app = commands("API keys: create, list, revoke.")


@app.command()
def create(
    org: Annotated[str, typer.Option(help="Slug of the organisation, or hub.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(SCOPES)}; may be repeated. Without: {', '.join(DEFAULT_SCOPES)}."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="PREFIX", help="Further source prefix it may speak for; may be repeated."),
    ] = None,
    new: New = False,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown once and kept only as a hash."""
    made, unknown = asyncio.run(_create(settings_for(data), org, scope or [], source or [], new=new))
    if unknown:
        notes().print(f"[soft]{unknown}[/]")
    if as_json:
        print_json(made)
        return
    console().print(made["key"], soft_wrap=True)
    notes().print(f"[soft]For {org}: {', '.join(made['scopes'])}. Keep it: it is not shown again.[/]")


async def _create(
    settings: Settings, org: str, scopes: list[str], sources: list[str], *, new: bool
) -> tuple[dict[str, Any], str]:
    async with store_made(settings) as store:
        unknown = await refuse_misspelt(store, org, new=new)
        key, row = await create_key(store, SystemClock(), org=org, scopes=scopes, sources=sources, by=operator())
        return {"key": key, "key_id": row.key_id, "org": row.org, "scopes": list(row.scopes)}, unknown


@app.command(name="list")
def show_list(data: DataDir = None, as_json: AsJson = False) -> None:
    """Show all keys, revoked ones too; never their secrets."""
    rows = asyncio.run(_list(settings_for(data)))
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="soft")
    for name in ("key", "organisation", "scopes", "made", ""):
        table.add_column(name)
    for row in rows:
        gone = f"[bad]revoked {row['revoked_at'][:10]}[/]" if row["revoked_at"] else ""
        table.add_row(row["key_id"], row["org"], " ".join(row["scopes"]), row["created_at"][:10], gone)
    console().print(table)


async def _list(settings: Settings) -> list[dict[str, Any]]:
    async with store_of(settings) as store:
        return [
            {
                "key_id": row.key_id,
                "org": row.org,
                "scopes": list(row.scopes),
                "sources": list(row.sources),
                "created_at": row.created_at,
                "revoked_at": row.revoked_at,
            }
            for row in await store.read(keys.listing)
        ]


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `key list` shows it.")], data: DataDir = None
) -> None:
    """Make a key useless; a running hub forgets it within two seconds."""
    asyncio.run(_revoke(settings_for(data), key_id))
    notes().print(f"{key_id} opens nothing any more.")


async def _revoke(settings: Settings, key_id: str) -> None:
    async with store_of(settings) as store:
        revoked = act("key.revoke", key_id)
        if not await store.write(audit.acted, revoked, keys.revoke, key_id, now=revoked.at):
            raise HubError(f"there is no key {key_id!r} that could be revoked; `vet-hub key list` shows them")

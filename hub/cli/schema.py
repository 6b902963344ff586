"""`vet-hub schema export DIR`: the JSON Schema of every event's data. Needs no store."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from events.catalogue import EVENTS, json_schema
from hub.cli.options import commands
from hub.cli.screen import notes
from hub.errors import HubError

app = commands("The public contract as files.")


@app.command()
def export(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if missing.")]) -> None:
    """Write one JSON Schema (2020-12) a type: DIR/need.published.json and so on."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, event in EVENTS.items():
            body = orjson.dumps(json_schema(event), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            (folder / f"{name}.json").write_bytes(body)
    except OSError as error:
        raise HubError(f"{error.filename} cannot be written: {error.strerror}") from error
    notes().print(f"{len(EVENTS)} schemas in {folder}")

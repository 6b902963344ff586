"""Options that many commands share, declared once so that they are spelled and explained alike."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="VET_HUB_DATA", metavar="DIR", help="Folder of the embedded hub (default: vet-hub-data)."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Port = Annotated[int | None, typer.Option("--port", metavar="N", help="Port the web part listens on (default: 8480).")]
Host = Annotated[str | None, typer.Option("--host", help="Address the web part listens on (default: 127.0.0.1).")]


def commands(says: str = "") -> typer.Typer:
    """Make the `app` of a command module; with `says` it holds commands below it, even if only one."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if says:
        app.callback(help=says)(_begin)
    return app


def _begin() -> None:
    """What a command with commands below it does before them: nothing."""

"""Where commands write: results on standard output, everything else on standard error; colours only where people look."""

import sys
from typing import Any

import orjson
from rich.console import Console
from rich.theme import Theme

SHORT = 8  # characters of an id that people are shown
# Colours of the terminal's own palette where it can be, so that they hold on dark and light ground alike; the leather
# tone is one that reads on both.
THEME = Theme(
    {
        "leather": "color(173)",
        "soft": "dim",
        "good": "green",
        "warn": "yellow",
        "bad": "red",
        "ref": "cyan",
        "command": "bold",
    }
)


def console() -> Console:
    """Return standard output for people."""
    return Console(theme=THEME, highlight=False, soft_wrap=False)


def notes() -> Console:
    """Return standard error for people."""
    return Console(theme=THEME, highlight=False, stderr=True)


def print_json(value: Any) -> None:
    """Print one JSON value: spread out where a person looks, on one line where a program reads."""
    option = orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0
    sys.stdout.write(orjson.dumps(value, option=option).decode() + "\n")


def print_line(value: Any) -> None:
    """Print one JSON value on a line of its own, at once."""
    sys.stdout.write(orjson.dumps(value).decode() + "\n")
    sys.stdout.flush()

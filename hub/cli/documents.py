"""Splits a file of JSON into its events and remembers the line each begins on: an array, an object, or NDJSON.

Pure. The text of each event is kept as it was written, so that nothing is lost in reading and writing it again.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

BLANK = re.compile(r"\s*")
BLANK_OR_COMMA = re.compile(r"\s*,?\s*")
DECODER = json.JSONDecoder()


class Document(NamedTuple):
    """One event as it stands in a file, or what is wrong at that line."""

    line: int
    text: str
    value: Any = None
    problem: str = ""


def documents(text: str) -> Iterator[Document]:
    """Split a file's text; after broken NDJSON it goes on with the next line, after broken JSON in an array it ends."""
    lines = _Lines(text)
    place = _after(BLANK, text, 0)
    if text[place : place + 1] == "[":
        yield from _array(text, _after(BLANK, text, place + 1), lines)
        return
    while place < len(text):
        found, end = _read(text, place, lines)
        yield found
        if found.problem:
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
        place = _after(BLANK, text, end)


def _array(text: str, place: int, lines: "_Lines") -> Iterator[Document]:
    while place < len(text) and text[place] != "]":
        found, place = _read(text, place, lines)
        yield found
        if found.problem:
            return
        place = _after(BLANK_OR_COMMA, text, place)
    if place >= len(text):
        yield Document(lines.of(len(text)), "", problem="the array is not closed; the file may be cut off")


def _read(text: str, place: int, lines: "_Lines") -> tuple[Document, int]:
    try:
        value, end = DECODER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        return Document(lines.of(_written_before(text, error.pos, place)), "", problem=f"not JSON: {error.msg}"), place
    return Document(lines.of(place), text[place:end], value), end


def _written_before(text: str, place: int, least: int) -> int:
    """Go back over blanks: what is cut off at a line's end is wrong there, and not on the next line."""
    while place > least and text[place - 1].isspace():
        place -= 1
    return place


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


class _Lines:
    """Counts lines as one goes through a text, forwards only."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at, self._line = 0, 1

    def of(self, place: int) -> int:
        self._line += self._text.count("\n", self._at, place)
        self._at = max(self._at, place)
        return self._line

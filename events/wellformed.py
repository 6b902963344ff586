"""Reads JSON from outside and finds what the grammar allows but no two programs read alike.

Doubled keys, numbers that no double holds, NUL and half surrogates, abysses of brackets. The codec and the catalogue call
it before anybody looks at the meaning.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from events.errors import Invalid, NotCloudEvents
from schemas.problems import MOST_PROBLEMS, Problem, pointer, quoted

DEEPEST = 100  # levels of nesting
LONGEST_NUMBER = 32  # characters; 64-bit whole numbers have 20, doubles at most 25
MOST_FIELDS = 6000  # of one event; its largest lists of the longest language maps have fewer
UNSOUND = re.compile("[\0\ud800-\udfff]")
ESCAPED_UNSOUND = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
NUMBER_SIGNS = bytes.maketrans(b"0123456789.eE+-", b"9" * 15)
LONG_NUMBER = b"9" * 20  # characters; a shorter whole number fits 64 bits
SPACE = b" \t\n\r"


class Parsed(NamedTuple):
    """A JSON value, and whether parts of it need a closer look by `flaws_in`."""

    value: Any
    suspicious: bool


class _Doubled(dict[str, Any]):
    """An object in which keys were given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = sorted({name for name in names if names.count(name) > 1})


class _Wild(str):
    """A number too long or too large to be read the same everywhere."""

    __slots__ = ()


class _Reader:
    """The hooks of one parse; remembers whether any of them met something odd."""

    def __init__(self) -> None:
        self.odd = False

    def mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self.odd = True
        return _Doubled(pairs)

    def whole(self, digits: str) -> Any:
        return int(digits) if len(digits) < 20 else self._wild(digits)

    def real(self, digits: str) -> Any:
        number = float(digits)
        return number if math.isfinite(number) and len(digits) <= LONGEST_NUMBER else self._wild(digits)

    def _wild(self, digits: str) -> _Wild:
        self.odd = True
        return _Wild(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def parse(body: bytes, *, at: str = "") -> Parsed:
    """Parse JSON; raises NotCloudEvents where it is none, Invalid (at `at`) where it is an abyss of brackets."""
    plain = _parse_plain(body)
    return plain if plain is not None else _parse_closely(body, at)


def _parse_plain(body: bytes) -> Parsed | None:
    """Parse what cannot hide anything odd, twice as fast; None for all that needs the hooks, errors included.

    Every key of the text ends in a quote and a colon. When there are no more of these than keys in the value, no key was
    given twice; strings that hold such a pair only make the closer look run in vain.
    """
    if LONG_NUMBER in body.translate(NUMBER_SIGNS) or body.count(b"[") + body.count(b"{") > DEEPEST:
        return None
    if b"\\u" in body and ESCAPED_UNSOUND.search(body.decode(errors="replace")):
        return None
    try:
        value = orjson.loads(body)
    except ValueError:
        return None
    return Parsed(value, suspicious=False) if body.translate(None, SPACE).count(b'":') == _keys_in(value) else None


def _keys_in(value: Any) -> int:
    keys, todo = 0, [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            keys += len(node)
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return keys


def _parse_closely(body: bytes, at: str) -> Parsed:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise NotCloudEvents(f"The body is not UTF-8 (byte {error.start}); send JSON in UTF-8.") from error
    reader = _Reader()
    try:
        value = json.loads(
            text,
            object_pairs_hook=reader.mapping,
            parse_int=reader.whole,
            parse_float=reader.real,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise Invalid([_too_deep(at)]) from None
    except ValueError as error:
        raise NotCloudEvents(f"The body is not JSON: {error}.") from error
    brackets = text.count("[") + text.count("{")
    abyss = brackets > DEEPEST and _is_deep(value)
    return Parsed(value, reader.odd or abyss or ESCAPED_UNSOUND.search(text) is not None)


def _too_deep(at: str) -> Problem:
    return Problem(at, f"The JSON is nested more than {DEEPEST} levels deep; flatten it.")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def flaws(body: bytes, *, at: str) -> list[Problem]:
    """List what is wrong with a JSON text, with pointers that begin with `at`."""
    if body.count(b":") > MOST_FIELDS:
        # Each of them would become an error of its own before the first fifty are told.
        return [Problem(at, f"There are more than {MOST_FIELDS} fields here; send what belongs to this event only.")]
    try:
        value, suspicious = parse(body, at=at)
    except Invalid as error:
        return list(error.errors)
    except NotCloudEvents as error:
        return [Problem(at, str(error))]
    return flaws_in(value, at=at) if suspicious else []


def flaws_in(value: Any, *, at: str) -> list[Problem]:
    """List the flawed parts of a suspicious value, the first fifty at most."""
    if _is_deep(value):
        return [_too_deep(at)]
    found = _look(value, at)
    return [problem for problem, _ in zip(found, range(MOST_PROBLEMS), strict=False)]


def _look(value: Any, at: str) -> Iterator[Problem]:
    # Nesting is at most DEEPEST here, so this recursion ends.
    if isinstance(value, _Doubled):
        for name in value.twice:
            yield Problem(at + pointer(name), f"The key {quoted(name)} is given more than once; keep one.")
    if isinstance(value, _Wild):
        yield Problem(at, f"The number {quoted(value)[1:-1]} is too long or too large; use at most 19 digits.")
    elif isinstance(value, str) and UNSOUND.search(value):
        yield Problem(at, f"{json.dumps(value)[:60]} holds a NUL or half a surrogate pair; leave it out.")
    elif isinstance(value, dict):
        for name, child in value.items():
            if UNSOUND.search(name):
                yield Problem(
                    at, f"The key {json.dumps(name)[:60]} holds a NUL or half a surrogate pair; leave it out."
                )
            else:
                yield from _look(child, at + pointer(name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _look(child, f"{at}/{index}")

"""Reads CloudEvents attributes (CloudEvents 1.0 §3) from outside: every problem at once, and nothing invented.

The codec calls it for each mode. An id or a time that is missing stays missing.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from events.envelope import HUB_ATTRIBUTES, Envelope
from schemas.problems import Problem, pointer, quoted
from schemas.values import EARLIEST_YEAR, LATEST_YEAR

REQUIRED = ("id", "source", "type", "specversion", "subject")
CORE = frozenset({*REQUIRED, "time", "datacontenttype"})
LONGEST = {"id": 200, "source": 500, "type": 200, "subject": 200}  # characters

NAME = re.compile("[a-z0-9]+")
CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
JSON_MEDIA = re.compile(r"(?:application|text)/(?:[\w.!#$&^+-]+\+)?json(?:\s*;.*)?", re.IGNORECASE | re.ASCII)
CHARSET = re.compile(r""";\s*charset\s*=\s*"?([^";\s]*)""", re.IGNORECASE)
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE
)
PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
URI_REFERENCE = re.compile(  # RFC 3986 §4.1
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:|(?![^/?#]*:))(?://(?:[\[\]]|{PCHAR})*(?=[/?#]|$))?(?:{PCHAR}|/)*"
    rf"(?:\?(?:{PCHAR}|[/?])*)?(?:#(?:{PCHAR}|[/?])*)?"
)


def envelope_from(attributes: Mapping[str, Any], data: bytes) -> tuple[Envelope | None, list[Problem]]:
    """Make an envelope from attributes as a sender wrote them; None with the problems where it cannot be."""
    given = {name: value for name, value in attributes.items() if value is not None}
    problems = [problem for name in REQUIRED if name not in given for problem in _missing(name)]
    problems += [problem for name, value in given.items() for problem in _wrong(name, value)]
    if problems:
        return None, problems
    extensions = {name: canonical(value) for name, value in given.items() if name not in CORE}
    time = instant(given["time"]) if "time" in given else None
    known = {name: given[name] for name in ("id", "source", "type", "subject")}
    return Envelope(**known, time=time, data=data, extensions=extensions), []


def canonical(value: str | bool | int) -> str:
    """Write an extension's value as the text that every binding can carry (CloudEvents 1.0 §3, type system)."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def instant(text: str) -> datetime | None:
    """Read an RFC 3339 instant; None when it is none, or lies where dates overflow."""
    if not INSTANT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if EARLIEST_YEAR <= found.year <= LATEST_YEAR else None


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON in UTF-8."""
    charset = CHARSET.search(media_type)
    return bool(JSON_MEDIA.fullmatch(media_type.strip())) and (
        charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii")
    )


def _missing(name: str) -> Iterator[Problem]:
    yield Problem(pointer(name), f"The attribute {name} is required; add it.")


def _wrong(name: str, value: Any) -> Iterator[Problem]:
    at = pointer(name)
    if name in HUB_ATTRIBUTES:
        yield Problem(at, f"Only the hub sets {name}; leave it out.")
    elif not NAME.fullmatch(name) or name == "data":
        yield Problem(at, f"{quoted(name)} cannot be an attribute; names are small letters and digits.")
    elif name in CORE and not isinstance(value, str):
        yield Problem(at, f"{quoted(value)} is not a string; put it in double quotes.")
    elif isinstance(value, int) and not -(2**31) <= value < 2**31:
        yield Problem(at, f"{value} does not fit CloudEvents' 32-bit integer; write it as a string.")
    elif not isinstance(value, str | int):
        yield Problem(at, f"{quoted(value)} is not a string, integer or boolean; write it as a string.")
    elif isinstance(value, str):
        yield from _wrong_text(name, value)


def _wrong_text(name: str, text: str) -> Iterator[Problem]:
    at = pointer(name)
    if CONTROL.search(text):
        yield Problem(at, f"{quoted(text)} holds a control character or half a surrogate pair; leave it out.")
    elif name in LONGEST and not text.strip():
        yield Problem(at, f"The attribute {name} is empty; give it a value.")
    elif len(text) > LONGEST.get(name, len(text)):
        yield Problem(at, f"{name} has {len(text)} characters; at most {LONGEST[name]} are allowed.")
    elif name == "specversion" and text != "1.0":
        yield Problem(at, f"{quoted(text)} is not a version the hub speaks; write 1.0.")
    elif name in ("source", "dataschema") and not URI_REFERENCE.fullmatch(text):
        yield Problem(at, f"{quoted(text)} is not a URI reference; percent-encode what RFC 3986 does not allow.")
    elif name == "time" and instant(text) is None:
        yield Problem(
            at, f"{quoted(text)} is not an instant; write RFC 3339 with an offset, 2026-11-23T09:00:00+01:00."
        )
    elif name == "datacontenttype" and not is_json(text):
        yield Problem(at, f"{quoted(text)} is not a type of data the hub reads; send application/json.")

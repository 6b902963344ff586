"""Reads CloudEvents attributes (CloudEvents 1.0 §3) from outside: every problem at once, and nothing invented.

The codec calls it for each mode. An id or a time that is missing stays missing.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

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
    problems = [
        Problem(pointer(name), f"The attribute {name} is required; add it.") for name in REQUIRED if name not in given
    ]
    problems += [
        Problem(pointer(name), wrong) for name, value in given.items() if (wrong := _wrong(name, value)) is not None
    ]
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
    if media_type == "application/json":
        return True
    charset = CHARSET.search(media_type)
    return bool(JSON_MEDIA.fullmatch(media_type.strip())) and (
        charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii")
    )


def _wrong(name: str, value: Any) -> str | None:
    """Say what is wrong with one attribute, None when nothing is."""
    if name in HUB_ATTRIBUTES:
        return f"Only the hub sets {name}; leave it out."
    if name in CORE:
        return _wrong_text(name, value) if isinstance(value, str) else f"{quoted(value)} is not a string; quote it."
    if not NAME.fullmatch(name) or name == "data":
        return f"{quoted(name)} cannot be an attribute; names are small letters and digits."
    if isinstance(value, str):
        return _wrong_text(name, value)
    if not isinstance(value, int):
        return f"{quoted(value)} is not a string, integer or boolean; write it as a string."
    if not -(2**31) <= value < 2**31:
        return f"{value} does not fit CloudEvents' 32-bit integer; write it as a string."
    return None


def _wrong_text(name: str, text: str) -> str | None:
    if CONTROL.search(text):
        return f"{quoted(text)} holds a control character or half a surrogate pair; leave it out."
    if name in LONGEST and not text.strip():
        return f"The attribute {name} is empty; give it a value."
    if name in LONGEST and len(text) > LONGEST[name]:
        return f"{name} has {len(text)} characters; at most {LONGEST[name]} are allowed."
    form = FORMS.get(name)
    return f"{quoted(text)} is not {form.want}." if form and not form.fits(text) else None


class Form(NamedTuple):
    """What an attribute's text must look like; `want` completes the sentence «x is not …»."""

    fits: Callable[[str], Any]
    want: str


URI_FORM = Form(URI_REFERENCE.fullmatch, "a URI reference; percent-encode what RFC 3986 does not allow")
FORMS = {
    "specversion": Form("1.0".__eq__, "a version the hub speaks; write 1.0"),
    "source": URI_FORM,
    "dataschema": URI_FORM,
    "time": Form(instant, "an instant; write RFC 3339 with an offset, as in 2026-11-23T09:00:00+01:00"),
    "datacontenttype": Form(is_json, "a type of data the hub reads; send application/json"),
}

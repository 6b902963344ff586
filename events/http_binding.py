"""CloudEvents over HTTP (binding 1.0.2): binary, structured and batched requests become items. Ingest calls it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from events.attributes import URI_REFERENCE, envelope_from, is_json
from events.errors import Invalid, NotCloudEvents, TooLarge, WrongMedia
from events.json_format import BATCH, STRUCTURED, Item, item, members
from events.wellformed import flaws_in, parse
from schemas.problems import Problem, pointer, quoted

MOST_IN_BATCH = 100  # events
URIS = ("source", "dataschema")

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def from_http(headers: Headers, body: bytes) -> list[Item]:
    """Read a request in any mode.

    Raises NotCloudEvents (400), TooLarge (413), WrongMedia (415), Invalid (422, where nothing is readable).
    """
    pairs = [(name.lower(), value) for name, value in (headers.items() if isinstance(headers, Mapping) else headers)]
    content_type = next((value for name, value in pairs if name == "content-type"), "")
    media = _media(content_type)
    if media == BATCH:
        return _batch(content_type, body)
    if media == STRUCTURED:
        return [_structured(content_type, body)]
    if media.startswith("application/cloudevents"):
        raise WrongMedia(f"The hub does not read {media}; send {STRUCTURED} or {BATCH}.")
    return [_binary(pairs, content_type, body)]


def is_batch(content_type: str) -> bool:
    """Whether a request of this content type is a batch, answered item by item."""
    return _media(content_type) == BATCH


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _must_be_json(content_type: str) -> None:
    if not is_json(content_type):
        raise WrongMedia(f"The hub does not read {quoted(content_type)}; send JSON in UTF-8.")


def _binary(pairs: Sequence[tuple[str, str]], content_type: str, body: bytes) -> Item:
    if content_type:
        _must_be_json(content_type)
    given = [(name[3:], value) for name, value in pairs if name.startswith("ce-")]
    if not given:
        raise NotCloudEvents(f"No CloudEvents mode: send ce-* headers, or {STRUCTURED}, or {BATCH}.")
    attributes: dict[str, str] = {}
    problems = [problem for name, value in given for problem in _take(attributes, name, value)]
    value, suspicious = parse(body, at="/data")
    envelope, wrong = envelope_from(attributes, body)
    if suspicious:
        wrong += flaws_in(value, at="/data")
    return item(0, envelope, _once(problems + wrong))


def _take(attributes: dict[str, str], name: str, value: str) -> list[Problem]:
    try:
        text = _uri(value) if name in URIS else _unescaped(value)
    except UnicodeDecodeError:
        text = "?"  # stands for the value, so that it does not count as missing too
        problem = [Problem(pointer(name), f"The header ce-{name} is not UTF-8; percent-encode it.")]
    else:
        problem = []
    if name == "datacontenttype":
        return [
            Problem(pointer(name), "In binary mode the type of the data is the Content-Type header; leave this out.")
        ]
    if attributes.setdefault(name, text) != text:
        return [Problem(pointer(name), f"The header ce-{name} is given twice; keep one.")]
    return problem


def _uri(value: str) -> str:
    """Read a URI; one that decoding would break is as its sender wrote it.

    The Go, Java and JavaScript clients put /caf%C3%A9 into the header as it is, where the binding wants /caf%25C3%25A9.
    """
    text = _unescaped(value)
    if "%" not in value or URI_REFERENCE.fullmatch(text):
        return text
    written = _unquoted(value)
    return written if URI_REFERENCE.fullmatch(written) else text


def _unescaped(value: str) -> str:
    """Undo double quotes, then percent-encoding (HTTP binding 3.1.3.2); raw UTF-8 arrives as latin-1 characters."""
    value = _unquoted(value)
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "surrogatepass")
    return unquote_to_bytes(raw).decode()


def _unquoted(value: str) -> str:
    value = value.strip(" \t")
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Keep the first problem of each place."""
    return list({problem.pointer: problem for problem in reversed(problems)}.values())[::-1]


def _structured(content_type: str, body: bytes) -> Item:
    _must_be_json(content_type)
    value, suspicious = parse(body)
    return _event(0, value, suspicious=suspicious)


def _batch(content_type: str, body: bytes) -> list[Item]:
    _must_be_json(content_type)
    values, suspicious = parse(body)
    if not isinstance(values, list):
        raise Invalid([Problem("", "A batch is a JSON array of events; put it in [ ].")])
    if not values:
        raise Invalid([Problem("", "The batch is empty; send at least one event.")])
    if len(values) > MOST_IN_BATCH:
        raise TooLarge(f"The batch has {len(values)} events; send at most {MOST_IN_BATCH} at once.")
    return [_event(index, value, suspicious=suspicious) for index, value in enumerate(values)]


def _event(index: int, value: Any, *, suspicious: bool) -> Item:
    attributes, data, problems = members(value, suspicious=suspicious)
    if data is None:
        return item(index, None, problems)
    envelope, wrong = envelope_from(attributes, data)
    return item(index, envelope, [*wrong, *problems])

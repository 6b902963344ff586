"""What changed between two contracts, and whom it breaks.

Senders: what they may send by the old schema must still be taken, so old must fit new. Readers: what comes by the new
schema must be readable by the old one, so new must fit old, read as the wire asks (fields unknown are ignored, codes
unknown are kept). What partners say is bounded by the first rule alone: its limits may widen, its fields may not go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from events.base import HUB
from hub.contract.documents import BEFORE, GROWING, SAID_BY, as_read
from hub.contract.inclusion import Gap, gaps
from hub.contract.sentences import cure_of, field_of, pointer_of, told
from hub.contract.shapes import Schema

LIMITS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
    }
)
EVERYBODY = ("company", "coordinator", "provider", HUB)
"""Who says what a schema that names nobody describes: it is held to both rules."""
Breaks = Literal["senders", "readers"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `breaks` nobody where all that worked still works."""

    schema: str
    pointer: str
    """RFC 6901 pointer into the new schema, or into the old one for what is gone."""
    field: str
    what: str
    breaks: Breaks | None = None
    cure: str = ""


def compare(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Change]:
    """Return every change between two sets of schemas by name, those that break somebody first."""
    found = [change for name in old if name in new for change in _of_schema(name, old[name], new[name])]
    found += [change for name in old if name not in new for change in _gone(name, old[name])]
    found += [Change(name, "", "", "is new") for name in new if name not in old]
    return sorted(found, key=lambda change: (change.breaks is None, change.schema))


def _of_schema(name: str, old: Schema, new: Schema) -> list[Change]:
    if old == new:
        return []
    breaking = [*_for_senders(name, old, new), *_for_readers(name, old, new)]
    told_of = {change.pointer for change in breaking}
    notes = [change for change in _notes(name, old, new) if change.pointer not in told_of]
    return list(dict.fromkeys((*breaking, *notes)))


def _gone(name: str, old: Schema) -> Iterator[Change]:
    sent = _senders(old)
    yield Change(
        name, "", "", "is gone", "senders" if sent else "readers", cure_of("gone", "senders" if sent else "readers")
    )


def _for_senders(name: str, old: Schema, new: Schema) -> Iterator[Change]:
    if not _senders(old):
        return
    lost = sorted(_senders(old) - _senders(new))
    if lost:
        what = f"may no longer be said by {', '.join(lost)}"
        yield Change(name, f"/{SAID_BY}", "", what, "senders", cure_of("said_by", "senders"))
    for gap in gaps(old, new):
        yield _change(name, gap, "senders", old_writes=True)
    yield from _other_defaults(name, old, new)


def _for_readers(name: str, old: Schema, new: Schema) -> Iterator[Change]:
    lost = [each for each in old.get(BEFORE, ()) if each not in new.get(BEFORE, new.get("properties", ()))]
    if lost:
        what = f"no longer has {', '.join(lost)} before agreement"
        yield Change(name, f"/{BEFORE}", "", what, "readers", cure_of("undeclared", "readers"))
    for gap in gaps(as_read(dict(new)), as_read(dict(old))):
        if gap.keyword not in LIMITS or not _senders(new):
            yield _change(name, gap, "readers", old_writes=False)


def _notes(name: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Tell what is taken or said now that was not before."""
    more = sorted(_senders(new) - _senders(old))
    if more:
        yield Change(name, f"/{SAID_BY}", "", f"may now be said by {', '.join(more)} too")
    for gap in gaps(_closed(new), _closed(old)):
        yield _change(name, gap, None, old_writes=False)


def _change(name: str, gap: Gap, breaks: Breaks | None, *, old_writes: bool) -> Change:
    old, new = (gap.writer, gap.reader) if old_writes else (gap.reader, gap.writer)
    cure = cure_of(gap.keyword, breaks) if breaks else ""
    return Change(name, pointer_of(gap, old, new), field_of(gap), told(gap, old, new, breaks), breaks, cure)


def _senders(schema: Schema) -> set[str]:
    return set(schema.get(SAID_BY, EVERYBODY)) - {HUB}


def _other_defaults(name: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Tell which fields mean something else now where they are left out."""
    before, now = dict(_defaults(old, "")), dict(_defaults(new, ""))
    for pointer in before.keys() & now.keys():
        if before[pointer] != now[pointer]:
            what = f"means {now[pointer]!r} where it is left out, it meant {before[pointer]!r}"
            field = pointer.removesuffix("/default").rpartition("/")[2]
            yield Change(name, pointer, field, what, "senders", cure_of("default", "senders"))


def _defaults(schema: Any, at: str) -> Iterator[tuple[str, Any]]:
    for name, below in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if name == "default" and not at.endswith("/properties"):
            yield f"{at}/default", below
        elif isinstance(below, dict | list) and name not in ("examples", "enum", GROWING):
            yield from _defaults(below, f"{at}/{name}")


def _closed(schema: Any) -> Any:
    """Return the schema of what is declared now and nothing else: no other field, no other code."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: value if name in ("default", "examples") else _closed(value) for name, value in schema.items()}
    if isinstance(found.get("properties"), dict) and "type" in found:
        found.setdefault("additionalProperties", False)
    if GROWING in found:
        found["enum"] = found[GROWING]
    return found

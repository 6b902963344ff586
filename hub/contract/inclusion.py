"""Says whether every document that one JSON Schema takes fits another, and if not, why: one Gap for each reason.

It errs on one side only: no gap means that every document fits; a gap where all fit can happen, as with two patterns that
differ in writing alone. `tests/rules/test_schema_check.py` holds it against made-up schemas and documents.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.contract.limits import admits, applies, fits, type_fits
from hub.contract.shapes import Schema, Spot, whole

Pairs = frozenset[tuple[tuple[str, ...], tuple[str, ...]]]
"""The places that are being compared, so that schemas that name themselves come to an end."""
LOOKED_AT_ELSEWHERE = ("type", "const", "items", "properties", "additionalProperties", "propertyNames", "required")

NOWHERE = ("",)
"""The path of a place that the schema does not speak of."""
HARD_TO_TELL = ("patternProperties", "prefixItems")
"""Keywords that change what `properties` and `items` beside them are about: both sides must say the same."""
FEW: Mapping[tuple[str, ...], tuple[Any, ...]] = {("null",): (None,), ("boolean",): (False, True)}
"""Types whose every value can be listed."""


@dataclass(frozen=True)
class Gap:
    """One reason why a document of the writer's may not fit the reader's schema."""

    keyword: str
    """The keyword of the reader's that may not be kept; `property` and `undeclared` for a field that one side lacks."""
    writer: Spot
    reader: Spot
    name: str = ""
    """The field below the two places, where the gap is about one."""
    values: tuple[Any, ...] = ()
    """The listed values that do not fit."""


def gaps(writer: Schema, reader: Schema) -> list[Gap]:
    """List why documents of one schema may not fit another; empty where all of them do."""
    return list(_compared(whole(writer), whole(reader), frozenset()))


def _compared(writer: Spot, reader: Spot, pairs: Pairs) -> Iterator[Gap]:
    pair = (writer.path, reader.path)
    if pair in pairs or not reader.constraints:
        return
    readers = [branch for branch in reader.branches() if not branch.is_nothing]
    for branch in writer.branches():
        if not branch.is_nothing:
            yield from _nearest(branch, readers, reader, pairs | {pair})


def _nearest(writer: Spot, readers: list[Spot], reader: Spot, pairs: Pairs) -> list[Gap]:
    """Return why a branch fits none of the reader's, told against the one of its own type that it misses least."""
    found = [(branch, list(_misfits(writer, branch, pairs))) for branch in readers]
    if any(not misfits for _, misfits in found):
        return []
    alike = [misfits for branch, misfits in found if type_fits(writer, branch)]
    return min(alike, key=len) if alike else [Gap("type", writer, reader)]


def _misfits(writer: Spot, reader: Spot, pairs: Pairs) -> Iterator[Gap]:
    """List why a document of a plain writer may not fit a plain reader."""
    if "enum" in writer.schema:
        strange = tuple(value for value in writer.schema["enum"] if not admits(reader, value))
        if strange:
            yield Gap("enum", writer, reader, values=strange)
        return
    if not type_fits(writer, reader):
        yield Gap("type", writer, reader)
        return
    asked = [name for name in reader.constraints if name not in LOOKED_AT_ELSEWHERE and applies(name, writer)]
    asked += [name for name in HARD_TO_TELL if name in writer.schema and name not in asked]
    yield from (Gap(name, writer, reader) for name in asked if not _kept(name, writer, reader))
    if applies("items", writer) and "items" in reader.schema and writer.schema.get("maxItems") != 0:
        yield from _compared(_below(writer, "items", "[]"), _below(reader, "items", "[]"), pairs)
    if applies("properties", writer):
        yield from _objects(writer, reader, pairs)


def _kept(keyword: str, writer: Spot, reader: Spot) -> bool:
    if keyword in HARD_TO_TELL:
        return all(fits(each, writer, reader) for each in (keyword, *LOOKED_AT_ELSEWHERE))
    if keyword != "enum":
        return fits(keyword, writer, reader)
    few = FEW.get(writer.types, ())
    return bool(few) and all(admits(reader, value) for value in few)


def _objects(writer: Spot, reader: Spot, pairs: Pairs) -> Iterator[Gap]:
    given = set(writer.schema.get("required", ()))
    yield from (
        Gap("required", writer, reader, name) for name in reader.schema.get("required", ()) if name not in given
    )
    if "propertyNames" in reader.schema:
        yield from _compared(_names(writer), _names(reader), pairs)
    for name in dict.fromkeys((*_declared(writer), *_declared(reader))):
        yield from _field(name, writer, reader, pairs)
    rest, taken = _below(writer, "additionalProperties", ".*"), _below(reader, "additionalProperties", ".*")
    if taken.is_nothing and not rest.is_nothing:
        yield Gap("additionalProperties", writer, reader)
    else:
        yield from _compared(rest, taken, pairs)


def _field(name: str, writer: Spot, reader: Spot, pairs: Pairs) -> Iterator[Gap]:
    written, read = _property(writer, name), _property(reader, name)
    missed = name in reader.schema.get("required", ()) and name not in writer.schema.get("required", ())
    if written.is_nothing or (missed and name not in _declared(writer)):
        return  # it is never there, or its absence was told already
    if read.is_nothing:
        yield Gap("property", writer, reader, name)
    elif name not in _declared(writer) and not written.constraints and read.constraints:
        yield Gap("undeclared", writer, reader, name)
    else:
        yield from _compared(written, read, pairs)


def _declared(spot: Spot) -> Schema:
    found: Schema = spot.schema.get("properties", {})
    return found


def _property(spot: Spot, name: str) -> Spot:
    if name in _declared(spot):
        return spot.down("properties", name, field=f".{name}")
    return _below(spot, "additionalProperties", f".{name}")


def _below(spot: Spot, keyword: str, field: str) -> Spot:
    """Go down, or to a place that takes everything where the schema does not speak of it."""
    if keyword in spot.schema:
        return spot.down(keyword, field=field)
    return Spot(spot.root, {}, NOWHERE, spot.field + field)


def _names(spot: Spot) -> Spot:
    """Return the place of an object's field names, which are texts whether or not the schema says so."""
    found = _below(spot, "propertyNames", "{}")
    return Spot(found.root, {"type": "string", **found.schema}, found.path, found.field)

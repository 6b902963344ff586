"""Keywords of JSON Schema that limit one value: whether what a writer's schema takes stays within a reader's."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.contract.shapes import Schema, Spot

ENDLESS = float("inf")
NUMBERS, TEXTS, LISTS, OBJECTS = ("integer", "number"), ("string",), ("array",), ("object",)
APPLIES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), NUMBERS),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), TEXTS),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"), LISTS),
    **dict.fromkeys(("required", "properties", "additionalProperties", "patternProperties"), OBJECTS),
    **dict.fromkeys(("propertyNames", "minProperties", "maxProperties"), OBJECTS),
}
"""Which types a keyword says anything about; one that is not named here is about every type."""


def applies(keyword: str, spot: Spot) -> bool:
    """Whether a keyword can forbid a document of this place anything."""
    about = APPLIES.get(keyword, ())
    return not about or not spot.types or any(each in about for each in spot.types)


def type_fits(writer: Spot, reader: Spot) -> bool:
    """Whether everything of the writer's type has the reader's."""
    if not reader.types or "enum" in writer.schema:
        return True  # listed values are looked at one by one
    return bool(writer.types) and all(
        each in reader.types or (each == "integer" and "number" in reader.types) for each in writer.types
    )


def fits(keyword: str, writer: Spot, reader: Spot) -> bool:
    """Whether a limit of the reader's is kept by everything the writer's schema takes."""
    judge = JUDGES.get(keyword)
    return (
        judge(keyword, writer.schema, reader.schema)
        if judge
        else _written(writer, keyword) == _written(reader, keyword)
    )


def _at_least(keyword: str, writer: Schema, reader: Schema) -> bool:
    return bool(writer.get(keyword, 0) >= reader[keyword])


def _at_most(keyword: str, writer: Schema, reader: Schema) -> bool:
    return bool(writer.get(keyword, ENDLESS) <= reader[keyword])


def _above(_keyword: str, writer: Schema, reader: Schema) -> bool:
    return _low(writer) >= _low(reader)


def _below(_keyword: str, writer: Schema, reader: Schema) -> bool:
    return _high(writer) <= _high(reader)


def _low(schema: Schema) -> tuple[float, bool]:
    """Return the lower limit, and whether it is itself left out."""
    return max((schema.get("minimum", -ENDLESS), False), (schema.get("exclusiveMinimum", -ENDLESS), True))


def _high(schema: Schema) -> tuple[float, bool]:
    """Return the upper limit, and whether it is itself taken."""
    return min((schema.get("maximum", ENDLESS), True), (schema.get("exclusiveMaximum", ENDLESS), False))


def _steps(keyword: str, writer: Schema, reader: Schema) -> bool:
    step, asked = writer.get(keyword), reader[keyword]
    return step is not None and step % asked == 0


def _unique(keyword: str, writer: Schema, reader: Schema) -> bool:
    return not reader[keyword] or bool(writer.get(keyword))


JUDGES: Mapping[str, Callable[[str, Schema, Schema], bool]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum"), _above),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), _below),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), _at_least),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), _at_most),
    "multipleOf": _steps,
    "uniqueItems": _unique,
}


def _written(spot: Spot, keyword: str) -> str:
    """Write what a keyword says, with what it refers to; equal texts mean the same."""
    found = spot.schema.get(keyword)
    text = json.dumps(found, sort_keys=True)
    return text + json.dumps(spot.root.get("$defs"), sort_keys=True) if '"$ref"' in text else text


def admits(reader: Spot, value: Any) -> bool:
    """Whether one listed value fits: exact for texts, numbers, booleans and null, never yes by mistake for the rest."""
    return any(_admitted(branch, value) for branch in reader.branches())


def _admitted(reader: Spot, value: Any) -> bool:
    if "enum" in reader.schema and not any(_same(value, each) for each in reader.schema["enum"]):
        return False
    constant = Spot(reader.root, {"type": type_of(value), **_measures(value)})
    if not type_fits(constant, reader):
        return False
    asked = [name for name in reader.constraints if name not in ("type", "enum", "const") and applies(name, constant)]
    return all(
        _matches(reader.schema[name], value) if name == "pattern" else fits(name, constant, reader) for name in asked
    )


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _measures(value: Any) -> Schema:
    """Return limits that only this value keeps, as far as keywords can say."""
    match type_of(value):
        case "string":
            return {"minLength": len(value), "maxLength": len(value)}
        case "integer" | "number":
            return {"minimum": value, "maximum": value, "multipleOf": value}
        case _:
            return {}


def _same(one: Any, other: Any) -> bool:
    return type_of(one) == type_of(other) and bool(one == other)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False  # another language's regular expression: nobody here can say

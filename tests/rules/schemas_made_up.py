"""Made-up JSON Schemas of the vocabulary that pydantic writes, changes of them, and documents that fit them."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
NAMES = ("a", "b", "c")
WORDS = ("red", "green", "blue", "grey")
small = st.integers(0, 4)


@st.composite
def numbers(draw: st.DrawFn) -> Schema:
    low = draw(st.integers(-3, 3))
    limits = {"minimum": low, "maximum": low + draw(small)}
    kept = draw(st.sets(st.sampled_from(sorted(limits))))
    return {"type": draw(st.sampled_from(["integer", "number"])), **{name: limits[name] for name in kept}}


@st.composite
def texts(draw: st.DrawFn) -> Schema:
    if draw(st.booleans()):
        return {"type": "string", "enum": sorted(draw(st.sets(st.sampled_from(WORDS), min_size=1)))}
    low = draw(st.integers(0, 2))
    pattern = {"pattern": draw(st.sampled_from(["^[a-z]*$", "^[a-z0-9]*$"]))} if draw(st.booleans()) else {}
    return {"type": "string", "minLength": low, "maxLength": low + draw(small), **pattern}


plain = st.one_of(numbers(), texts(), st.just({"type": "boolean"}), st.just({"type": "null"}))


@st.composite
def lists(draw: st.DrawFn, of: st.SearchStrategy[Schema]) -> Schema:
    low = draw(st.integers(0, 1))
    return {"type": "array", "items": draw(of), "minItems": low, "maxItems": low + draw(st.integers(0, 2))}


@st.composite
def objects(draw: st.DrawFn, of: st.SearchStrategy[Schema]) -> Schema:
    names = sorted(draw(st.sets(st.sampled_from(NAMES), max_size=3)))
    more = draw(st.sampled_from([{}, {"additionalProperties": False}, {"additionalProperties": {"type": "integer"}}]))
    required = [name for name in names if draw(st.booleans())]
    return {"type": "object", "properties": {name: draw(of) for name in names}, "required": required, **more}


def either(of: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.lists(of, min_size=2, max_size=2).map(lambda branches: {"anyOf": branches})


schemas = st.recursive(plain, lambda of: st.one_of(lists(of), objects(of), either(of)), max_leaves=5)

# ---- changes ----------------------------------------------------------------------------------------------------------


def _limit(name: str, by: int) -> Callable[[Schema], Schema]:
    return lambda schema: {**schema, name: max(0, schema[name] + by) if "Length" in name else schema[name] + by}


def _one(change: Callable[[Schema, str], Schema]) -> Callable[[Schema], Schema]:
    return lambda schema: next((change(schema, name) for name in schema.get("properties", {})), schema)


def _drop(schema: Schema, name: str) -> Schema:
    properties = {other: below for other, below in schema["properties"].items() if other != name}
    return {**schema, "properties": properties, "required": [each for each in schema["required"] if each != name]}


WIDER: tuple[Callable[[Schema], Schema], ...] = (
    lambda schema: _limit("maximum", 2)(schema) if "maximum" in schema else schema,
    lambda schema: _limit("minLength", -1)(schema) if "minLength" in schema else schema,
    lambda schema: {**schema, "enum": sorted({*schema["enum"], "violet"})} if "enum" in schema else schema,
    lambda schema: {**schema, "required": schema["required"][1:]} if schema.get("required") else schema,
    lambda schema: {name: value for name, value in schema.items() if name != "pattern"},
    lambda schema: {**schema, "type": "number"} if schema.get("type") == "integer" else schema,
    lambda schema: {"anyOf": [schema, {"type": "null"}]},
    lambda schema: {"anyOf": [*schema["anyOf"], {"type": "boolean"}]} if "anyOf" in schema else schema,
)
OTHER: tuple[Callable[[Schema], Schema], ...] = (
    lambda schema: _limit("maximum", -1)(schema) if "maximum" in schema else schema,
    lambda schema: _limit("maxLength", -1)(schema) if schema.get("maxLength") else schema,
    lambda schema: {**schema, "enum": schema["enum"][1:] or ["violet"]} if "enum" in schema else schema,
    lambda schema: {**schema, "required": sorted(schema["properties"])} if "properties" in schema else schema,
    lambda schema: {**schema, "type": "integer"} if schema.get("type") == "number" else schema,
    lambda schema: {**schema, "additionalProperties": False} if "properties" in schema else schema,
    lambda schema: {"anyOf": schema["anyOf"][1:]} if "anyOf" in schema else schema,
    _one(_drop),
    _one(lambda schema, name: {**schema, "properties": {**schema["properties"], name: {"type": "string"}}}),
    _one(lambda schema, name: {**_drop(schema, name), "properties": {**schema["properties"], "new": {"type": "null"}}}),
)


@st.composite
def changed(draw: st.DrawFn, schema: Schema, changes: tuple[Callable[[Schema], Schema], ...]) -> Schema:
    """The schema with one change, at the top or somewhere below."""
    below = list(schema.get("properties", {}))
    if below and draw(st.booleans()):
        name = draw(st.sampled_from(below))
        inner = draw(changed(schema["properties"][name], changes))
        return {**schema, "properties": {**schema["properties"], name: inner}}
    if "items" in schema and draw(st.booleans()):
        return {**schema, "items": draw(changed(schema["items"], changes))}
    made = [after for change in changes if (after := change(schema)) != schema]
    return draw(st.sampled_from(made)) if made else schema


# ---- documents --------------------------------------------------------------------------------------------------------

anything = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(WORDS), st.just([]), st.just({}))


def documents(schema: Schema) -> st.SearchStrategy[Any]:
    """Documents that fit; the caller checks that they do, since some schemas take none."""
    if "anyOf" in schema:
        return st.one_of([documents(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    make = {
        "null": lambda _: st.none(),
        "boolean": lambda _: st.booleans(),
        "integer": _whole,
        "number": lambda found: st.one_of(_whole(found), _whole(found).map(lambda value: value + 0.5)),
        "string": _text,
        "array": _list,
        "object": _object,
    }
    return make[schema["type"]](schema) if "type" in schema else anything


def _whole(schema: Schema) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum", -9), max(schema.get("maximum", 9), schema.get("minimum", -9)))


def _text(schema: Schema) -> st.SearchStrategy[str]:
    letters = "az9" if "0-9" in schema.get("pattern", "") else "az" if "pattern" in schema else "aA9 "
    low = schema.get("minLength", 0)
    return st.text(letters, min_size=low, max_size=max(low, schema.get("maxLength", 6)))


def _list(schema: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(documents(schema["items"]), min_size=schema["minItems"], max_size=schema["maxItems"])


def _object(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    known = {name: documents(below) for name, below in schema["properties"].items()}
    asked = {name: known.get(name, anything) for name in schema["required"]}
    rest = schema.get("additionalProperties", {})
    more = (
        st.just({}) if rest is False else st.dictionaries(st.sampled_from((*NAMES, "z")), documents(rest), max_size=2)
    )
    optional = {name: each for name, each in known.items() if name not in asked}
    return st.tuples(more, st.fixed_dictionaries(asked, optional=optional)).map(lambda both: {**both[0], **both[1]})

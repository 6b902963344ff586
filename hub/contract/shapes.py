"""A place in a JSON Schema: resolves `$ref`, takes alternatives apart, and knows its pointer and the field it speaks of.

Made for the vocabulary that pydantic writes; what it does not know is left as it stands, and `inclusion` then asks for it
to be equal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

ANNOTATIONS = frozenset(
    {
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "default",
        "deprecated",
        "description",
        "discriminator",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
        "x-before-agreement",
        "x-extensible-enum",
        "x-said-by",
    }
)
"""Keywords that forbid nothing."""
ALTERNATIVES = ("anyOf", "oneOf")


@dataclass(frozen=True)
class Spot:
    """One place: its schema with `$ref` followed, the pointer tokens that lead there, and the field in people's words."""

    root: Schema
    schema: Schema
    path: tuple[str, ...] = ()
    field: str = ""

    def down(self, *tokens: str, field: str) -> "Spot":
        """Go down to a schema below; `true` is the empty schema. Raises KeyError where there is none."""
        found: Any = self.schema
        for token in tokens:
            found = found[int(token)] if isinstance(found, list) else found[token]
        return _followed(Spot(self.root, _as_object(found), (*self.path, *tokens), self.field + field))

    def branches(self) -> list["Spot"]:
        """Return the alternatives of which a document must fit one, each a plain schema of at most one type."""
        return [one for branch in self._alternatives() for one in _of_one_type(branch)]

    def _alternatives(self) -> Iterator["Spot"]:
        keyword = next((each for each in ALTERNATIVES if each in self.schema), None)
        if keyword is None or (keyword == "oneOf" and not self._apart()):
            yield self
            return
        rest = {name: value for name, value in self.schema.items() if name != keyword and name not in ANNOTATIONS}
        for index in range(len(self.schema[keyword])):
            below = self.down(keyword, str(index), field="")
            yield from Spot(self.root, _both(rest, below.schema), below.path, below.field)._alternatives()

    def _apart(self) -> bool:
        """Whether no document can fit two alternatives of a `oneOf`, because each has a type of its own."""
        found = [
            self.down("oneOf", str(index), field="").schema.get("type") for index in range(len(self.schema["oneOf"]))
        ]
        return all(isinstance(each, str) for each in found) and len(set(found)) == len(found)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that a document may have; none where any will do."""
        given = self.schema.get("type", ())
        return (given,) if isinstance(given, str) else tuple(given)

    @property
    def is_nothing(self) -> bool:
        """Whether no document fits."""
        return "not" in self.schema and self.schema["not"] == {}

    @property
    def constraints(self) -> Schema:
        """What may forbid something."""
        return {name: value for name, value in self.schema.items() if name not in ANNOTATIONS}


def whole(schema: Schema) -> Spot:
    """Return the place that is the whole schema."""
    return _followed(Spot(schema, schema))


def _followed(spot: Spot) -> Spot:
    schema, path = spot.schema, spot.path
    while "$ref" in schema:
        path = tuple(schema["$ref"].removeprefix("#/").split("/"))
        found: Any = spot.root
        for token in path:
            found = found[token]
        schema = _both({name: value for name, value in schema.items() if name != "$ref"}, _as_object(found))
    return Spot(spot.root, schema, path, spot.field)


def _as_object(schema: Schema | bool) -> Schema:
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return {**schema, "enum": [schema["const"]]} if "const" in schema else schema


def _both(one: Schema, other: Schema) -> Schema:
    """Ask for both; where they limit the same thing differently, nobody here can say what that comes to."""
    clash = [name for name in one if name in other and name not in ANNOTATIONS and one[name] != other[name]]
    if clash:
        return {**other, **one, "allOf": [dict(one), dict(other)]}
    return {**other, **one}


def _of_one_type(spot: Spot) -> Iterator[Spot]:
    if len(spot.types) < 2:
        yield spot
        return
    for each in spot.types:
        yield Spot(spot.root, {**spot.schema, "type": each}, spot.path, spot.field)

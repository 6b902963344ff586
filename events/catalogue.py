"""Every event type there is, found in this package's modules; reads stored events and checks new ones.

`read` is for what the hub stored itself: fast and lenient. `check` is for what comes from outside: strict, and it tells
all that is wrong at once. Neither decides who may say what; that is ingest's matter.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

import events
from events.base import Event
from events.envelope import TYPE_PREFIX, Envelope
from events.errors import Invalid, UnknownType, Unreadable
from events.wellformed import flaws
from schemas.problems import Problem, explain, quoted

DATA = "/data"

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Mapping[str, Upcaster] = MappingProxyType({})
"""Old wire type → how its data become the next version's. Numbered steps, applied one after the other."""


def _declared(parent: type[Event] = Event) -> Iterator[type[Event]]:
    for child in parent.__subclasses__():
        if "TYPE" in vars(child):
            yield child
        yield from _declared(child)


def _found() -> dict[str, type[Event]]:
    for module in pkgutil.iter_modules(events.__path__, "events."):
        if module.name != __name__:
            import_module(module.name)
    return {found.TYPE: found for found in sorted(set(_declared()), key=lambda found: found.TYPE)}


EVENTS: Mapping[str, type[Event]] = MappingProxyType(_found())
"""Short type → class, in alphabetical order."""
_BY_WIRE_TYPE = {found.wire_type(): found for found in EVENTS.values()}


def event_class(wire_type: str) -> type[Event]:
    """Return the class of a full type, also of an older version; raises UnknownType."""
    found = _BY_WIRE_TYPE.get(wire_type)
    if found is None and wire_type in UPCASTERS:
        found = EVENTS.get(wire_type.removeprefix(TYPE_PREFIX).rpartition(".v")[0])
    if found is None:
        raise UnknownType(f"{quoted(wire_type)} is not an event type of this hub; GET /asyncapi.json lists them.")
    return found


def read(envelope: Envelope) -> Event:
    """Read a stored event: unknown fields are ignored, unknown codes kept. Raises UnknownType, Unreadable."""
    found = _BY_WIRE_TYPE.get(envelope.type)
    try:
        if found is None:
            found, data = event_class(envelope.type), _upcast(envelope)
            return found.model_validate(data, extra="ignore").attached(envelope)
        # Straight to the validator: pydantic's method around it takes a seventh of the time.
        event: Event = found.__pydantic_validator__.validate_json(envelope.data, extra="ignore")
        return event.attached(envelope)
    except ValidationError as error:
        raise Unreadable(explain(error, at=DATA)) from error


def _upcast(envelope: Envelope) -> dict[str, Any]:
    wire_type, data = envelope.type, orjson.loads(envelope.data)
    while wire_type in UPCASTERS:
        data = UPCASTERS[wire_type](data)
        stem, _, version = wire_type.rpartition(".v")
        wire_type = f"{stem}.v{int(version) + 1}"
    return data  # type: ignore[no-any-return]


def check(envelope: Envelope) -> Event:
    """Check an event from outside against the contract; raises Invalid with everything that is wrong."""
    found = _BY_WIRE_TYPE.get(envelope.type)
    if found is None:
        raise Invalid([Problem("/type", _unknown(envelope.type))])
    return check_data(found, envelope.data).attached(envelope)


def check_data(found: type[Event], data: bytes) -> Event:
    """Check the data of one event type alone; raises Invalid with pointers below `/data`."""
    problems = flaws(data, at=DATA)
    if problems:
        raise Invalid(problems)
    try:
        return found.model_validate_json(data, strict=True, extra="forbid")
    except ValidationError as error:
        raise Invalid(explain(error, at=DATA, fields=found.model_fields)) from error


def _unknown(wire_type: str) -> str:
    return f"{quoted(wire_type)} is not an event type of this hub; write {TYPE_PREFIX}<noun>.<fact>.v<major>."


def dump(event: Event) -> bytes:
    """Write the payload as JSON: declared order, defaults written out, nothing for what is absent."""
    written: bytes = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    return written


class WireSchema(GenerateJsonSchema):
    """JSON Schema of what is accepted, not of what can be read back."""

    def lax_or_strict_schema(self, schema: core_schema.LaxOrStrictSchema) -> JsonSchemaValue:
        """Take the strict branch."""
        return self.generate_inner(schema["strict_schema"])

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - whatever the field, its name says it
        """Leave out titles that only repeat a field's name."""
        return False


def json_schema(found: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one type's data."""
    return found.model_json_schema(schema_generator=WireSchema)

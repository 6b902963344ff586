"""Finds what a payload names: the fields marked with `schemas.values.Noun`, through lists and nested objects.

`way_through` looks at annotations once per class; `walk` follows the steps for each event and must stay cheap.
"""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from schemas.values import Noun


class Step(NamedTuple):
    """One field on the way: a marked text, a list of them, or objects to go into."""

    field: str
    many: bool
    noun: str | None
    local: bool
    inner: tuple["Step", ...]


def way_through(model: type[BaseModel]) -> tuple[Step, ...]:
    """List the steps to every marked field of a model."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(step for name in model.model_fields for step in _steps(name, hints[name]))


def _steps(field: str, annotation: Any, noun: Noun | None = None, *, many: bool = False) -> Iterator[Step]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marks = [mark for mark in inside[1:] if isinstance(mark, Noun)]
        yield from _steps(field, inside[0], marks[0] if marks else noun, many=many)
    elif origin in (Union, UnionType):
        for branch in inside:
            yield from _steps(field, branch, noun, many=many)
    elif origin is tuple:
        yield from _steps(field, inside[0], noun, many=True)
    elif noun is not None and annotation is str:
        yield Step(field, many, noun.name, noun.local, ())
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = way_through(annotation)
        if inner:
            yield Step(field, many, None, local=False, inner=inner)


def walk(model: BaseModel, way: tuple[Step, ...], org: str) -> Iterator[tuple[str, str]]:
    """Yield (noun, key) along the way; local ids are completed with the organisation."""
    for field, many, noun, local, inner in way:
        value = getattr(model, field)
        if value is None:
            continue
        for one in value if many else (value,):
            if noun is None:
                yield from walk(one, inner, org)
            else:
                yield noun, f"{org}/{one}" if local else one

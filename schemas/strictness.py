"""How input is made strict while reading stays lenient: limits, forms, lists and rules as marks in an annotation.

Each mark builds two branches. Pydantic's strict mode takes the checked one, everything else the plain one, so that an
event stored under older or newer rules can still be read.
Rejected: a flag in the validation context; it costs a Python call per field on each read, the strict branch nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Strictly:
    """Checks input by `make(plain schema)`, and reads what is stored by the plain schema alone."""

    make: Callable[[CoreSchema], CoreSchema]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build both branches."""
        plain = handler(source)
        return core_schema.lax_or_strict_schema(lax_schema=plain, strict_schema=self.make(plain))


def wanted(schema: CoreSchema, want: str) -> CoreSchema:
    """Give a schema one error of its own: «x is not <want>»."""
    return core_schema.custom_error_schema(
        schema,
        custom_error_type="shape",
        custom_error_message="Input should be {want}",
        custom_error_context={"want": want},
    )


def Shape(pattern: str, want: str) -> Strictly:  # noqa: N802 - reads as a type in annotations
    """Text of a form; `want` completes the sentence «x is not …»."""
    return Strictly(lambda _: wanted(core_schema.str_schema(pattern=f"^(?:{pattern})$"), want))


def Listed(*values: str, want: str = "") -> Strictly:  # noqa: N802
    """One of a list that may grow: input must be on it, readers keep what they do not know."""
    what = want or "one of " + ", ".join(values)
    return Strictly(lambda _: wanted(core_schema.literal_schema(list(values)), what))


def Whole(least: int, most: int) -> Strictly:  # noqa: N802
    """A whole number between two limits, both allowed."""
    return Strictly(lambda _: core_schema.int_schema(ge=least, le=most))


def Between(least: float, most: float) -> Strictly:  # noqa: N802
    """A number between two limits, both allowed."""
    return Strictly(lambda _: core_schema.float_schema(ge=least, le=most, allow_inf_nan=False))


def Size(least: int, most: int) -> Strictly:  # noqa: N802
    """How many items a list may have."""
    return Strictly(lambda plain: {**plain, "min_length": least, "max_length": most})


def Rule(broken: Callable[[Any, Mapping[str, Any]], str | None]) -> Strictly:  # noqa: N802
    """A rule between a field and the ones declared before it; `broken` returns the sentence, None when all is well."""

    def check(value: Any, info: ValidationInfo) -> Any:
        sentence = broken(value, info.data)
        if sentence:
            raise PydanticCustomError("rule", "{sentence}", {"sentence": sentence})
        return value

    return Strictly(lambda plain: core_schema.with_info_after_validator_function(check, plain))


def NotBelow(other: str) -> Strictly:  # noqa: N802
    """Not smaller or earlier than another field."""

    def broken(value: Any, others: Mapping[str, Any]) -> str | None:
        low = others.get(other)
        if value is None or low is None or value >= low:
            return None
        return f"{value} lies before {other}, {low}; swap the two or mend one."

    return Rule(broken)


def NotAbove(other: str) -> Strictly:  # noqa: N802
    """Not greater than another field."""

    def broken(value: Any, others: Mapping[str, Any]) -> str | None:
        high = others.get(other)
        return f"{value} is more than {other}, {high}; mend one." if high is not None and value > high else None

    return Rule(broken)


def RequiredWhen(other: str, *values: Any) -> Strictly:  # noqa: N802
    """Must be there when another field has one of some values; the field needs `WHEN_ABSENT` as its default."""

    def broken(value: Any, others: Mapping[str, Any]) -> str | None:
        if value or others.get(other) not in values:
            return None
        return f"This field is required when {other} is {_plain(others[other])}; add it."

    return Rule(broken)


def RequiredUnless(*others: str) -> Strictly:  # noqa: N802
    """Must be there unless one of some other fields says something."""

    def broken(value: Any, present: Mapping[str, Any]) -> str | None:
        if value or any(present.get(other) for other in others) or any(other not in present for other in others):
            return None
        return f"This field is required unless {' or '.join(others)} is given; add one of them."

    return Rule(broken)


def NotWith(other: str) -> Strictly:  # noqa: N802
    """May not be there together with another field."""

    def broken(value: Any, others: Mapping[str, Any]) -> str | None:
        both = value is not None and others.get(other) is not None
        return f"{other} is given too; keep one of the two." if both else None

    return Rule(broken)


def Together(other: str) -> Strictly:  # noqa: N802
    """Must be there exactly when another field is."""

    def broken(value: Any, others: Mapping[str, Any]) -> str | None:
        if other not in others or (value is None) == (others[other] is None):
            return None
        return f"This field and {other} come together; give both or neither."

    return Rule(broken)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


WHEN_ABSENT: Any = Field(default=None, validate_default=True)
"""Default of a field whose rule must also look when the field is missing."""
WHEN_NONE: Any = Field(default=(), validate_default=True)
"""The same for a list."""

"""What is wrong with an input, told so that its sender can mend it: where (a JSON pointer) and a sentence.

`explain` turns pydantic's errors into such problems; the codec and the catalogue make their own. Never raises.
"""

import difflib
import json
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

LONGEST_QUOTE = 60  # characters of a wrong value that are shown back
MOST_PROBLEMS = 50  # enough to mend by; an attacker's million would only cost us


class Problem(NamedTuple):
    """One thing to mend: an RFC 6901 pointer into the event, and a sentence with the value and the cure."""

    pointer: str
    detail: str


def explain(error: ValidationError, *, at: str = "", fields: Collection[str] = ()) -> list[Problem]:
    """List everything a validation found wrong, with pointers that begin with `at`; `fields` are known names."""
    return [
        Problem(at + pointer(*found["loc"]), _sentence(found, fields))
        for found in error.errors(include_url=False)[:MOST_PROBLEMS]
        if not _only_counts_good_items(found)
    ]


def _only_counts_good_items(found: ErrorDetails) -> bool:
    # A list whose items are wrong is also called too short, because only the good ones are counted.
    return found["type"] == "too_short" and len(found["input"]) >= found["ctx"]["min_length"]


def pointer(*path: str | int) -> str:
    """Write a path as an RFC 6901 pointer; marks that pydantic adds for branches of a union are left out."""
    parts = [str(part) for part in path if not (isinstance(part, str) and (part[:1] == "‹" or part == "[key]"))]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def quoted(value: Any) -> str:
    """Show a value as JSON, shortened, and fit for any page, log or terminal: what cannot be seen is spelled out."""
    text = seen(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def seen(text: str) -> str:
    """Spell out what has no shape of its own: controls, half surrogates, overrides of the direction of text."""
    return text if text.isprintable() else "".join(map(_spelled, text))


def _spelled(letter: str) -> str:
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def _sentence(found: ErrorDetails, fields: Collection[str]) -> str:
    tell = SENTENCES.get(found["type"])
    context = found.get("ctx", {})
    if found["type"] == "extra_forbidden":
        return _unknown_field(str(found["loc"][-1]), fields if len(found["loc"]) == 1 else ())
    if tell is None:
        return f"{quoted(found['input'])} cannot be taken: {found['msg']}."
    return tell(quoted(found["input"]), context)


def _unknown_field(name: str, fields: Collection[str]) -> str:
    name = seen(name)
    if len(name) > LONGEST_QUOTE:
        name, fields = name[: LONGEST_QUOTE - 1] + "…", ()
    near = difflib.get_close_matches(name, fields, n=1)
    cure = f'did you mean "{near[0]}"?' if near else "remove it."
    return f'There is no field "{name}" here; {cure}'


def _wants(what: str) -> Callable[[str, dict[str, Any]], str]:
    return lambda shown, _: f"{shown} is not {what}."


SENTENCES: dict[str, Callable[[str, dict[str, Any]], str]] = {
    # ours
    "shape": lambda shown, ctx: f"{shown} is not {ctx['want']}.",
    "rule": lambda _, ctx: str(ctx["sentence"]),
    # pydantic's
    "missing": lambda _, __: "This field is required; add it.",
    "int_type": _wants("a whole number; write digits without quotes, point or fraction"),
    "int_from_float": _wants("a whole number; write it without a fraction"),
    "float_type": _wants("a number; write it without quotes"),
    "finite_number": _wants("a finite number"),
    "bool_type": _wants("true or false"),
    "string_type": _wants("text; put it in double quotes"),
    "string_too_short": lambda _, ctx: f"The text is too short; write at least {ctx['min_length']} character(s).",
    "string_too_long": lambda _, ctx: f"The text is too long; shorten it to {ctx['max_length']} characters.",
    "string_pattern_mismatch": lambda shown, _: (
        f"{shown} is blank or holds a line break or control character that is not allowed here; write plain text."
    ),
    "tuple_type": _wants("a list; write it in [ ]"),
    "dict_type": _wants("an object; write it in { }"),
    "model_type": _wants("an object; write it in { }"),
    "model_attributes_type": _wants("an object; write it in { }"),
    "union_tag_not_found": _wants('text; write a string or a language map such as {"en": "…"}'),
    "greater_than_equal": lambda shown, ctx: f"{shown} is too small; the least is {ctx['ge']}.",
    "less_than_equal": lambda shown, ctx: f"{shown} is too large; the most is {ctx['le']}.",
    "too_short": lambda _, ctx: f"There are {ctx['actual_length']} here; give at least {ctx['min_length']}.",
    "too_long": lambda _, ctx: f"There are more than {ctx['max_length']} here; give at most {ctx['max_length']}.",
}

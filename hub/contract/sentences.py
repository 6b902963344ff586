"""What a change of a schema is called, and what to do about it, in sentences for those who write and read events."""

import json
from collections.abc import Mapping
from typing import Any

from hub.contract.documents import GROWING
from hub.contract.inclusion import Gap
from hub.contract.shapes import Spot
from schemas.problems import pointer

LONGEST = 60  # characters of a value that are shown
A_VERSION = "or leave it and add a new version of the type beside it"

CURES: Mapping[tuple[str, str], str] = {
    ("required", "senders"): f"make it optional with a default that means what its absence meant, {A_VERSION}",
    ("required", "readers"): f"go on sending it always, {A_VERSION}",
    ("property", "senders"): f"go on taking the field, even if it is no longer looked at, {A_VERSION}",
    ("undeclared", "readers"): f"go on sending it, {A_VERSION}",
    ("default", "senders"): f"keep the default, {A_VERSION}",
    ("said_by", "senders"): "let them go on saying it, and refuse by right what must not be",
    ("gone", "senders"): "keep the type until nobody sends it any more",
    ("gone", "readers"): "keep the type until nobody reads it any more",
    ("enum", "senders"): f"go on taking the codes, {A_VERSION}",
}
"""Keyword and whom it breaks → what to do; every other pair has one of the next two."""
WIDER = f"take at least what was taken, {A_VERSION}"
NARROWER = f"say nothing that the old schema does not take, {A_VERSION}"


def cure_of(keyword: str, breaks: str) -> str:
    """Return what to do about a change that breaks somebody."""
    return CURES.get((keyword, breaks), WIDER if breaks == "senders" else NARROWER)


def told(gap: Gap, old: Spot, new: Spot, breaks: str | None) -> str:
    """Say in a few words what changed."""
    match gap.keyword:
        case "required":
            if breaks == "senders":
                return "is required now"
            return "is no longer always there" if gap.name in new.schema.get("properties", {}) else "is gone"
        case "property" | "additionalProperties":
            return "is no longer taken" if breaks == "senders" else "is new"
        case "undeclared":
            return "is gone"
        case "enum" if gap.values:
            return (
                f"no longer takes {_shown(*gap.values)}" if breaks == "senders" else f"may be {_shown(*gap.values)} too"
            )
        case "type":
            more, asked = _types(gap.writer), _types(gap.reader)
            return f"no longer takes {more}, only {asked}" if breaks == "senders" else f"may be {more}, was {asked}"
        case keyword:
            return f"had {keyword} {_value(old, keyword)}, has now {_value(new, keyword)}"


def field_of(gap: Gap) -> str:
    """Return the field as people write it, `skills[].weight`."""
    return (gap.writer.field + (f".{gap.name}" if gap.name else "")).removeprefix(".")


def pointer_of(gap: Gap, old: Spot, new: Spot) -> str:
    """Return where it stands: in the new schema, or in the old one what is gone from the new."""
    if gap.name:
        there = new if gap.name in new.schema.get("properties", {}) else old
        return pointer(*there.path, "properties", gap.name)
    keyword = "anyOf" if gap.keyword == "type" and "anyOf" in new.schema else gap.keyword
    there = new if keyword in new.schema or keyword not in old.schema else old
    if keyword == "enum" and GROWING in there.schema:
        keyword = GROWING
    return pointer(*there.path, *([keyword] if keyword in there.schema else []))


def _types(spot: Spot) -> str:
    found = dict.fromkeys(each for branch in spot.branches() for each in (branch.types or ("anything",)))
    return " or ".join(found) or "nothing"


def _value(spot: Spot, keyword: str) -> str:
    return _shown(spot.schema[keyword]) if keyword in spot.schema else "none"


def _shown(*values: Any) -> str:
    text = ", ".join(json.dumps(each, ensure_ascii=False) for each in values)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

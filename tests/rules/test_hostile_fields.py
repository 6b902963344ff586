"""Strangers' words in every text of every event: refused at their place with what to write, or kept as words and no more.

The places are walked in the types' own JSON Schemas, so a new field is tried by itself. What becomes of the words that are
kept is told in `tests/handling/test_hostile_story.py`.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import orjson
import pytest

from events.base import ONLY_HUB
from events.catalogue import DATA, EVENTS, check_data, dump, json_schema
from events.errors import Invalid
from schemas.problems import pointer
from schemas.values import ONE_LINE, PARAGRAPHS
from tests.builders import (
    EXAMPLES,
    SKILLS,
    UBRIQUE,
    Data,
    answer,
    company,
    coordinator,
    curriculum,
    decision,
    need,
    nomination,
    offer,
    provider,
    session,
)

Place = tuple[str | int, ...]


ANY = "*"  # stands for every item of a list
KEY = "‹key›"  # a map's key, which is a text of its own
MAPPED = (KEY, "en")
MARK = "‹words›"
WORDS: Mapping[str, bytes] = {  # as it stands in JSON
    "markup": rb"<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}",
    "an override of direction": "\u202egnp.exe\u2066".encode(),
    "two lines": rb"one\r\nBcc: all@evil.example",
    "a calendar's end": rb"x\r\nEND:VEVENT\r\nBEGIN:VEVENT",
    "a line separator": rb"a\u2028b",
    "NUL": rb"a\u0000b",
    "half a surrogate": rb"a\ud800b",
    "the other half": rb"a\udfffb",
    "a terminal's escape": rb"a\u001b[31mb",
    "a C1 control": rb"a\u0085b",
}
ON_A_LINE = {"markup", "an override of direction"}
IN_PARAGRAPHS = ON_A_LINE | {"two lines", "a calendar's end", "a line separator"}
ALLOWED: Mapping[str, set[str]] = {ONE_LINE: ON_A_LINE, PARAGRAPHS: IN_PARAGRAPHS}
"""What a text may hold, by its pattern; a code, a ref, a day or an address none of it."""
MONEY = {"amount": "250.00", "currency": "EUR"}
TEXT = {"text": "corte", "language": "es"}
FULL: Mapping[str, Data] = {
    "company.registered": company(vat_id="ESB1", signatory_ref="p-1", homepage="https://betangible.example/"),
    "curriculum.published": curriculum(
        description="Cutting",
        nqf="Nivel 2",
        isced_f=["0723"],
        assessment_types=["written"],
        quality_assurance="eqavet",
        prerequisites=["movex/C06"],
        credential_profile="learning-activity",
        homepage="https://movex.example/c07",
        learning_outcomes=[{"title": "Cut", "skills": [TEXT, {"uri": SKILLS["S12"]}]}],
    ),
    "match.answered": answer(
        decision="declined", reason_code="dates", price=MONEY | {"per": "group"}, valid_until="2026-12-01", message="No"
    ),
    "match.decided": decision(reason="Cheap"),
    "learner.nominated": nomination(guardian_refs=["p-2"], tutor_ref="p-7", cefr="B1"),
    "need.published": need(
        skills=[{"uri": SKILLS["S12"], "level": "expert"}, TEXT],
        preferred_start="2026-12-09",
        needed_by="2027-03-01",
        esco_occupation=offer()["esco_occupation"],
        notes="Soon",
        contact_ref="p-3",
    ),
    "placement.offered": offer(
        skills=[{"uri": SKILLS["S15"], "level": "expert"}, TEXT],
        allowance=MONEY | {"per": "month"},
        valid_until="2027-02-01",
        hazardous=["presses"],
        shift_pattern="early",
        ppe=["gloves"],
        location=UBRIQUE,
    ),
    "provider.registered": provider(
        accreditations=[
            {"type": "licence", "body": "Junta", "ref": "1", "valid_from": "2020-01-01", "valid_to": "2030-01-01"}
        ],
        contact_ref="p-4",
        signatory_ref="p-5",
    ),
    "session.scheduled": session(location=UBRIQUE, price=MONEY | {"per": "group"}),
    "coordinator.registered": coordinator(contact_ref="p-6", homepage="https://cec.example/"),
}
UPDATED = (
    {"session.rescheduled": "session.scheduled", "need.updated": "need.published"}
    | {"curriculum.updated": "curriculum.published", "placement.updated": "placement.offered"}
    | {f"{who}.updated": f"{who}.registered" for who in ("company", "coordinator", "provider")}
)
WHOLE: Mapping[str, Data] = EXAMPLES | FULL | {updated: FULL[stated] for updated, stated in UPDATED.items()}
"""Data in which each place of a text is filled in."""


def leaves(schema: Any, whole: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every place of a text in a schema, with its pattern; `*` stands for any item."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    for way in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from leaves(way, whole, place)
    for name, below in schema.get("properties", {}).items():
        yield from leaves(below, whole, (*place, name))
    if "items" in schema:
        yield from leaves(schema["items"], whole, (*place, ANY))
    for below in schema.get("prefixItems", ()):
        yield from leaves(below, whole, (*place, ANY))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(schema["additionalProperties"], whole, (*place, "en"))
        yield (*place, KEY), "a key"
    if schema.get("type") == "string" or "const" in schema or "enum" in schema:
        yield place, schema.get("pattern", "a code")


def filled(node: Any, place: Place, done: Place = ()) -> Place | None:
    """Where in some data a place is filled in: in a list, the first item that has it. A map may also be given as text."""
    if not place or place[0] in MAPPED:
        return done
    if place[0] == ANY:
        ways = (filled(item, place[1:], (*done, n)) for n, item in enumerate(node))
        return next((way for way in ways if way is not None), None)
    return filled(node[place[0]], place[1:], (*done, place[0])) if place[0] in node else None


def spiced(data: Data, at: Place, value: Any) -> Data:
    """The same data with something else in one place."""
    copy = deepcopy(data)
    below: Any = copy
    for step in at[:-1]:
        below = below[step]
    below[at[-1]] = value
    return copy


def as_json(data: Data, words: bytes) -> bytes:
    """Write data with the words where their mark stands: Python's own writers know no half surrogates."""
    return orjson.dumps(data).replace(MARK.encode(), words)


PLACES = [
    (short_type, place, pattern)
    for short_type, found in EVENTS.items()
    for place, pattern in dict(leaves(json_schema(found), json_schema(found))).items()
    if found.SAID_BY != ONLY_HUB
]


def named(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value) if "^" not in str(value) else "text"


@pytest.mark.parametrize(("short_type", "place", "pattern"), PLACES, ids=named)
def test_every_text_is_refused_where_it_stands_or_kept_as_it_is(short_type: str, place: Place, pattern: str) -> None:
    found, whole = EVENTS[short_type], WHOLE[short_type]
    at = filled(whole, place)
    assert at is not None, "fill this place in, in WHOLE"
    value = {KEY: {MARK: "x"}, "en": {"en": MARK}}.get(str(place[-1]), MARK)
    wrong = pointer(DATA[1:], *at, *(["en"] if place[-1] == "en" else []))

    for name, words in WORDS.items():
        body = as_json(spiced(whole, at, value), words)
        if name in ALLOWED.get(pattern, ()):
            kept = orjson.loads(dump(check_data(found, body)))
            assert orjson.loads(b'"' + words + b'"') in str_of(kept), name
        else:
            with pytest.raises(Invalid) as refused:
                check_data(found, body)
            told = {problem.pointer: problem.detail for problem in refused.value.errors}
            (there,) = [each for each in told if each == wrong or each.startswith(f"{wrong}/")]
            assert len(told[there]) > 20, name
            assert told[there].isprintable(), name


def str_of(node: Any) -> list[str]:
    """All texts in some data."""
    if isinstance(node, dict):
        return [text for below in node.values() for text in str_of(below)]
    if isinstance(node, list):
        return [text for below in node for text in str_of(below)]
    return [node] if isinstance(node, str) else []

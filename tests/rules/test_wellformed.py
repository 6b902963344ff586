"""The quick way through `parse` may only take what the close look would pass without a word, and read the same from it."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import wellformed
from events.errors import EventError
from events.wellformed import parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['"', '":', '\\":', "\\"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
SNIPPETS = st.lists(
    st.sampled_from(
        [*'{}[],:"\\ \n0123456789-+.eE', "\\u0000", "\\ud800", '"a"', '"a":', '"a" :', "1e400", "é", "null"]
    ),
    max_size=14,
).map("".join)


def closely(body: bytes) -> Any:
    """Parse by the close look alone."""
    try:
        return wellformed._parse_closely(body, "")
    except EventError as error:
        return type(error)


@given(st.one_of(VALUES.map(json.dumps), VALUES.map(lambda value: json.dumps(value, ensure_ascii=False)), SNIPPETS))
@settings(max_examples=400, deadline=None)
def test_what_the_quick_way_takes_the_close_look_reads_the_same(text: str) -> None:
    body = text.encode(errors="surrogatepass")

    quick = wellformed._parse_plain(body)

    assert quick is None or (repr(quick.value), quick.suspicious) == (repr(closely(body).value), False)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": 1, "a" \n: 1}',
        '{"a": 1, "\\u0061": 1}',
        '[{"b": {"a": 1, "a": 2}}]',
        '{"a": "\\u0000"}',
        '{"a": "\\uDC00"}',
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "[" * 101 + "]" * 101,
    ],
)
def test_what_two_programs_read_differently_never_goes_the_quick_way(text: str) -> None:
    assert wellformed._parse_plain(text.encode()) is None


def test_an_ordinary_event_goes_the_quick_way() -> None:
    event = {"id": "1", "source": "/companies/x", "data": {"title": "É", "lat": 36.678, "skills": [{"must": True}] * 5}}

    assert wellformed._parse_plain(orjson.dumps(event)) is not None
    assert parse(json.dumps(event, ensure_ascii=False).encode()).value == event

"""CloudEvents on the wire: held against the official SDK where that is right, against the specification where it is not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from events.catalogue import EVENTS
from events.codec import (
    Invalid,
    Item,
    NotCloudEvents,
    TooLarge,
    Undecodable,
    WrongMedia,
    content_hash,
    from_http,
    from_kafka,
    from_partner,
    is_batch,
    to_kafka,
    to_structured,
)
from events.envelope import HUB_ATTRIBUTES, Envelope
from tests.builders import AT, MATCH_ID, example, need

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

# ---- any event at all -------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40).map(str.strip).filter(bool)
SOURCES = st.from_regex(r"(https://[a-z.]{1,20})?/[A-Za-z0-9._~-]{0,30}(\?[a-z=&]{1,9})?", fullmatch=True)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.builds(lambda seconds, zone: datetime.fromtimestamp(seconds, zone), st.integers(0, 7 * 10**9), ZONES)
NAMES = st.from_regex("x[a-z0-9]{0,12}", fullmatch=True)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DATA = st.dictionaries(TEXT, VALUES, min_size=1, max_size=5)
EXTENSIONS = st.dictionaries(NAMES, TEXT, max_size=3)
ATTRIBUTES = st.fixed_dictionaries(
    {"id": TEXT, "source": SOURCES, "type": TEXT, "subject": TEXT, "time": TIMES},
    optional={
        "dataschema": st.just("https://hub.example/schemas/need.published.json"),
        "datacontenttype": st.just(JSON),
    },
)
FORMAT = JSONFormat()
OFTEN = settings(max_examples=50)


@st.composite
def official_events(draw: st.DrawFn) -> CloudEvent:
    return CloudEvent({**draw(ATTRIBUTES), **draw(EXTENSIONS)}, draw(DATA))


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    return Envelope(
        id=draw(TEXT),
        source=draw(SOURCES),
        type=draw(TEXT),
        subject=draw(TEXT),
        time=draw(TIMES),
        data=orjson.dumps(draw(DATA)),
        extensions=draw(EXTENSIONS),
        seq=draw(st.none() | st.integers(1, 2**53)),
        tenant=draw(st.none() | TEXT),
        key_id=draw(st.none() | TEXT),
        received_at=draw(st.none() | TIMES),
        correlation_id=draw(st.none() | TEXT),
        causation_id=draw(st.none() | TEXT),
        partition_key=draw(st.none() | TEXT),
    )


def the_one(items: list[Item]) -> Envelope:
    [item] = items
    assert item.problems == ()
    assert item.envelope is not None
    return item.envelope


def same(envelope: Envelope, official: CloudEvent) -> bool:
    attributes = official.get_attributes()
    extensions = {
        name: value
        for name, value in attributes.items()
        if name not in ("id", "source", "type", "subject", "time", "specversion", "datacontenttype")
    }
    return (
        (envelope.id, envelope.source, envelope.type, envelope.subject, envelope.time)
        == tuple(attributes[name] for name in ("id", "source", "type", "subject", "time"))
        and dict(envelope.extensions) == extensions
        and orjson.loads(envelope.data) == official.get_data()
    )


# ---- the SDK as oracle ------------------------------------------------------------------------------------------------


@OFTEN
@given(official_events())
def test_what_the_sdk_posts_in_binary_mode_is_read(official: CloudEvent) -> None:
    message = http.to_binary(official, FORMAT)

    assert same(the_one(from_http(message.headers, message.body)), official)


@OFTEN
@given(official_events())
def test_what_the_sdk_posts_in_structured_mode_is_read(official: CloudEvent) -> None:
    message = http.to_structured(official, FORMAT)

    assert same(the_one(from_http(message.headers, message.body)), official)


@OFTEN
@given(st.lists(official_events(), min_size=1, max_size=4))
def test_a_batch_of_what_the_sdk_writes_is_read_in_its_order(officials: list[CloudEvent]) -> None:
    body = b"[" + b",".join(FORMAT.write(official) for official in officials) + b"]"

    items = from_http({"content-type": BATCH}, body)

    assert [item.index for item in items] == list(range(len(officials)))
    assert all(same(the_one([item]), official) for item, official in zip(items, officials, strict=True))


@OFTEN
@given(official_events())
def test_what_the_sdk_writes_to_kafka_in_binary_mode_is_read(official: CloudEvent) -> None:
    message = kafka.to_binary(official, FORMAT)
    record = (None, message.value, message.headers.items())

    assert same(from_kafka(*record), official)
    assert same(the_one([from_partner(*record)]), official)


@OFTEN
@given(official_events())
def test_what_the_sdk_writes_to_kafka_in_structured_mode_is_read_even_with_repeated_attributes(
    official: CloudEvent,
) -> None:
    message = kafka.to_structured(official, FORMAT)
    repeated = [(name, value) for name, value in kafka.to_binary(official, FORMAT).headers.items() if name[:3] == "ce_"]
    headers = [("Content-Type", b"Application/CloudEvents+JSON; charset=UTF-8"), *repeated]

    assert same(from_kafka(None, message.value, headers), official)
    assert same(the_one([from_partner(None, message.value, headers)]), official)


@OFTEN
@given(envelopes())
def test_the_sdk_reads_what_the_log_writes(envelope: Envelope) -> None:
    key, value, headers = to_kafka(envelope)

    official = kafka.from_binary(kafka.KafkaMessage(dict(headers), key, value), FORMAT)

    attributes = official.get_attributes()
    assert attributes["id"] == envelope.id
    assert attributes["time"] == envelope.time
    assert attributes["partitionkey"] == (envelope.partition_key or envelope.subject)
    assert attributes["datacontenttype"] == JSON
    assert official.get_data() == orjson.loads(envelope.data)


@OFTEN
@given(envelopes())
def test_the_sdk_reads_what_is_shown_as_structured(envelope: Envelope) -> None:
    official = FORMAT.read(None, orjson.dumps(to_structured(envelope)))

    assert official.get_id() == envelope.id
    assert official.get_time() == envelope.time
    assert official.get_data() == orjson.loads(envelope.data)


# ---- round trips ------------------------------------------------------------------------------------------------------


@OFTEN
@given(envelopes())
def test_kafka_gives_back_exactly_what_the_log_wrote(envelope: Envelope) -> None:
    assert from_kafka(*to_kafka(envelope)) == envelope


@OFTEN
@given(envelopes())
def test_the_key_is_what_order_is_kept_by(envelope: Envelope) -> None:
    assert to_kafka(envelope).key.decode() == (envelope.partition_key or envelope.subject)


@pytest.mark.parametrize("short_type", EVENTS)
def test_every_event_survives_every_mode_with_the_same_meaning(short_type: str) -> None:
    envelope = example(short_type)
    document = to_structured(envelope)
    modes = [
        from_http({"Content-Type": STRUCTURED}, json.dumps(document, indent=2).encode()),
        from_http({"Content-Type": BATCH}, orjson.dumps([document])),
        from_http(*binary(document)),
        [Item(0, from_kafka(*to_kafka(envelope)))],
    ]

    assert {content_hash(the_one(items)) for items in modes} == {content_hash(envelope)}


def binary(document: Mapping[str, Any], **headers: str) -> tuple[dict[str, str], bytes]:
    """The same event as a request in binary mode, with some headers set or (None) left out."""
    attributes = {name: str(value) for name, value in document.items() if name not in ("data", "datacontenttype")}
    made = {"Content-Type": JSON, **{f"CE-{name}": quote(value) for name, value in attributes.items()}}
    return made | headers, orjson.dumps(document["data"])


def structured(**changes: Any) -> dict[str, Any]:
    """The example of the wire's page, with some members changed; `...` takes one out."""
    document = {
        "specversion": "1.0",
        "id": "7f0c",
        "source": "/companies/betangible/hr",
        "type": "eu.vethub.need.published.v1",
        "subject": "betangible/N-020",
        "time": "2026-11-23T09:00:00+01:00",
        "datacontenttype": "application/json",
        "data": need(),
        **changes,
    }
    return {name: value for name, value in document.items() if value is not ...}


def post(document: Any, content_type: str = STRUCTURED) -> list[Item]:
    return from_http({"content-type": content_type}, json.dumps(document).encode())


def pointers(items: list[Item]) -> list[str]:
    [item] = items
    assert item.envelope is None
    return [problem.pointer for problem in item.problems]


# ---- nothing is invented ----------------------------------------------------------------------------------------------


def test_a_time_that_was_not_sent_stays_missing() -> None:
    assert the_one(post(structured(time=...))).time is None


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion", "subject"])
def test_an_attribute_that_was_not_sent_is_named(name: str) -> None:
    document = structured(**{name: ...})

    assert pointers(post(document)) == [f"/{name}"]
    assert pointers(from_http(*binary(document))) == [f"/{name}"]


def test_null_counts_as_not_sent() -> None:
    assert the_one(post(structured(time=None, xtra=None))).extensions == {}
    assert pointers(post(structured(id=None))) == ["/id"]


# ---- what is wrong, and where -----------------------------------------------------------------------------------------

WRONG_MEMBERS = [
    ({"id": ""}, ["/id"]),
    ({"id": "x" * 201}, ["/id"]),
    ({"id": 7}, ["/id"]),
    ({"id": "a\nb"}, ["/id"]),
    ({"id": "a\u0000b"}, ["/id"]),
    ({"id": "a\ud800b"}, ["/id"]),
    ({"source": "not a uri"}, ["/source"]),
    ({"source": "/a%zz"}, ["/source"]),
    ({"source": "/ä"}, ["/source"]),
    ({"source": "1a:b"}, ["/source"]),
    ({"source": "/a\\b"}, ["/source"]),
    ({"source": " "}, ["/source"]),
    ({"specversion": "0.3"}, ["/specversion"]),
    ({"specversion": 1.0}, ["/specversion"]),
    ({"time": "yesterday"}, ["/time"]),
    ({"time": "2026-11-23T09:00:00"}, ["/time"]),
    ({"time": "2026-11-23 09:00:00Z"}, ["/time"]),
    ({"time": "2026-13-23T09:00:00Z"}, ["/time"]),
    ({"time": "0001-01-01T00:00:00+14:00"}, ["/time"]),
    ({"time": 1790000000}, ["/time"]),
    ({"datacontenttype": "application/xml"}, ["/datacontenttype"]),
    ({"datacontenttype": "application/json; charset=utf-16"}, ["/datacontenttype"]),
    ({"data": ...}, ["/data"]),
    ({"data": ..., "data_base64": "e30="}, ["/data_base64"]),
    ({"Xtra": "a"}, ["/Xtra"]),
    ({"x-tra": "a"}, ["/x-tra"]),
    ({"xtra": 1.5}, ["/xtra"]),
    ({"xtra": {"a": 1}}, ["/xtra"]),
    ({"xtra": 2**31}, ["/xtra"]),
    ({"id": "", "source": "a b", "hubseq": "4"}, ["/id", "/source", "/hubseq"]),
    *(({name: "x"}, [f"/{name}"]) for name in HUB_ATTRIBUTES),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG_MEMBERS, ids=lambda case: json.dumps(case, default=str)[:40])
def test_every_wrong_attribute_is_named(changes: dict[str, Any], expected: list[str]) -> None:
    assert sorted(pointers(post(structured(**changes)))) == sorted(expected)


@pytest.mark.parametrize(
    "source",
    [
        "/a",
        "a/b",
        "https://user@[::1]:80/a?b=c#d",
        "urn:uuid:1",
        "mailto:a@b.example",
        "#x",
        "?y",
        "//host",
        "a%20b",
        ".",
    ],
)
def test_every_form_of_uri_reference_is_a_source(source: str) -> None:
    assert the_one(post(structured(source=source))).source == source


def test_problems_say_the_value_and_the_cure() -> None:
    [item] = post(structured(time="yesterday"))

    assert item.problems[0].detail == (
        '"yesterday" is not an instant; write RFC 3339 with an offset, as in 2026-11-23T09:00:00+01:00.'
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data": {"a": 1, "a": 2}}', ["/data/a"]),
        (b'{"id": "a", "id": "b"}', ["/id"]),
        (b'{"data": {"a": [0, {"b/c": 1e999}]}}', ["/data/a/1/b~1c"]),
        (b'{"data": {"a": %s}}' % (b"9" * 400), ["/data/a"]),
        (b'{"data": {"a": 0.%s}}' % (b"3" * 400), ["/data/a"]),
        (b'{"data": {"a": "\\u0000"}}', ["/data/a"]),
        (b'{"data": {"a": "\\uD800"}}', ["/data/a"]),
        (b'{"data": {"\\u0000": 1}}', ["/data"]),
        (b'{"data": %s}' % (b"[" * 101 + b"]" * 101), [""]),
    ],
    ids=lambda case: str(case)[:30],
)
def test_json_that_two_programs_would_read_differently_is_refused(body: bytes, expected: list[str]) -> None:
    assert pointers(from_http({"content-type": STRUCTURED}, body)) == expected


def test_a_doubled_key_is_named_in_binary_mode_too() -> None:
    headers, _ = binary(structured())

    assert pointers(from_http(headers, b'{"a": {"b": 1, "b": 1}}')) == ["/data/a/b"]


@pytest.mark.parametrize("body", [b"[" * 200_000, b"[" * 100_000 + b"]" * 100_000, b'{"data":' * 30_000, b"[" * 900])
def test_an_abyss_of_brackets_is_refused_in_milliseconds(body: bytes) -> None:
    begun = process_time()

    with pytest.raises((Invalid, NotCloudEvents)):
        post_raw(body)

    assert process_time() - begun < 0.5


def post_raw(body: bytes) -> None:
    raise Invalid(from_http({"content-type": STRUCTURED}, body)[0].problems)


# ---- modes and media types --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nul", b'{"a": NaN}', b"[Infinity]", b"\xff\xfe", b'{"a": "\xc3"}', b'\xef\xbb\xbf{"a": 1}']
)
@pytest.mark.parametrize("content_type", [STRUCTURED, BATCH])
def test_what_is_no_json_is_no_cloudevent(body: bytes, content_type: str) -> None:
    with pytest.raises(NotCloudEvents):
        from_http({"content-type": content_type}, body)


def test_json_without_any_mode_is_no_cloudevent() -> None:
    with pytest.raises(NotCloudEvents, match="send ce-"):
        from_http({"content-type": JSON}, b"{}")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/cloudevents+avro", "application/json; charset=latin-1", "nonsense"],
)
def test_other_media_types_are_refused(content_type: str) -> None:
    headers, body = binary(structured())

    with pytest.raises(WrongMedia):
        from_http(headers | {"Content-Type": content_type}, body)


@pytest.mark.parametrize(
    "content_type", [JSON, "application/json; charset=UTF-8", "text/json", "application/vnd.a.b+json"]
)
def test_every_json_is_read_in_binary_mode(content_type: str) -> None:
    headers, body = binary(structured())

    assert the_one(from_http(headers | {"Content-Type": content_type}, body)).data == body


def test_structured_json_in_another_charset_is_refused() -> None:
    with pytest.raises(WrongMedia):
        from_http({"content-type": f"{STRUCTURED}; charset=utf-16"}, json.dumps(structured()).encode("utf-16"))


def test_an_empty_batch_is_refused_and_one_that_is_no_list() -> None:
    with pytest.raises(Invalid, match="empty"):
        post([], BATCH)
    with pytest.raises(Invalid, match="array"):
        post(structured(), BATCH)


def test_a_batch_of_more_than_a_hundred_is_refused_before_any_event_is_looked_at() -> None:
    with pytest.raises(TooLarge, match="101 events; send at most 100"):
        post([{}] * 101, BATCH)


def test_a_bad_event_in_a_batch_leaves_the_good_ones_alone() -> None:
    good, bad, none = post([structured(), structured(id=...), 5], f"{BATCH}; charset=utf-8")

    assert good.envelope is not None
    assert [problem.pointer for problem in bad.problems] == ["/id"]
    assert [problem.pointer for problem in none.problems] == [""]
    assert [good.index, bad.index, none.index] == [0, 1, 2]


def test_a_doubled_key_in_a_batch_is_told_to_its_own_event() -> None:
    body = json.dumps([structured(), structured(id="b")]).replace('"id": "b"', '"id": "b", "id": "c"')

    good, bad = from_http({"content-type": BATCH}, body.encode())

    assert good.problems == ()
    assert [problem.pointer for problem in bad.problems] == ["/id"]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [(BATCH, True), (BATCH.upper() + "; charset=utf-8", True), (STRUCTURED, False), ("", False)],
)
def test_a_batch_is_known_by_its_content_type(content_type: str, expected: bool) -> None:
    assert is_batch(content_type) is expected


# ---- HTTP headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "S%C3%A3o%20Jo%C3%A3o",
        "São João".encode().decode("latin-1"),
        '"São João"'.encode().decode("latin-1"),
        '"S\\ão João"'.encode().decode("latin-1"),
        "S%c3%a3o João".encode().decode("latin-1"),
    ],
)
def test_a_header_is_read_percent_encoded_quoted_or_as_raw_utf8(value: str) -> None:
    headers, body = binary(structured())

    assert the_one(from_http(headers | {"ce-xplace": value}, body)).extensions == {"xplace": "São João"}


def test_percent_signs_are_decoded_once() -> None:
    headers, body = binary(structured())

    assert the_one(from_http(headers | {"ce-xshare": "100%2525"}, body)).extensions == {"xshare": "100%25"}


@pytest.mark.parametrize("name", ["source", "dataschema"])
@pytest.mark.parametrize(
    ("sent", "uri"),
    [
        ("/companies/belcinto/caf%25C3%25A9", "/companies/belcinto/caf%C3%A9"),  # as the binding wants it
        ("/companies/belcinto/caf%C3%A9", "/companies/belcinto/caf%C3%A9"),  # as the Go, Java and JavaScript SDKs do
        ('"/companies/belcinto/a%20b"', "/companies/belcinto/a%20b"),
        ("%2Fcompanies%2Fbelcinto", "/companies/belcinto"),
    ],
)
def test_a_uri_in_a_header_is_the_one_its_sender_meant(name: str, sent: str, uri: str) -> None:
    headers, body = binary(structured())
    same = structured(**{name: uri})

    envelope = the_one(from_http(headers | {f"CE-{name}": sent}, body))

    assert content_hash(envelope) == content_hash(the_one(post(same)))


@pytest.mark.parametrize("source", ["/companies/belcinto/café".encode().decode("latin-1"), "/caf%C3%A9 bar"])
def test_a_header_that_is_no_uri_either_way_is_refused(source: str) -> None:
    headers, body = binary(structured())

    assert pointers(from_http(headers | {"CE-source": source}, body)) == ["/source"]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("ce-id", "other")], ["/id"]),
        ([("ce-xtra", "%ff")], ["/xtra"]),
        ([("ce-x-tra", "a")], ["/x-tra"]),
        ([("ce-datacontenttype", JSON)], ["/datacontenttype"]),
        ([("ce-data", "{}")], ["/data"]),
        ([("ce-hubtenant", "other")], ["/hubtenant"]),
        ([("ce-xtra", "a%00b")], ["/xtra"]),
    ],
)
def test_every_wrong_header_is_named(pairs: list[tuple[str, str]], expected: list[str]) -> None:
    headers, body = binary(structured())

    assert pointers(from_http([*headers.items(), *pairs], body)) == expected


def test_what_is_wrong_with_an_undecodable_header_is_told_once() -> None:
    headers, body = binary(structured())

    assert pointers(from_http(headers | {"CE-source": "%ff"}, body)) == ["/source"]


# ---- extensions -------------------------------------------------------------------------------------------------------


def test_extensions_are_kept_as_text_and_passed_on() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    envelope = the_one(
        post(structured(xflag=True, xcount=-3, xword="ß", traceparent=trace, dataschema="https://a.example/"))
    )

    assert envelope.extensions == {
        "xflag": "true",
        "xcount": "-3",
        "xword": "ß",
        "traceparent": trace,
        "dataschema": "https://a.example/",
    }
    assert from_kafka(*to_kafka(envelope)).extensions == envelope.extensions


# ---- Kafka: nothing but Undecodable, ever -----------------------------------------------------------------------------

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_time", "ce_hubseq", "ce_source", "content-type", "ce_", "CE_ID"]) | st.text(),
        st.none() | st.binary() | st.sampled_from([STRUCTURED.encode(), b"1.0", b"2026-11-23T09:00:00Z", b"5"]),
    )
)
BODIES = st.none() | st.binary() | VALUES.map(orjson.dumps) | st.just(b"[" * 5000)


@OFTEN
@given(st.none() | st.binary(), BODIES, st.none() | HEADERS)
def test_garbage_is_undecodable_and_nothing_worse(key: bytes | None, value: bytes | None, headers: Any) -> None:
    for reason in reasons(key, value, headers):
        assert reason.encode()
        assert "\0" not in reason


@OFTEN
@given(BODIES, st.lists(st.integers(0, 20), max_size=6), HEADERS)
def test_a_spoilt_record_is_undecodable_and_nothing_worse(value: bytes | None, gone: list[int], more: Any) -> None:
    headers = [header for index, header in enumerate(to_kafka(example("need.published")).headers) if index not in gone]

    assert all(reason.encode() for reason in reasons(b"\xff", value, [*headers, *more]))


def reasons(key: bytes | None, value: bytes | None, headers: Any) -> Iterator[str]:
    """Why a record is undecodable, both as the hub's own and as a partner's; any other exception is let through."""
    for read in (from_kafka, from_partner):
        try:
            read(key, value, headers)
        except Undecodable as undecodable:
            yield undecodable.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": None}, "tombstone"),
        ({"headers": []}, "neither ce_"),
        ({"headers": None}, "neither ce_"),
        ({"value": b"\xff"}, "cannot be read"),
        ({"drop": "ce_id"}, "id is missing"),
        ({"drop": "ce_subject"}, "subject is missing"),
        ({"add": ("ce_id", b"other")}, "given twice"),
        ({"add": ("ce_hubseq", b"many")}, "cannot be read"),
        ({"add": ("ce_xtra", b"\xff")}, "not UTF-8"),
        ({"add": ("ce_xtra", b"a\0")}, "control character"),
    ],
)
def test_an_operator_reads_why_a_record_is_undecodable(changes: dict[str, Any], reason: str) -> None:
    key, value, headers = to_kafka(example("need.published"))
    kept: Any = [header for header in headers if header[0] != changes.get("drop")]
    kept += [changes["add"]] if "add" in changes else []

    with pytest.raises(Undecodable, match=reason):
        from_kafka(key, changes.get("value", value), changes.get("headers", kept))


def test_headers_of_other_programs_are_ignored() -> None:
    envelope = example("need.published")
    key, value, headers = to_kafka(envelope)

    assert from_kafka(key, value, [*headers, ("traceparent", b"\xff"), ("other", None), ("ce_xnone", None)]) == envelope


def test_a_partner_cannot_set_what_the_hub_sets() -> None:
    envelope = replace(example("need.published"), tenant="other", partition_key="other/N-1")

    assert pointers([from_partner(*to_kafka(envelope))]) == ["/hubtenant", "/partitionkey"]


# ---- sameness ---------------------------------------------------------------------------------------------------------


@OFTEN
@given(envelopes(), ZONES)
def test_another_writing_of_the_same_is_the_same(envelope: Envelope, zone: timezone) -> None:
    assert envelope.time is not None
    backwards = dict(reversed(orjson.loads(envelope.data).items()))
    rewritten = replace(
        envelope,
        time=envelope.time.astimezone(zone),
        data=json.dumps(backwards, indent=1).encode(),
        extensions={**envelope.extensions, "traceparent": "00-1", "tracestate": "a=b"},
        seq=77,
        received_at=AT,
        tenant="any",
    )

    assert content_hash(rewritten) == content_hash(envelope)


def test_numbers_count_by_value() -> None:
    one, other = (
        replace(example("need.published"), data=data) for data in (b'{"a": 1, "b": 0}', b'{"b":-0.0,"a":1.0}')
    )

    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "other"},
        {"source": "/other"},
        {"subject": MATCH_ID},
        {"type": "eu.vethub.need.updated.v1"},
        {"time": datetime(2026, 11, 24, tzinfo=UTC)},
        {"time": None},
        {"extensions": {"xtra": "a"}},
        {"data": orjson.dumps(need(headcount=4))},
        {"data": orjson.dumps(need(headcount=True))},
        {"data": orjson.dumps(need(headcount="3"))},
        {"data": orjson.dumps(need(languages=["en", "es"]))},
    ],
    ids=str,
)
def test_another_meaning_is_another_event(changes: dict[str, Any]) -> None:
    envelope = example("need.published")

    assert content_hash(replace(envelope, **changes)) != content_hash(envelope)

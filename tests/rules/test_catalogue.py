"""The catalogue of events: every type is found, has an example, and is read as leniently as it is checked strictly."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import events.catalogue
from events.base import COMPANY, COORDINATOR, HUB, PROVIDER, Event
from events.catalogue import EVENTS, check, check_data, dump, event_class, json_schema, read
from events.envelope import Envelope
from events.errors import Invalid, UnknownType, Unreadable
from events.needs import NeedExpired, NeedPublished
from events.topics import CATALOGUE, COOPERATION, NOTIFICATION, OUTBOX, TOPICS
from tests.builders import (
    EXAMPLES,
    GAP_ID,
    MATCH_ID,
    answer,
    candidate,
    envelope,
    example,
    need,
    proposal,
    said,
)

NOUNS = {
    "agreement",
    "curriculum",
    "event",
    "match",
    "need",
    "nomination",
    "notification",
    "offer",
    "organisation",
    "person",
    "reminder",
    "session",
}

every_type = pytest.mark.parametrize("short_type", EVENTS)

# ---- completeness -----------------------------------------------------------------------------------------------------


def test_every_event_has_an_example() -> None:
    assert set(EXAMPLES) == set(EVENTS)


def test_every_class_with_a_type_is_found_and_types_differ() -> None:
    declared = [found.TYPE for found in descendants(Event) if "TYPE" in vars(found)]

    assert sorted(declared) == list(EVENTS)


def descendants(parent: type[Event]) -> Iterator[type[Event]]:
    for child in parent.__subclasses__():
        yield child
        yield from descendants(child)


@every_type
def test_every_event_says_what_the_hub_must_know(short_type: str) -> None:
    found = EVENTS[short_type]

    assert found.TOPIC in {CATALOGUE, COOPERATION, NOTIFICATION, OUTBOX}
    assert {COMPANY, PROVIDER, COORDINATOR, HUB} >= found.SAID_BY
    assert found.NOUN in NOUNS
    assert (found.__doc__ or "").strip().endswith(".")
    assert found.__name__ == "".join(part.capitalize() for part in short_type.replace("-", ".").split("."))


def test_topics_are_told_apart_and_say_how_long_they_keep() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert all(topic.partitions > 0 and topic.retention_ms > 0 for topic in TOPICS)
    assert [topic.of("movex") for topic in TOPICS if topic.per_tenant] == ["in.movex", "out.movex"]


# ---- reading, checking, writing ---------------------------------------------------------------------------------------


@every_type
def test_every_example_passes_the_strict_check(short_type: str) -> None:
    event = check(example(short_type))

    assert type(event) is EVENTS[short_type]
    assert event.envelope == example(short_type)


@every_type
def test_what_is_written_is_read_back_and_accepted(short_type: str) -> None:
    event = said(short_type)

    written = dump(event)

    assert written == dump(event)
    assert read(replace(event.envelope, data=written)) == event
    assert check_data(EVENTS[short_type], written) == event


@every_type
def test_written_data_fit_the_published_schema(short_type: str) -> None:
    schema = json_schema(EVENTS[short_type])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    assert list(validator.iter_errors(orjson.loads(dump(said(short_type))))) == []
    assert list(validator.iter_errors(EXAMPLES[short_type])) == []


@every_type
def test_readers_ignore_fields_they_do_not_know_at_any_depth(short_type: str) -> None:
    event = said(short_type)

    assert said(short_type, grown(EXAMPLES[short_type])) == event


def grown(value: Any) -> Any:
    """The same data with a field more in every object that is no free mapping."""
    if isinstance(value, list):
        return [grown(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: item if name in FREE else grown(item) for name, item in value.items()}
    return {**inner, "of_tomorrow": {"a": [1]}}


FREE = {"title", "reason", "notes", "message", "description", "params", "problem", "breakdown", "tasks", "items"}


@every_type
def test_input_refuses_a_field_it_does_not_know(short_type: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(envelope(short_type, {**EXAMPLES[short_type], "of_tomorrow": 1}))

    assert [problem.pointer for problem in refused.value.errors] == ["/data/of_tomorrow"]


def test_readers_keep_codes_they_do_not_know() -> None:
    event = said(
        "need.published",
        need(
            target_group="sixth_form",
            languages=["tlh"],
            delivery_modes=["hologram"],
            locations=[{"nuts": "ZZ9"}],
            headcount=9000,
            title={"tlh": "x" * 500},
            start_window={"earliest": "2027-01-02", "latest": "2027-01-01"},
            skills=[{"uri": "http://data.europa.eu/esco/skill/next", "weight": 9}],
        ),
    )

    assert isinstance(event, NeedPublished)
    assert (event.target_group, event.languages, event.delivery_modes) == ("sixth_form", ("tlh",), ("hologram",))
    assert dump(event) == dump(read(replace(event.envelope, data=dump(event))))


def test_broken_data_of_a_stored_event_are_told_with_pointers() -> None:
    with pytest.raises(Unreadable) as unreadable:
        said("need.published", need(headcount="many", skills=5), subject="betangible/N-020")

    assert [problem.pointer for problem in unreadable.value.errors] == ["/data/skills", "/data/headcount"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"null"])
def test_a_stored_event_without_readable_json_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(replace(example("need.published"), data=data))


@pytest.mark.parametrize(
    "wire_type", ["need.published", "eu.vethub.need.published.v2", "eu.vethub.need.lost.v1", "", "x"]
)
def test_an_unknown_type_or_version_is_refused(wire_type: str) -> None:
    stranger = replace(example("need.published"), type=wire_type)

    with pytest.raises(Invalid) as refused:
        check(stranger)
    with pytest.raises(UnknownType):
        read(stranger)
    with pytest.raises(UnknownType):
        event_class(wire_type)
    assert [problem.pointer for problem in refused.value.errors] == ["/type"]


def test_an_event_made_here_has_no_envelope_but_a_subject() -> None:
    event = NeedExpired(need_ref="belcinto/N-001")

    assert (event.subject, event.org) == ("belcinto/N-001", "belcinto")
    with pytest.raises(LookupError, match="no envelope"):
        _ = event.envelope


def test_an_older_version_is_read_through_its_upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "eu.vethub.need.expired.v1": lambda data: {"ref": data["need"]},
        "eu.vethub.need.expired.v2": lambda data: {"need_ref": data["ref"]},
    }
    monkeypatch.setattr(NeedExpired, "VERSION", 3)
    monkeypatch.setattr(events.catalogue, "UPCASTERS", MappingProxyType(steps))
    monkeypatch.setattr(events.catalogue, "_BY_WIRE_TYPE", {NeedExpired.wire_type(): NeedExpired})
    old = replace(example("need.expired"), type="eu.vethub.need.expired.v1", data=b'{"need": "belcinto/N-001"}')

    event = read(old)

    assert event == NeedExpired(need_ref="belcinto/N-001")
    assert event.envelope is old
    with pytest.raises(Invalid):
        check(old)


# ---- any input at all -------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_no_input_is_worse_than_invalid_and_what_is_accepted_can_be_read(data: st.DataObject) -> None:
    short_type = data.draw(st.sampled_from(list(EVENTS)))
    body = json.dumps(spoilt(data, EXAMPLES[short_type])).encode()
    stored = replace(example(short_type), data=body)

    accepted = accepted_or_told(stored)

    if accepted is not None:
        assert read(stored) == accepted
        assert read(replace(stored, data=dump(accepted))) == accepted
        assert all(noun and key for noun, key in accepted.refs())


def accepted_or_told(stored: Envelope) -> Event | None:
    """The event, or nothing when it was refused with readable problems; any other exception is let through."""
    with suppress(Invalid):
        return check(stored)
    with pytest.raises(Invalid) as refused:
        check(stored)
    assert all(problem.pointer.startswith("/data") and problem.detail.encode() for problem in refused.value.errors)
    return None


def spoilt(data: st.DataObject, value: Any) -> Any:
    """The same data with something else at one place."""
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not inside or data.draw(st.integers(0, 3)) == 0:
        return data.draw(ANYTHING)
    key, child = data.draw(st.sampled_from(inside))
    copy = value.copy()
    copy[key] = spoilt(data, child)
    return copy


# ---- subject, key, refs -----------------------------------------------------------------------------------------------

KEYS = [
    ("need.published", "betangible/N-020", "betangible/N-020"),
    ("need.unmatched", "belcinto/N-003", "belcinto/N-003"),
    ("curriculum.published", "movex/C07", "movex/C07"),
    ("session.scheduled", "movex/C07-1", "movex/C07"),
    ("company.registered", "betangible", "betangible"),
    ("coordinator.registered", "cec", "cec"),
    ("match.proposed", MATCH_ID, "betangible/N-020"),
    ("match.answered", MATCH_ID, MATCH_ID),
    ("request.answered", MATCH_ID, "betangible/N-020"),
    ("notification.requested", "8e0d7c31-44f3-5b0e-a3c5-2f6d1f0c9d03", "p-77aa"),
]


@pytest.mark.parametrize(("short_type", "subject", "key"), KEYS)
def test_subject_and_key_are_those_of_the_wire(short_type: str, subject: str, key: str) -> None:
    event = said(short_type)

    assert event.subject == subject
    assert event.own_subject() in (subject, None)
    assert event.partition_key(cause_key=None) == key


def test_an_answer_takes_the_key_of_its_cause_where_that_is_known() -> None:
    assert said("match.answered").partition_key(cause_key="betangible/N-020") == "betangible/N-020"
    assert said("match.requested").partition_key(cause_key="betangible/N-020") == "betangible/N-020"
    assert said("match.expired").partition_key(cause_key="other/N-1") == "betangible/N-020"
    assert said("session.scheduled").partition_key(cause_key="other/N-1") == "movex/C07"


@pytest.mark.parametrize(
    ("short_type", "refs"),
    [
        ("need.published", {("need", "betangible/N-020"), ("organisation", "betangible")}),
        ("session.scheduled", {("session", "movex/C07-1"), ("curriculum", "movex/C07")}),
        ("curriculum.retired", {("curriculum", "movex/C07"), ("curriculum", "movex/C06")}),
        ("match.answered", {("match", MATCH_ID), ("organisation", "movex"), ("session", "movex/C07-1")}),
        (
            "match.proposed",
            {
                ("match", MATCH_ID),
                ("need", "betangible/N-020"),
                ("curriculum", "movex/C07"),
                ("session", "movex/C07-1"),
                ("organisation", "movex"),
            },
        ),
        ("need.unmatched", {("need", "belcinto/N-003"), ("gap", GAP_ID), ("curriculum", "tuiasi/C02")}),
        ("notification.delivered", {("notification", "8e0d7c31-44f3-5b0e-a3c5-2f6d1f0c9d03"), ("person", "p-77aa")}),
    ],
)
def test_refs_name_every_noun_of_an_event(short_type: str, refs: set[tuple[str, str]]) -> None:
    assert set(said(short_type).refs()) == refs


def test_refs_of_every_candidate_are_named() -> None:
    second = candidate(curriculum_refs=["ctcp/C01", "ctcp/C16"], session_refs=[], provider_ids=["ctcp"])

    refs = set(said("match.proposed", proposal(candidates=[candidate(), second])).refs())

    assert {("curriculum", "ctcp/C01"), ("curriculum", "ctcp/C16"), ("organisation", "ctcp")} <= refs


def test_refs_that_are_absent_are_not_named() -> None:
    event = said("match.answered", {name: value for name, value in answer().items() if name != "session_ref"})

    assert set(event.refs()) == {("match", MATCH_ID), ("organisation", "movex")}


def test_the_envelope_does_not_count_when_events_are_compared() -> None:
    assert said("need.expired", id="other") == said("need.expired")


# ---- schema -----------------------------------------------------------------------------------------------------------


def test_the_schema_shows_what_input_must_be() -> None:
    schema = json_schema(NeedPublished)

    assert schema["additionalProperties"] is False
    assert schema["properties"]["target_group"]["enum"] == ["ivet", "cvet", "both"]
    assert schema["properties"]["headcount"] | {"title": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 500,
        "title": "",
    }
    assert schema["properties"]["skills"]["maxItems"] == 15
    assert schema["properties"]["valid_until"]["format"] == "date"
    assert schema["required"][:2] == ["need_id", "company_id"]

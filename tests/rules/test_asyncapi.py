"""The AsyncAPI document says what runs: each topic once, by which key, who hears and says what, and with true examples."""

from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
import orjson
import pytest

from events.base import ONLY_HUB, Seen
from events.catalogue import EVENTS
from events.topics import TOPICS
from hub.audience import part_of
from hub.contract.asyncapi import INBOUND, asyncapi
from hub.partners import inbound
from hub.parts import reactions
from hub.settings import load
from tests.builders import example

REACTIONS = reactions(load())
PAGE = asyncapi(REACTIONS, prefix="")
MESSAGES = PAGE["components"]["messages"]


def carried(channel: str) -> set[str]:
    return set(PAGE["channels"][channel]["messages"])


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator of a schema that names components of the page."""
    return jsonschema.Draft202012Validator({"components": PAGE["components"], **schema})


def test_every_topic_is_there_once_with_what_is_provisioned() -> None:
    channels = PAGE["channels"].values()

    assert Counter(each["address"] for each in channels) == Counter(topic.of("{tenant}") for topic in TOPICS)
    for topic, channel in zip(TOPICS, channels, strict=True):
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["retention.ms"] == topic.retention_ms
        assert ("parameters" in channel) == topic.per_tenant
        assert topic.key in channel["description"]


def test_groups_hear_and_say_what_their_handlers_do() -> None:
    heard: dict[str, set[str]] = {}
    for operation in PAGE["operations"].values():
        if operation["action"] == "receive":
            [group] = operation["bindings"]["kafka"]["groupId"]["enum"]
            heard.setdefault(group, set()).update(each["$ref"].rpartition("/")[2] for each in operation["messages"])

    assert heard.pop(inbound.GROUP) == {"structured", *(f"{name}.sent" for name in EVENTS if spoken(name))}
    assert heard == {
        f"hub.{group}": {event.TYPE for each in REACTIONS if each.group == group for event in each.hears}
        for group in {each.group for each in REACTIONS}
    }


def spoken(name: str) -> bool:
    return EVENTS[name].SAID_BY != ONLY_HUB


def test_everything_that_is_on_a_hub_topic_is_said_by_somebody() -> None:
    said = {
        each["$ref"].rpartition("/")[2]
        for name, operation in PAGE["operations"].items()
        if operation["action"] == "send" and name not in ("bury", "tell-partner")
        for each in operation["messages"]
    }

    assert said == {name for name in EVENTS if name != "event.refused"}


def test_the_reader_of_what_partners_write_is_the_one_that_runs() -> None:
    assert inbound.GROUP == INBOUND


def test_partners_are_sent_what_somebody_outside_may_see_and_refusals_only_there() -> None:
    seen = {name for name, event in EVENTS.items() if event.SEEN is not Seen.NOBODY}

    assert carried("out") == seen | {"event.refused", "request.answered.before-agreement"}
    assert "event.refused" not in carried("cooperation") | carried("catalogue") | carried("notification")


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_examples_are_true(name: str) -> None:
    message = MESSAGES[name]
    for shown in message["examples"]:
        validator(message["headers"]).validate(shown["headers"])
        validator(message["payload"]).validate(shown["payload"])
    assert message["bindings"]["kafka"]["key"]["description"]


def test_senders_get_a_closed_schema_readers_an_open_one() -> None:
    shown = MESSAGES["need.published"]["examples"][0]["payload"]
    grown = {**shown, "of_tomorrow": 1, "target_group": "of_tomorrow"}

    assert validator(MESSAGES["need.published"]["payload"]).is_valid(grown)
    assert not validator(MESSAGES["need.published.sent"]["payload"]).is_valid(grown)
    assert "hubseq" not in str(PAGE["components"]["schemas"]["Headers.sent"])


def test_a_providers_copy_before_agreement_is_described_as_it_comes() -> None:
    copy = part_of(replace(example("request.answered"), tenant="betangible", correlation_id="n-1"))

    message = MESSAGES["request.answered.before-agreement"]
    validator(message["payload"]).validate(orjson.loads(copy.data))
    assert set(message["examples"][0]["payload"]) == set(orjson.loads(copy.data))
    assert "about" not in PAGE["components"]["schemas"]["request.answered.before-agreement"]["properties"]


def test_a_prefix_stands_before_every_topic_and_group() -> None:
    page = asyncapi(REACTIONS, prefix="test.")

    assert all(each["address"].startswith("test.") for each in page["channels"].values())
    groups = [
        each["bindings"]["kafka"]["groupId"]["enum"] for each in page["operations"].values() if "bindings" in each
    ]
    assert all(name.startswith("test.hub.") for [name] in groups)

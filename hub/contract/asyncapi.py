"""The AsyncAPI 3 document: each Kafka topic once, what it carries and by which key, and who hears and says what.

Made from the declared topics, the catalogue and the handlers' signatures, so it cannot differ from what runs.
Rejected: FastStream's own document. It repeats a topic for every group, knows no headers, keys or group names.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from events.base import HUB, ONLY_HUB, Event, Seen
from events.catalogue import EVENTS
from events.topics import DEAD, INBOX, OUTBOX, TOPICS, Topic
from hub.contract.documents import left_before_agreement
from hub.contract.messages import components, part, sent
from hub.dispatch.router import Reaction

INBOUND = "hub.in"
"""The consumer group that reads what partners write."""
BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}
BINDING = {"bindingVersion": "0.5.0"}
ABOUT = """An event-driven hub between companies with skill needs and providers of short vocational training.

Every record is a CloudEvent 1.0 in binary mode: attributes are `ce_*` headers, the value is the JSON of `data`. On
`in.<tenant>` structured mode is read too. Readers ignore fields and keep codes they do not know
(`x-extensible-enum` says which there are now). The same events come in over HTTP: see /openapi.json."""

Document = dict[str, Any]


def asyncapi(reactions: Sequence[Reaction], *, prefix: str = "") -> Document:
    """Return the document of a hub with these handlers; `prefix` stands before its topics and groups."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:vet-hub",
        "info": {
            "title": "vet-hub",
            "version": version("vet-hub"),
            "description": ABOUT,
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {_id(topic): _channel(topic, prefix) for topic in TOPICS},
        "operations": dict(_operations(reactions, prefix)),
        "components": {**components(), "securitySchemes": {"scram": {"type": "scramSha512"}}},
    }


class AsFastStreamAsks:
    """The document in the shape of a FastStream specification, so that `faststream docs` shows this one too."""

    title: str = "vet-hub"
    description: str | None = None
    version: str | None = None
    contact: Any = None
    license: Any = None

    def __init__(self, reactions: Sequence[Reaction], *, prefix: str = "") -> None:
        self.document = asyncapi(reactions, prefix=prefix)

    def add_broker(self, _broker: Any, /) -> "AsFastStreamAsks":
        """Take nothing from a broker: what FastStream would find there is known better."""
        return self

    def add_http_route(self, path: str, handler: Any) -> "AsFastStreamAsks":  # noqa: ARG002
        """Take no routes: they are OpenAPI's matter."""
        return self

    def to_specification(self) -> "AsFastStreamAsks":
        """Return what is shown."""
        return self

    def to_jsonable(self) -> Document:
        """Return the document."""
        return self.document

    def to_json(self) -> str:
        """Write the document."""
        return json.dumps(self.document)

    def to_yaml(self) -> str:
        """Write the document; JSON is YAML."""
        return self.to_json()


def _server() -> Document:
    brokers = {"description": "The brokers that the operator of your hub names.", "default": "localhost:9092"}
    return {
        "host": "{brokers}",
        "protocol": "kafka-secure",
        "variables": {"brokers": brokers},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _id(topic: Topic) -> str:
    """Return the channel's name in the document: in, out, cooperation and so on."""
    return topic.name.removeprefix("hub.").partition(".")[0]


def _channel(topic: Topic, prefix: str) -> Document:
    found: Document = {
        "address": prefix + topic.of("{tenant}"),
        "title": topic.name,
        "description": f"{topic.holds[0].upper()}{topic.holds[1:]}. Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _carried(topic)},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": _kept(topic), **BINDING}},
    }
    if topic.per_tenant:
        found["parameters"] = {"tenant": {"description": "The partner's slug; only that partner may use this topic."}}
    return found


def _kept(topic: Topic) -> Document:
    return {"cleanup.policy": topic.cleanup.split(","), "retention.ms": topic.retention_ms}


def _carried(topic: Topic) -> list[str]:
    """List the messages of a topic."""
    match topic.name:
        case name if name == INBOX:
            return ["structured", *(sent(each) for each in EVENTS.values() if each.SAID_BY != ONLY_HUB)]
        case name if name == OUTBOX:
            going = [each for each in EVENTS.values() if each.SEEN is not Seen.NOBODY or each.TOPIC == OUTBOX]
            return [*(each.TYPE for each in going), *(part(each) for each in going if left_before_agreement(each))]
        case name if name == DEAD:
            return list(EVENTS)
        case name:
            return [each.TYPE for each in EVENTS.values() if name == each.TOPIC]


# ---- who hears and says what ------------------------------------------------------------------------------------------


def _operations(reactions: Sequence[Reaction], prefix: str) -> Iterable[tuple[str, Document]]:
    channels = {name: _id(topic) for name, topic in BY_NAME.items()}
    yield (
        "take-in",
        _reads("in", _carried(BY_NAME[INBOX]), INBOUND, prefix, "What partners write is checked as over HTTP."),
    )
    for group, own in _by_group(reactions).items():
        for name, heard in _by_topic(event for each in own for event in each.hears).items():
            does = f"The group {group} handles these, in the order of their keys."
            yield f"{group}-hears-{channels[name]}", _reads(channels[name], heard, f"hub.{group}", prefix, does)
        for name, said in _by_topic(event for each in own for event in each.says).items():
            yield f"{group}-says-{channels[name]}", _writes(channels[name], said, f"What follows in the group {group}.")
    yield from _others(reactions, channels)
    yield (
        "tell-partner",
        _writes("out", _carried(BY_NAME[OUTBOX]), "What a partner may read and subscribed to."),
    )
    yield "bury", _writes("dead", list(EVENTS), "A copy of what an operator gave up; the truth is the hub's database.")


def _others(reactions: Sequence[Reaction], channels: Mapping[str, str]) -> Iterable[tuple[str, Document]]:
    """Tell what no handler says: what partners said, and what scheduler and couriers report."""
    by_handlers = {event for each in reactions for event in each.says}
    from_partners = [event for event in EVENTS.values() if event.SAID_BY != ONLY_HUB]
    from_parts = [event for event in EVENTS.values() if HUB in event.SAID_BY and event not in by_handlers]
    for who, events, does in (
        ("partners", from_partners, "What partners said by HTTP or Kafka, once it is stored."),
        ("parts", from_parts, "What scheduler, couriers and ingest of the hub report."),
    ):
        for name, said in _by_topic(each for each in events if each.TOPIC != OUTBOX).items():
            yield f"{who}-say-{channels[name]}", _writes(channels[name], said, does)


def _by_group(reactions: Sequence[Reaction]) -> dict[str, list[Reaction]]:
    return {
        name: [each for each in reactions if each.group == name]
        for name in dict.fromkeys(each.group for each in reactions)
    }


def _by_topic(events: Iterable[type[Event]]) -> dict[str, list[str]]:
    ordered = sorted(set(events), key=lambda event: (event.TOPIC, event.TYPE))
    return {
        topic: [each.TYPE for each in ordered if topic == each.TOPIC]
        for topic in dict.fromkeys(each.TOPIC for each in ordered)
    }


def _reads(channel: str, messages: Sequence[str], group: str, prefix: str, does: str) -> Document:
    kafka = {"groupId": {"type": "string", "enum": [prefix + group]}, **BINDING}
    return {"action": "receive", **_over(channel, messages, does), "bindings": {"kafka": kafka}}


def _writes(channel: str, messages: Sequence[str], does: str) -> Document:
    return {"action": "send", **_over(channel, messages, does)}


def _over(channel: str, messages: Sequence[str], does: str) -> Document:
    there = f"#/channels/{channel}"
    return {
        "summary": does,
        "channel": {"$ref": there},
        "messages": [{"$ref": f"{there}/messages/{name}"} for name in messages],
    }

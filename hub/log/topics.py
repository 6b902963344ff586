"""Provisioning: holds the broker's topics against `events/topics.py` and makes or sets what is missing.

`vet-hub topics` calls it, and `up` and `demo`, which make what is missing. It never deletes, and never changes a number of
partitions: fewer is not possible, more would move keys to other partitions and break their order.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from events.topics import TOPICS, Topic
from hub.errors import HubError, ServiceAway
from hub.log.clients import connection
from hub.settings import Broker

REPLICAS = 3  # copies of a record, where there are that many brokers
SET_ON_TOPIC = 1  # Kafka's code for «this value was set on the topic itself»
SEEN_LIMIT = 15.0  # seconds until a topic that was made must show; a broker answers before all of it knows
SEEN_POLL = 0.05  # seconds
REQUEST_TIMEOUT = 10_000  # milliseconds
EXISTS = 36  # Kafka's error code for a topic that somebody else made meanwhile

Act = Literal["make", "set", "keep", "refuse"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one topic needs: to be made, to have settings changed, nothing, or something we do not do."""

    topic: str
    act: Act
    says: str
    declared: Topic
    settings: Mapping[str, str]


async def plan(bootstrap: Broker | str, *, prefix: str = "", tenants: Sequence[str] = ()) -> list[Step]:
    """Hold every topic against the broker; raises ServiceAway."""
    async with _admin(bootstrap) as admin:
        names = {prefix + name: topic for name, topic in declared(tenants).items()}
        there = await _partitions(admin, list(names))
        settings = await _settings(admin, [name for name in names if name in there])
        return [_step(name, topic, there.get(name), settings.get(name, {})) for name, topic in names.items()]


async def apply(bootstrap: Broker | str, steps: Sequence[Step], *, replication: int | None = None) -> None:
    """Do what a plan says, save what it refuses; raises HubError with what the broker refused."""
    async with _admin(bootstrap) as admin:
        brokers = len((await admin.describe_cluster())["brokers"])
        copies = replication or min(REPLICAS, brokers)
        await _make(admin, [step for step in steps if step.act == "make"], copies)
        await _set(admin, [step for step in steps if step.act == "set"])


async def make_missing(bootstrap: Broker | str, *, prefix: str = "") -> None:
    """Make the topics that are not there, and change nothing about those that are; returns when they can be seen."""
    deadline = asyncio.get_running_loop().time() + SEEN_LIMIT
    made = False
    while missing := [step for step in await plan(bootstrap, prefix=prefix) if step.act == "make"]:
        if asyncio.get_running_loop().time() > deadline:
            raise ServiceAway(f"Kafka at {bootstrap} has made topics and does not show them after {SEEN_LIMIT:g} s")
        if not made:
            await apply(bootstrap, missing)
        made = True
        await asyncio.sleep(SEEN_POLL)


def declared(tenants: Sequence[str]) -> dict[str, Topic]:
    """Return the topics by name; those of tenants only for the tenants named."""
    found: dict[str, Topic] = {}
    for topic in TOPICS:
        found |= {topic.of(tenant): topic for tenant in tenants} if topic.per_tenant else {topic.name: topic}
    return found


def settings_of(topic: Topic) -> dict[str, str]:
    """Return the settings that we give a topic."""
    return {"cleanup.policy": topic.cleanup, "retention.ms": str(topic.retention_ms)}


def _step(name: str, topic: Topic, partitions: int | None, known: Mapping[str, str]) -> Step:
    wanted = settings_of(topic)
    if partitions is None:
        days = topic.retention_ms // 86_400_000
        return Step(name, "make", f"{topic.partitions} partitions by {topic.key}, {days} days", topic, wanted)
    if partitions < topic.partitions:
        says = f"has {partitions} partitions, {topic.partitions} are wanted: more would move keys and break their order"
        return Step(name, "refuse", says, topic, wanted)
    if partitions > topic.partitions:
        says = f"has {partitions} partitions, {topic.partitions} are wanted: Kafka takes none away"
        return Step(name, "refuse", says, topic, wanted)
    changes = [f"{key} {known.get(key, 'unset')} → {value}" for key, value in wanted.items() if known.get(key) != value]
    # The request replaces a topic's whole set, so what others have set on it goes with ours.
    return Step(name, "set" if changes else "keep", ", ".join(changes), topic, {**known, **wanted})


async def _partitions(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    described = await admin.describe_topics(list(names))
    return {each["topic"]: len(each["partitions"]) for each in described if not each["error_code"]}


async def _settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: {key: value for key, value, _, source, *_ in rows if source == SET_ON_TOPIC or key in SHOWN_ANYWAY}
        for answer in answers
        for _code, _message, _kind, name, rows in answer.resources
    }


SHOWN_ANYWAY = frozenset({"cleanup.policy", "retention.ms"})
"""Settings we compare even where the broker's own default gives them."""


async def _make(admin: AIOKafkaAdminClient, steps: Sequence[Step], copies: int) -> None:
    if not steps:
        return
    new = [NewTopic(step.topic, step.declared.partitions, copies, topic_configs=dict(step.settings)) for step in steps]
    answer = await admin.create_topics(new)
    # The client raises nothing: each topic's answer is a code.
    wrong = [f"{name}: {message or code}" for name, code, message in answer.topic_errors if code not in (0, EXISTS)]
    if wrong:
        raise HubError(f"Kafka does not make {'; '.join(wrong)}")


async def _set(admin: AIOKafkaAdminClient, steps: Sequence[Step]) -> None:
    if not steps:
        return
    resources = [ConfigResource(ConfigResourceType.TOPIC, step.topic, configs=dict(step.settings)) for step in steps]
    answers = await admin.alter_configs(resources)
    wrong = [f"{name}: {message or code}" for each in answers for code, message, _, name in each.resources if code]
    if wrong:
        raise HubError(f"Kafka does not change {'; '.join(wrong)}")


@asynccontextmanager
async def _admin(bootstrap: Broker | str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection(bootstrap), request_timeout_ms=REQUEST_TIMEOUT)
    try:
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
    except (KafkaError, OSError) as error:
        raise ServiceAway(
            f"Kafka at {bootstrap} does not answer ({type(error).__name__}); is VET_HUB_LOG_URL right?"
        ) from error

"""Provisioning: holds the broker's topics against `events/topics.py` and makes or sets what is missing.

`vet-hub topics` calls it, and `up` and `demo`, which make what is missing. It never deletes, and never changes a number of
partitions: fewer is not possible, more would move keys to other partitions and break their order.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from hub.errors import HubError, ServiceAway, Shut
from hub.log.admin import admin_of
from hub.log.rights import NOT_PERMITTED
from hub.log.topic_plan import REPLICAS, Found, Step, Wanted, declared, step
from hub.settings import Broker

SET_ON_TOPIC = 1  # Kafka's code for «this value was set on the topic itself»
SEEN_LIMIT = 15.0  # seconds until what was made or set must show; a broker answers before all of it knows
SEEN_POLL = 0.05  # seconds
EXISTS = 36  # Kafka's error code for a topic that somebody else made meanwhile
OURS = frozenset({"cleanup.policy", "min.insync.replicas", "retention.ms"})
"""Settings we compare even where the broker's own default gives them."""


async def plan(
    bootstrap: Broker | str,
    *,
    prefix: str = "",
    tenants: Sequence[str] = (),
    replication: int | None = None,
    partitions: Mapping[str, int] | None = None,
) -> list[Step]:
    """Hold every topic against the broker; raises ServiceAway, and Shut where it may not look.

    Without `replication` there are three copies of each record, or as many as there are brokers.
    """
    async with admin_of(bootstrap) as admin:
        copies = replication or min(REPLICAS, len((await admin.describe_cluster())["brokers"]))
        topics = declared(tenants, copies=copies, partitions=partitions)
        return await _compare(admin, {prefix + name: wanted for name, wanted in topics.items()})


async def apply(bootstrap: Broker | str, steps: Sequence[Step]) -> None:
    """Do what a plan says, save what it refuses, and return when it shows; raises HubError with what the broker refused."""
    async with admin_of(bootstrap) as admin:
        theirs = await _make(admin, [step for step in steps if step.act == "make"])
        await _set(admin, [step for step in steps if step.act != "make" and step.changes])
        await _seen(admin, bootstrap, {step.topic: step.wanted for step in steps if not step.done}, theirs)


async def make_missing(
    bootstrap: Broker | str,
    *,
    prefix: str = "",
    replication: int | None = None,
    partitions: Mapping[str, int] | None = None,
) -> None:
    """Make the topics that are not there, and change nothing about those that are; returns when they can be seen."""
    steps = await plan(bootstrap, prefix=prefix, replication=replication, partitions=partitions)
    await apply(bootstrap, [step for step in steps if step.act == "make"])


async def _compare(admin: AIOKafkaAdminClient, topics: Mapping[str, Wanted]) -> list[Step]:
    described = {each["topic"]: each for each in await admin.describe_topics(list(topics))}
    shut = [name for name, each in described.items() if each["error_code"] in NOT_PERMITTED]
    if shut:
        raise Shut(
            f"Kafka does not let the hub's user see {', '.join(shut)}",
            cure="an administrator adds ACLs for DESCRIBE and DESCRIBE_CONFIGS there",
        )
    there = {name: each["partitions"] for name, each in described.items() if not each["error_code"]}
    settings = await _settings(admin, [name for name in topics if name in there])
    return [
        step(name, wanted, _found(there[name], settings.get(name, {})) if name in there else None)
        for name, wanted in topics.items()
    ]


def _found(partitions: Sequence[Any], settings: Mapping[str, str]) -> Found:
    return Found(len(partitions), min((len(each["replicas"]) for each in partitions), default=0), settings)


async def _settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    _refused("show the settings of", [(name, code, text) for a in answers for code, text, _, name, _ in a.resources])
    return {
        name: {key: value for key, value, _, source, *_ in rows if source == SET_ON_TOPIC or key in OURS}
        for answer in answers
        for _code, _message, _kind, name, rows in answer.resources
    }


async def _make(admin: AIOKafkaAdminClient, steps: Sequence[Step]) -> set[str]:
    """Make topics; returns those that somebody else has made meanwhile, in their own way."""
    if not steps:
        return set()
    new = [
        NewTopic(step.topic, step.wanted.partitions, step.wanted.copies, topic_configs=dict(step.settings))
        for step in steps
    ]
    answer = await admin.create_topics(new)
    _refused("make", [(name, code, text) for name, code, text in answer.topic_errors if code != EXISTS])
    return {name for name, code, _ in answer.topic_errors if code == EXISTS}


async def _set(admin: AIOKafkaAdminClient, steps: Sequence[Step]) -> None:
    if not steps:
        return
    resources = [ConfigResource(ConfigResourceType.TOPIC, step.topic, configs=dict(step.settings)) for step in steps]
    answers = await admin.alter_configs(resources)
    _refused("change", [(name, code, text) for answer in answers for code, text, _, name in answer.resources])


def _refused(what: str, answers: Sequence[tuple[str, int, str | None]]) -> None:
    # The client raises nothing: each topic's answer is a code.
    wrong = [f"{name} ({text or for_code(code).__name__})" for name, code, text in answers if code]
    if any(code in NOT_PERMITTED for _, code, _ in answers):
        cure = "an administrator adds ACLs for CREATE, ALTER_CONFIGS and DESCRIBE_CONFIGS there, or runs this command"
        raise Shut(f"Kafka does not let the hub's user {what} {', '.join(wrong)}", cure=cure)
    if wrong:
        raise HubError(f"Kafka does not {what} {', '.join(wrong)}")


async def _seen(
    admin: AIOKafkaAdminClient, bootstrap: Broker | str, topics: Mapping[str, Wanted], theirs: Collection[str]
) -> None:
    deadline = asyncio.get_running_loop().time() + SEEN_LIMIT
    while unseen := [
        step.topic
        for step in await _compare(admin, topics)
        if step.act == "make" or (step.changes and step.topic not in theirs)
    ]:
        if asyncio.get_running_loop().time() > deadline:
            raise ServiceAway(
                f"Kafka at {bootstrap} has taken the change and does not show it after {SEEN_LIMIT:g} s: "
                f"{', '.join(unseen)}; `vet-hub topics plan` says how they stand"
            )
        await asyncio.sleep(SEEN_POLL)

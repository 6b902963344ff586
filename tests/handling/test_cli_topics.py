"""Provisioning on a real broker: made once, mended when they differ, never shrunk or grown, others' settings kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hub.log.topics import Step, apply, make_missing, plan
from tests.conftest import LOG

pytestmark = pytest.mark.services

BOOTSTRAP = LOG.removeprefix("kafka://")
CATALOGUE = "hub.catalogue.v1"


@pytest.fixture
async def admin() -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await client.start()
    yield client
    await client.close()


@pytest.fixture
async def prefix(admin: AIOKafkaAdminClient) -> AsyncIterator[str]:
    """A prefix that nobody uses; what was made under it is deleted."""
    name = f"test{uuid4().hex[:10]}."
    yield name
    await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith(name)])


async def planned(prefix: str, *acts: str, tenants: Sequence[str] = ()) -> list[Step]:
    """Plan until the broker, which answers before all of it knows, shows a plan of just these acts."""
    async with asyncio.timeout(60):
        while True:
            steps: list[Step] = await plan(BOOTSTRAP, prefix=prefix, tenants=tenants)
            if {step.act for step in steps} == set(acts):
                return steps


async def test_missing_topics_are_made_and_then_kept(prefix: str) -> None:
    await planned(prefix, "make")

    await make_missing(BOOTSTRAP, prefix=prefix)

    await planned(prefix, "keep")


async def test_a_tenants_topics_are_made_when_it_is_named(prefix: str) -> None:
    await apply(BOOTSTRAP, await plan(BOOTSTRAP, prefix=prefix, tenants=["movex"]))

    steps = await planned(prefix, "keep", tenants=["movex"])
    assert {f"{prefix}in.movex", f"{prefix}out.movex"} < {step.topic for step in steps}


async def test_what_differs_is_set_and_what_others_have_set_stays(prefix: str, admin: AIOKafkaAdminClient) -> None:
    await make_missing(BOOTSTRAP, prefix=prefix)
    await planned(prefix, "keep")
    changed = {"retention.ms": "1000", "cleanup.policy": "delete", "max.message.bytes": "2000000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, prefix + CATALOGUE, configs=changed)])

    steps = await planned(prefix, "keep", "set")
    await apply(BOOTSTRAP, steps)
    await planned(prefix, "keep")

    assert {step.topic: step.says for step in steps if step.act == "set"} == {
        prefix + CATALOGUE: "retention.ms 1000 → 7776000000"
    }
    assert await settings(admin, prefix + CATALOGUE) == {**changed, "retention.ms": "7776000000"}


@pytest.mark.parametrize(("partitions", "why"), [(2, "break their order"), (24, "Kafka takes none away")])
async def test_a_wrong_number_of_partitions_is_refused_with_its_reason(
    prefix: str, admin: AIOKafkaAdminClient, partitions: int, why: str
) -> None:
    await admin.create_topics([NewTopic(prefix + CATALOGUE, partitions, 1)])

    steps = await planned(prefix, "make", "refuse")
    await apply(BOOTSTRAP, steps)

    (refused,) = [step for step in await planned(prefix, "keep", "refuse") if step.act == "refuse"]
    assert refused.topic == prefix + CATALOGUE
    assert why in refused.says


async def settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """What is set on the topic itself."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: value for name, value, _, source, *_ in answer.resources[0][4] if source == 1}

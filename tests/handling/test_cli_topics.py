"""Provisioning on a real broker: made once, mended when they differ, never shrunk or grown, others' settings kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hub.cli import run
from hub.log.topic_plan import Step
from hub.log.topics import apply, make_missing, plan
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


async def acts(prefix: str, tenants: Sequence[str] = ()) -> set[str]:
    """What a plan would do now."""
    return {step.act for step in await plan(BOOTSTRAP, prefix=prefix, tenants=tenants)}


async def shown(prefix: str, topic: str, says: str) -> Step:
    """The step of a topic that was changed beside the hub, once the broker, which answers first, shows it."""
    async with asyncio.timeout(60):
        while True:
            (step,) = [step for step in await plan(BOOTSTRAP, prefix=prefix) if step.topic == prefix + topic]
            if says in step.says:
                return step


async def test_what_was_missing_is_there_when_the_command_returns(prefix: str) -> None:
    assert await acts(prefix) == {"make"}

    await make_missing(BOOTSTRAP, prefix=prefix)

    assert await acts(prefix) == {"keep"}


async def test_a_tenants_topics_are_made_when_it_is_named(prefix: str) -> None:
    await apply(BOOTSTRAP, await plan(BOOTSTRAP, prefix=prefix, tenants=["movex"]))

    steps = await plan(BOOTSTRAP, prefix=prefix, tenants=["movex"])
    assert {step.act for step in steps} == {"keep"}
    assert {f"{prefix}in.movex", f"{prefix}out.movex"} < {step.topic for step in steps}


async def test_what_differs_is_set_and_what_others_have_set_stays(prefix: str, admin: AIOKafkaAdminClient) -> None:
    await make_missing(BOOTSTRAP, prefix=prefix)
    ours = await settings(admin, prefix + CATALOGUE)
    changed = {**ours, "retention.ms": "1000", "max.message.bytes": "2000000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, prefix + CATALOGUE, configs=changed)])

    step = await shown(prefix, CATALOGUE, "retention.ms 1000 → 7776000000")
    await apply(BOOTSTRAP, [step])

    assert await acts(prefix) == {"keep"}
    assert await settings(admin, prefix + CATALOGUE) == {**changed, "retention.ms": "7776000000"}


@pytest.mark.parametrize(("partitions", "why"), [(2, "break their order"), (24, "Kafka takes none away")])
async def test_a_wrong_number_of_partitions_is_refused_and_the_rest_is_done(
    prefix: str, admin: AIOKafkaAdminClient, partitions: int, why: str
) -> None:
    await admin.create_topics([NewTopic(prefix + CATALOGUE, partitions, 1)])

    refused = await shown(prefix, CATALOGUE, why)
    await apply(BOOTSTRAP, await plan(BOOTSTRAP, prefix=prefix))

    assert [change.setting for change in refused.changes] == ["retention.ms"]
    (refused,) = [step for step in await plan(BOOTSTRAP, prefix=prefix) if step.act != "keep"]
    assert (refused.topic, refused.act, refused.changes) == (prefix + CATALOGUE, "refuse", ())


@pytest.fixture
def cluster(prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings of a cluster with topics of its own; the database is never asked."""
    monkeypatch.setenv("VET_HUB_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere")
    monkeypatch.setenv("VET_HUB_LOG_URL", LOG)
    monkeypatch.setenv("VET_HUB_TOPIC_PREFIX", prefix)
    return prefix


async def test_the_manifests_for_strimzi_make_the_topics_that_apply_makes(
    cluster: str, admin: AIOKafkaAdminClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(run, ["topics", "apply", "--strimzi", "--tenant", "movex", "--replication", "1"])
    resources = list(yaml.safe_load_all(capsys.readouterr().out))

    await admin.create_topics(
        [
            NewTopic(spec["topicName"], spec["partitions"], spec["replicas"], topic_configs=spec["config"])
            for spec in (resource["spec"] for resource in resources)
        ]
    )

    async with asyncio.timeout(60):
        while (now := await acts(cluster, ["movex"])) != {"keep"}:
            assert now <= {"make", "keep"}
    assert {resource["kind"] for resource in resources} == {"KafkaTopic"}
    assert {resource["metadata"]["labels"]["strimzi.io/cluster"] for resource in resources} == {"kafka"}


async def test_the_command_shows_what_it_would_do_and_what_is_left(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def said(*arguments: str) -> str:
        assert await asyncio.to_thread(run, ["topics", *arguments]) == 0
        return capsys.readouterr().out

    told = await said("plan")
    rows = json.loads(await said("plan", "--json"))
    await said("apply")
    left = json.loads(await said("plan", "--json"))

    assert f"make   {cluster}hub.catalogue.v1  6 partitions, 1 copy, key: curriculum or organisation" in told
    assert "+ retention.ms         7776000000 (90 days)" in told
    assert {"setting": "retention.ms", "now": None, "then": "7776000000"} in rows[0]["changes"]
    assert {(row["act"], row["says"], row["cure"]) for row in left} == {("keep", "", "")}


async def test_the_command_says_what_the_broker_will_not_do(cluster: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = await asyncio.to_thread(run, ["topics", "apply", "--replication", "99"])

    told = " ".join(capsys.readouterr().err.split())
    assert code == 1
    assert f"Kafka does not make {cluster}hub.cooperation.v1" in told
    assert "eplication factor" in told


async def settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """What is set on the topic itself."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: value for name, value, _, source, *_ in answer.resources[0][4] if source == 1}

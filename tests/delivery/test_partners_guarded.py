"""`vet-hub tenant add ORG --kafka` on a real Kafka with an authorizer: each partner at its own topics, nobody at another's."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from confluent_kafka import Consumer, KafkaError

from hub.cli import run
from hub.clock import SystemClock
from hub.errors import Shut
from hub.ingest import Ingest
from hub.log import topics
from hub.log.admin import admin_of
from hub.log.clients import connection, librdkafka
from hub.log.outbox import OutboxLog
from hub.log.rights import READ, WRITE, require_groups, require_rights, require_topics
from hub.partners.guard import admit
from hub.partners.inbound import Inbound, Pace
from hub.parts import at_work
from hub.settings import Broker, Settings, load
from hub.store.postgres import PostgresStore
from hub.stream import stream
from tests.conftest import LOG
from tests.delivery.guarded import guarded_kafka
from tests.delivery.toys import ask, until
from tests.log_guard import log_as_before

__all__ = ["log_as_before"]

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One guarded Kafka for the module."""
    with guarded_kafka(tmp_path_factory.mktemp("guarded") / "kafka") as environment:
        yield environment


@pytest.fixture
def settings(guarded: dict[str, str], postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the hub's own processes and of whoever runs its commands."""
    for name, value in {**guarded, "DATABASE_URL": postgres.url}.items():
        monkeypatch.setenv(f"VET_HUB_{name}", value)
    return load()


async def tenant(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run `vet-hub tenant …` as operators do."""
    code = await asyncio.to_thread(run, ["tenant", *arguments])
    told = capsys.readouterr()
    assert code == 0, told.err
    return json.loads(told.out) if "--json" in arguments else told


async def add(capsys: pytest.CaptureFixture[str], org: str, *more: str) -> dict[str, Any]:
    made: dict[str, Any] = await tenant(capsys, "add", org, "--kafka", "--new", "--json", *more)
    return made


def login(settings: Settings, made: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "bootstrap_servers": str(settings.bootstrap),
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": made["user"],
        "sasl_plain_password": made["password"],
        **other,
    }


async def write(who: dict[str, Any], topic: str) -> None:
    producer = AIOKafkaProducer(**who)
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}", key=b"k")
    finally:
        await producer.stop()


async def read(settings: Settings, made: dict[str, Any], topic: str, group: str) -> bytes | int:
    """Return what stands on a topic, or why it cannot be read, as librdkafka tells it: aiokafka waits for ever."""
    broker = replace(settings.bootstrap, user=made["user"], password=made["password"])
    consumer = Consumer({**librdkafka(broker), "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        message: Any = await asyncio.to_thread(consumer.poll, 60)
        assert message is not None, f"no word about {topic}"
        error = message.error()
        return error.code() if error else message.value()  # type: ignore[no-any-return]
    finally:
        await asyncio.to_thread(consumer.close)


async def test_a_partner_writes_and_reads_its_own_topics_and_no_other(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = await add(capsys, "a-org"), await add(capsys, "b-org")

    assert a["topics"] == ["in.a-org", "out.a-org"]
    await write(login(settings, a), "in.a-org")
    await write(connection(settings.bootstrap), "out.a-org")
    assert await read(settings, a, "out.a-org", "a-org.app") == b"{}"
    for topic in ("in.a-org", "out.a-org", "out.b-org"):
        with pytest.raises(TopicAuthorizationFailedError):
            await write(login(settings, b), topic)
    assert await read(settings, b, "out.a-org", "b-org.app") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert await read(settings, a, "in.a-org", "a-org.app") == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert await read(settings, b, "out.b-org", "hub.matcher") == KafkaError.GROUP_AUTHORIZATION_FAILED


async def test_adding_again_changes_nothing_and_a_new_password_ends_the_old(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    first = await add(capsys, "c-org")
    again = await add(capsys, "c-org", "--type", "match.requested")
    assert (again["user"], again["password"], again["types"]) == ("c-org", None, ["match.requested"])
    await write(login(settings, first), "in.c-org")

    second = await add(capsys, "c-org", "--rotate")
    assert second["types"] == ["match.requested"]
    await until(lambda: _written(login(settings, second), "in.c-org"))
    with pytest.raises(KafkaConnectionError):
        await write(login(settings, first), "in.c-org")


async def test_who_is_removed_is_let_in_no_more(
    settings: Settings, postgres: PostgresStore, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await add(capsys, "d-org")
    await tenant(capsys, "remove", "d-org")

    await until(lambda: _refused(login(settings, made), "in.d-org"))
    assert await tenant(capsys, "list", "--json") == []
    acts = [row.act for row in await postgres.read(ask, "SELECT act FROM audit ORDER BY seq")]
    assert acts == ["tenant.add", "tenant.admit", "tenant.remove"]


async def test_the_hub_s_own_clients_show_who_they_are(
    settings: Settings, postgres: PostgresStore, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await add(capsys, "betangible")
    await topics.make_missing(settings.bootstrap)
    app = stream(settings.bootstrap, [])
    await app.start()
    await app.stop()

    outbox, clock = OutboxLog(), SystemClock()
    ingest = Ingest(postgres, outbox, clock, outbox_limit=10)
    reader = Inbound(postgres, ingest, outbox, clock, settings.bootstrap, Pace(1e6, 1000))
    await write(login(settings, made), "in.betangible")
    async with at_work(reader.run):
        await until(lambda: _refused_of(postgres, "betangible"))  # no ce_* headers; who wrote it is told by the topic


async def _refused_of(store: PostgresStore, org: str) -> Any:
    return await store.read(ask, "SELECT 1 FROM parked WHERE partition_key = :org", org=org)


async def test_a_wrong_password_is_told_as_what_it_may_be(settings: Settings) -> None:
    wrong = settings.model_copy(update={"log_password": None, "log_user": None})

    with pytest.raises(Shut, match="takes connections and does not let the hub in"):
        await require_topics(wrong.bootstrap, {"in.a-org": 1})


async def test_what_the_hubs_own_user_may_not_do_is_named(settings: Settings) -> None:
    await topics.make_missing(settings.bootstrap)
    somebody = await admit(settings.bootstrap, "a-user-with-few-rights")
    hub = replace(settings.bootstrap, user=somebody.user, password=somebody.password or "")
    await until(lambda: _let_in(hub))

    with pytest.raises(Shut, match=r"lacks READ on topic hub\.dead\.v1; WRITE on topic hub\.dead\.v1"):
        await require_rights(hub, ["hub.dead.v1"], [READ, WRITE])
    with pytest.raises(Shut, match=r"lacks READ on group hub\.matcher"):
        await require_groups(hub, ["hub.matcher"])
    with pytest.raises(Shut, match=r"does not let the hub's user see .*hub\.catalogue\.v1"):
        await topics.plan(hub)
    await require_rights(settings.bootstrap, ["hub.dead.v1"], [READ, WRITE])
    await require_groups(settings.bootstrap, ["hub.matcher"])


async def _let_in(broker: Broker) -> bool:
    try:
        async with admin_of(broker):
            return True
    except Shut:
        return False  # a broker learns a new password a moment later


async def _written(who: dict[str, Any], topic: str) -> bool:
    try:
        await write(who, topic)
    except KafkaConnectionError:
        return False  # a broker learns a new password a moment later
    return True


async def _refused(who: dict[str, Any], topic: str) -> bool:
    return not await _written(who, topic)


async def test_on_a_broker_without_an_authorizer_the_topics_are_made_and_it_says_that_nothing_guards_them(
    postgres: PostgresStore, topic_prefix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unguarded = {"LOG_URL": LOG, "DATABASE_URL": postgres.url, "TOPIC_PREFIX": topic_prefix}
    for name, value in unguarded.items():
        monkeypatch.setenv(f"VET_HUB_{name}", value)

    told = await tenant(capsys, "add", "e-org", "--kafka", "--new")

    assert "nothing guards them" in told.err
    assert told.out == ""
    own = [f"{topic_prefix}{way}.e-org" for way in ("in", "out")]
    await require_topics(LOG.removeprefix("kafka://"), dict.fromkeys(own, 1))
    async with admin_of(LOG.removeprefix("kafka://")) as admin:
        await admin.delete_topics(own)

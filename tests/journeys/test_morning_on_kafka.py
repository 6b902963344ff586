"""A coordinator's morning on the cluster: the scheduler says it is due, Kafka carries it, the digest is written and mailed once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import orjson
import pytest

from events.envelope import Envelope
from hub.access import Sender
from hub.clock import FixedClock
from hub.dispatch.runner import woken_within
from hub.parts import Hub
from hub.settings import Settings
from hub.store import history, jobs, people
from hub.store.people import Person
from hub.stream import cluster
from tests import builders
from tests.fakes import ScriptedRelay

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 07:00 in Lisbon
DEADLINE = 60.0  # seconds
IMPORTER = Sender("test", "hub", frozenset({"events:write", "import", "coordinate"}), ())
HANNE = Person("p-hanne", "cec", "coordinator", "Hanne Delacroix", "hanne@cec.example", "en", "Europe/Lisbon")

pytestmark = pytest.mark.services


async def said(hub: Hub, type_: str, subject: str, data: dict[str, object]) -> None:
    body = orjson.dumps(data)
    made = Envelope(type_, "/companies/test", f"eu.vethub.{type_}.v1", subject, hub.clock.now(), body)
    (receipt,) = await hub.ingest.accept([made], IMPORTER)
    assert receipt.refusal is None


async def types_of(hub: Hub) -> list[str]:
    return [each.short_type for each in await hub.store.read(history.tail, after_seq=0, limit=1000)]


async def until(reached: Callable[[], Awaitable[bool]], moved: asyncio.Event) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await reached():
            await woken_within(0.25, moved)
            moved.clear()


async def test_the_morning_comes_over_kafka_and_one_mail_leaves(cluster_settings: Settings) -> None:
    clock = FixedClock(MONDAY)
    async with ScriptedRelay() as relay:
        settings = cluster_settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{relay.port}"})
        async with cluster(settings, clock=clock) as hub:
            moved = asyncio.Event()
            hub.call_when_moved(moved.set)
            await hub.store.write(people.put, HANNE)
            await said(hub, "coordinator.registered", "cec", builders.coordinator())
            await said(hub, "company.registered", "betangible", builders.without(builders.company(), "contact_ref"))
            await said(hub, "need.published", "betangible/N-020", builders.need())

            async def is_a_gap() -> bool:
                return "need.unmatched" in await types_of(hub) and await hub.is_quiet()

            await until(is_a_gap, moved)
            assert relay.messages == []

            clock.at = TUESDAY

            async def was_delivered() -> bool:
                return "notification.delivered" in await types_of(hub) and await hub.is_quiet()

            await until(was_delivered, moved)
            rows = await hub.store.read(jobs.listing, channel="mail")
            counts = [(await types_of(hub)).count(name) for name in ("digest.prepared", "notification.delivered")]

    (mail,) = relay.messages
    assert (mail["to"], relay.recipients) == ("Hanne Delacroix <hanne@cec.example>", ["hanne@cec.example"])
    assert "Betangible SL" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert ([row.state for row in rows], counts) == (["done"], [1, 1])

"""What partners are sent on `out.<tenant>`: what they may read and subscribed to, once, and one partner holds up no other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from events.envelope import HUB_SOURCE, Envelope
from events.topics import CATALOGUE, COOPERATION
from hub.partners import outbound
from hub.partners.outbound import Outbound
from hub.store.history import Entry
from hub.store.postgres import PostgresStore
from tests import builders
from tests.delivery.partners import Region, region
from tests.delivery.toys import ask, until

pytestmark = pytest.mark.services
COMPANY, ASKED, OTHER = "betangible", "movex", "olaio"


@pytest.fixture
async def there(postgres: PostgresStore, topic_prefix: str) -> AsyncIterator[Region]:
    """A company and two providers on Kafka; one of them wants the catalogue too."""
    async with region(postgres, topic_prefix) as made:
        await made.join(COMPANY, ASKED)
        await made.join(OTHER, types=["curriculum.*", "match.*"])
        yield made


async def say(there: Region, *names: str, topic: str = COOPERATION, key: str = "betangible/N-020") -> None:
    """Say the examples of some types, in the story of betangible's need."""
    entries = [Entry(told(name, key), topic) for name in names]
    await there.store.write(there.outbox.append, entries)


def told(name: str, key: str) -> Envelope:
    hub = {"source": HUB_SOURCE, "tenant": "hub"}
    told = builders.example(name, id=f"id-{name}", correlation_id="of-betangible", partition_key=key, **hub)
    return replace(told, received_at=builders.AT)


async def test_a_provider_is_sent_its_question_and_nothing_that_names_the_company(there: Region) -> None:
    await say(there, "match.proposed", "match.requested", "request.answered")
    await say(there, "curriculum.published", topic=CATALOGUE, key="movex/C07")
    async with there.sending():
        asked = await until(lambda: _when(there.sent(ASKED), 2))
        await until(lambda: _when(there.sent(COMPANY), 3))
        await until(lambda: _when(there.sent(OTHER), 1))

    question, outcome = asked
    match_id = orjson.loads(question.value)["match_id"]
    assert question.key == match_id.encode()
    assert dict(question.headers)["ce_partitionkey"] == match_id.encode()
    assert "about" not in orjson.loads(outcome.value)
    assert b"betangible" not in b"".join(_every_byte(asked))
    (published,) = await there.sent(OTHER)
    assert dict(published.headers)["ce_type"] == b"eu.vethub.curriculum.published.v1"


async def test_an_event_handled_again_is_sent_once_and_ids_are_those_of_the_hub(there: Region) -> None:
    await say(there, "match.proposed")
    async with there.sending():
        await until(lambda: _when(there.sent(COMPANY), 1))
        await until(lambda: nothing_left(there))
    await there.store.write(_unsend)
    await say(there, "match.expired")
    async with there.sending():
        await until(lambda: _when(there.sent(COMPANY), 2))

    sent = [dict(record.headers)["ce_id"] for record in await there.sent(COMPANY)]
    assert sent == [b"id-match.proposed", b"id-match.expired"]


async def _unsend(session: Any) -> None:
    """Let the hub's own relay send the story a second time, as after a crash before it forgot it."""
    await session.run("INSERT INTO outbox (seq, topic) SELECT seq, topic FROM history")


async def test_a_refusal_reaches_its_sender(there: Region) -> None:
    await there.write(COMPANY, b"plain text")
    async with there.reading(), there.sending():
        (record,) = await until(lambda: there.sent(COMPANY))

    headers = dict(record.headers)
    assert headers["ce_type"] == b"eu.vethub.event.refused.v1"
    assert record.key == headers["ce_subject"] == b"betangible"
    assert orjson.loads(record.value)["problem"]["title"] == "The request cannot be read"


async def test_a_partner_whose_topic_is_gone_holds_up_nobody_else(
    there: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce = Outbound._produce

    async def gone(self: Outbound, records: Any) -> None:
        if any(COMPANY in topic for topic, _ in records):
            raise UnknownTopicOrPartitionError
        await produce(self, records)

    await say(there, "match.requested")
    with monkeypatch.context() as broken:
        broken.setattr(Outbound, "_produce", gone)
        async with there.sending():
            await until(lambda: _when(there.sent(ASKED), 1))
    assert await there.sent(COMPANY) == []
    monkeypatch.setattr(outbound, "HELD", 0.0)
    async with there.sending():
        await until(lambda: _when(there.sent(COMPANY), 1))
        await until(lambda: nothing_left(there))


async def nothing_left(there: Region) -> bool:
    return await there.store.read(ask, "SELECT 1 FROM shares UNION ALL SELECT 1 FROM outbox") == []


async def _when(found: Any, count: int) -> Any:
    rows = await found
    return rows if len(rows) == count else None


def _every_byte(records: list[Any]) -> Any:
    for record in records:
        yield from (record.key, record.value, *(value for _, value in record.headers))

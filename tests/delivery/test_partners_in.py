"""What partners write on `in.<tenant>`: judged like a post over HTTP, kept once, refused aloud; nothing stops a topic."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest

from events.codec import to_kafka
from hub.dispatch import runner
from hub.errors import ServiceAway
from hub.partners import inbound
from hub.partners.letters import store_letters
from hub.store import tenants
from hub.store.postgres import PostgresStore
from tests import builders
from tests.delivery.partners import Headers, Region, region
from tests.delivery.toys import until

pytestmark = pytest.mark.services
COMPANY, PROVIDER = "betangible", "movex"


@pytest.fixture
async def there(postgres: PostgresStore) -> AsyncIterator[Region]:
    """A company and a provider on Kafka."""
    async with region(postgres, f"test{uuid4().hex[:10]}.") as made:
        await made.join(COMPANY, PROVIDER)
        yield made


def need(event_id: str, **attributes: Any) -> Any:
    return builders.example("need.published", id=event_id, **attributes)


async def test_both_modes_are_taken_and_the_tenant_is_the_topic_s_name(there: Region) -> None:
    async with there.reading():
        await there.say(COMPANY, need("1"))
        await there.say_structured(COMPANY, need("2"))
        rows = await until(lambda: _when(there.stored(), 2))

    assert [(row.id, row.tenant, row.key_id) for row in rows] == [
        ("1", COMPANY, "in.betangible"),
        ("2", COMPANY, "in.betangible"),
    ]
    assert await there.rows() == []


async def test_the_same_again_is_a_duplicate_and_other_content_a_conflict(there: Region) -> None:
    other = replace(need("1"), data=orjson.dumps(builders.need(headcount=9)))
    async with there.reading() as reader:
        await there.say(COMPANY, need("1"))
        await there.say_structured(COMPANY, need("1"))
        await there.say(COMPANY, other)
        (told,) = await until(there.told)
        await until(lambda: reader.taken + reader.refused == 3)

    assert [row.id for row in await there.stored()] == ["1"]
    assert orjson.loads(told.data)["problem"]["status"] == 409


BAD: dict[str, tuple[bytes | None, Headers, int, str]] = {
    "undecodable": (b"\xff\xfe not JSON", [("content-type", b"application/cloudevents+json")], 400, "not UTF-8"),
    "header": (b"{}", [("ce_id", b"\xff"), ("ce_type", b"x")], 400, "'ce_id' is not UTF-8"),
    "no id": (b"{}", [(n, v) for n, v in to_kafka(need("x")).headers if n != "ce_id"], 422, "/id"),
    "tombstone": (None, to_kafka(need("tomb")).headers, 400, "tombstone"),
    "large": (b'"' + b"x" * 2 * 2**20 + b'"', to_kafka(need("large")).headers, 413, "at most 256 KiB"),
    "another's": (*to_kafka(need("theirs", source="/companies/olaio"))[1:], 403, "/source"),
    "unknown": (b"{}", [*to_kafka(need("strange", type="eu.vethub.need.eaten.v1")).headers], 422, "/type"),
    "later": (b"{}", [*to_kafka(need("later", type="eu.vethub.need.published.v2")).headers], 422, "/type"),
    "hub's": (*to_kafka(builders.example("need.expired", id="hubs", source="/companies/betangible"))[1:], 403, "hub only"),
    "bad data": (b'{"headcount": "many"}', to_kafka(need("wrong")).headers, 422, "/data/headcount"),
    "no event": (b"plain text", (), 400, "neither ce_* headers"),
}  # fmt: skip


async def test_what_is_refused_is_a_row_with_reason_and_bytes_and_is_told_and_the_topic_goes_on(there: Region) -> None:
    for value, headers, _, _ in BAD.values():
        await there.write(COMPANY, value, [(name, text) for name, text in headers if not name.startswith("ce_hub")])
    await there.say(COMPANY, need("good"))

    async with there.reading() as reader:
        await until(there.stored)
        await until(lambda: reader.refused == len(BAD))

    assert [row.id for row in await there.stored()] == ["good"]
    rows, told = await there.rows(), await there.told()
    assert len(rows) == len(told) == len(BAD)
    for n, (value, _, status, says) in enumerate(BAD.values()):
        (row,) = [row for row in rows if row.partition_key == COMPANY and _lies_at(row, told[n])]
        assert row.state == "needs_operator"
        assert row.raw == (value or b"")
        assert row.reason.startswith(f"refused ({status})")
        assert says in row.reason
        assert (told[n].topic, told[n].sent_to) == ("out.betangible", COMPANY)
        refusal = orjson.loads(told[n].data)
        assert refusal["problem"]["status"] == status
        assert refusal["problem"]["instance"] == f"/in.betangible/0@{n}"
    assert [orjson.loads(each.data)["id"] for each in told][2:5] == ["", "tomb", "large"]


def _lies_at(row: Any, told: Any) -> bool:
    problem = orjson.loads(told.data)["problem"]
    return row.id in (orjson.loads(told.data)["id"] or problem["instance"][1:], problem["instance"][1:])


async def test_what_comes_again_after_a_crash_changes_nothing(there: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forget(*_: object) -> None:
        """Commit no offsets, as if killed before."""

    await there.say(COMPANY, need("1"))
    await there.write(COMPANY, b"plain text")
    with monkeypatch.context() as crash:
        crash.setattr(inbound, "_commit", forget)
        async with there.reading() as reader:
            await until(lambda: reader.taken + reader.refused == 2)
    async with there.reading() as successor:
        await until(lambda: successor.taken + successor.refused == 2)

    assert [len(await each()) for each in (there.stored, there.rows, there.told)] == [1, 1, 1]


async def test_a_new_partner_s_topic_is_read_without_a_restart(there: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "FRESH", 300)
    async with there.reading():
        await there.say(COMPANY, need("1"))
        await until(there.stored)
        await there.join("olaio")
        data = builders.need(company_id="olaio")
        await there.say("olaio", builders.envelope("need.published", data, id="2", source="/companies/olaio"))
        rows = await until(lambda: _when(there.stored(), 2))

    assert rows[1].tenant == "olaio"


async def test_what_stands_on_a_topic_of_nobody_is_refused(there: Region) -> None:
    await there.say(PROVIDER, need("1"))
    await there.store.write(tenants.remove, PROVIDER)
    async with there.reading():
        (row,) = await until(there.rows)

    assert "movex is no partner on Kafka" in row.reason
    assert await there.stored() == []


async def test_while_the_database_is_away_nothing_is_lost_and_nothing_loops_hot(
    there: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, write = 0, PostgresStore.write

    async def away(self: PostgresStore, question: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        if question is store_letters and (tries := tries + 1) <= 3:
            raise ServiceAway("PostgreSQL does not answer")
        return await write(self, question, *args, **kwargs)

    pauses: list[int] = []
    monkeypatch.setattr(PostgresStore, "write", away)
    monkeypatch.setattr(inbound, "pause_after", lambda failures: pauses.append(failures) or runner.pause_after(1))
    await there.say(COMPANY, need("1"))
    async with there.reading():
        rows = await until(there.stored)

    assert [row.id for row in rows] == ["1"]
    assert pauses == [1, 2, 3]


async def test_a_record_the_database_refuses_does_not_hold_the_others(
    there: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def picky(session: Any, letters: Any, *rest: Any) -> Any:
        if any(
            letter.envelope and letter.envelope.id == "2" and letter.outcome.__class__.__name__ == "Entry"
            for letter in letters
        ):
            raise ValueError("no such row")
        return await store_letters(session, letters, *rest)

    monkeypatch.setattr(inbound, "store_letters", picky)
    for event_id in ("1", "2", "3"):
        await there.say(COMPANY, need(event_id))
    async with there.reading():
        await until(lambda: _when(there.stored(), 2))
        (row,) = await until(there.rows)

    assert [each.id for each in await there.stored()] == ["1", "3"]
    assert row.reason == "refused (500): the database refuses the event: ValueError"


async def test_a_partner_that_writes_too_fast_is_read_more_slowly_and_others_are_not(there: Region) -> None:
    for n in range(6):
        await there.say(COMPANY, need(str(n)))
    async with there.reading(rate=0.001, burst=5):
        await until(lambda: _when(there.stored(), 6))
        await there.say(COMPANY, need("later"))
        await there.say(PROVIDER, builders.example("curriculum.published", id="c", source="/providers/movex"))
        await until(lambda: _when(there.stored(), 7))

    assert [row.id for row in await there.stored()][6:] == ["c"]


async def _when(found: Any, count: int) -> Any:
    rows = await found
    return rows if len(rows) == count else None

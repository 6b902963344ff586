"""Transactions that cross on PostgreSQL: nothing is lost between outbox and relay, and no key is turned around.

Each is one interleaving played step by step, first with our own functions, and where a rule is what keeps it right, once
without the rule.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from events.envelope import Envelope
from hub.log.outbox import OutboxLog
from hub.store import history, leases
from hub.store.port import Transaction
from hub.store.postgres import PostgresStore
from tests.delivery.rigs import entries
from tests.delivery.toys import ask, need, needs, until

pytestmark = pytest.mark.services
WAITERS = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@dataclass
class Wave:
    """A relay that is told when to look: what it reads it counts as sent and deletes."""

    store: PostgresStore
    token: int

    async def read(self) -> list[str]:
        rows = await self.store.read(history.unsent, limit=500)
        seqs = [envelope.seq for _, envelope in rows if envelope.seq is not None]
        assert await self.store.write(history.sent, seqs, lease="relay", token=self.token) == len(seqs)
        return [envelope.id for _, envelope in rows]


@pytest.fixture
async def wave(postgres: PostgresStore) -> Wave:
    """A relay that holds the lease."""
    token = await postgres.write(leases.hold, "relay", holder="wave", seconds=60)
    assert token is not None
    return Wave(postgres, token)


async def append(tx: Transaction, *envelopes: Envelope) -> None:
    await tx.do(OutboxLog().append, entries(envelopes))


async def say(store: PostgresStore, *envelopes: Envelope) -> int:
    return await store.write(OutboxLog().append, entries(envelopes))


async def somebody_waits(store: PostgresStore) -> bool:
    return bool((await store.read(ask, WAITERS))[0].n)


async def seqs(store: PostgresStore) -> dict[str, int]:
    return {row.id: row.seq for row in await store.read(ask, "SELECT id, seq FROM history ORDER BY seq")}


# ---- interleavings ---------------------------------------------------------------------------------------------------------


async def test_a_late_commit_with_a_lower_number_is_still_sent(postgres: PostgresStore, wave: Wave) -> None:
    async with postgres.transaction() as late:
        await append(late, need("a1", "a"))
        await say(postgres, need("b1", "b"))
        assert await wave.read() == ["b1"]

    numbers = await seqs(postgres)
    assert numbers["a1"] < numbers["b1"]
    assert await wave.read() == ["a1"]
    assert await wave.read() == []


async def test_numbers_drawn_in_another_order_than_transactions_began_lose_nothing(
    postgres: PostgresStore, wave: Wave
) -> None:
    async with AsyncExitStack() as open_still:
        newer = postgres.transaction()
        async with postgres.transaction() as older:
            await older.do(ask, "SELECT pg_current_xact_id()")
            second = await open_still.enter_async_context(newer)
            await second.do(ask, "SELECT pg_current_xact_id()")
            await append(second, need("b1", "b"))  # the newer transaction draws the lower number
            await append(older, need("a1", "a"))
        assert await wave.read() == ["a1"]

    numbers = await seqs(postgres)
    assert numbers["b1"] < numbers["a1"]
    assert await wave.read() == ["b1"]


async def one_key_in_two_transactions(postgres: PostgresStore, wave: Wave, *, waits: bool) -> list[str]:
    """Let a second event of a key be stored while the first is not committed; returns the order in which they leave."""
    left: list[str] = []
    async with postgres.transaction() as first:
        await append(first, need("a1", "a"))
        second = asyncio.create_task(say(postgres, need("a2", "a")))
        await until(lambda: somebody_waits(postgres) if waits else second.done())
        left += await wave.read()
    await second
    return left + await wave.read()


async def test_events_of_one_key_leave_in_the_order_of_their_numbers(postgres: PostgresStore, wave: Wave) -> None:
    assert await one_key_in_two_transactions(postgres, wave, waits=True) == ["a1", "a2"]

    numbers = await seqs(postgres)
    assert numbers["a1"] < numbers["a2"]


async def test_an_event_that_waits_for_its_key_has_no_number_yet(postgres: PostgresStore, wave: Wave) -> None:
    async with postgres.transaction() as first:
        await append(first, need("a1", "a"))
        waiting = asyncio.create_task(say(postgres, need("b1", "b"), need("a3", "a")))
        await until(lambda: somebody_waits(postgres))
        await append(first, need("a2", "a"))
    await waiting

    assert list(await seqs(postgres)) == ["a1", "a2", "b1", "a3"]
    assert await wave.read() == ["a1", "a2", "b1", "a3"]


async def test_without_the_keys_lock_they_would_leave_turned_around(
    postgres: PostgresStore, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = history.WITH_OUTBOX.head.replace("pg_advisory_xact_lock(k)", "k")
    monkeypatch.setattr(history, "WITH_OUTBOX", replace(history.WITH_OUTBOX, head=head))

    assert await one_key_in_two_transactions(postgres, wave, waits=False) == ["a2", "a1"]


async def test_a_first_event_that_is_rolled_back_lets_the_second_go(postgres: PostgresStore, wave: Wave) -> None:
    async def store_and_fail() -> None:
        async with postgres.transaction() as first:
            await append(first, need("a1", "a"))
            tasks.append(asyncio.create_task(say(postgres, need("a2", "a"))))
            await until(lambda: somebody_waits(postgres))
            raise RuntimeError

    tasks: list[asyncio.Task[int]] = []
    with pytest.raises(RuntimeError):
        await store_and_fail()
    await tasks[0]

    assert await wave.read() == ["a2"]


async def test_writers_of_the_same_keys_in_any_order_do_not_stop_each_other(
    postgres: PostgresStore, wave: Wave
) -> None:
    order, keys = random.Random(20261123), list("abcdefgh")  # noqa: S311 - shuffles, guards nothing

    async def write(writer: int) -> None:
        for n in range(5):
            order.shuffle(keys)
            await say(postgres, *(need(f"{key}-{writer}-{n}", key) for key in keys))

    await asyncio.gather(*(write(writer) for writer in range(5)))

    assert len(await wave.read()) == 5 * 5 * len(keys)


# ---- what the relay reads and forgets ----------------------------------------------------------------------------------


async def test_events_are_numbered_in_the_order_given(postgres: PostgresStore, wave: Wave) -> None:
    said = needs(400, "abcdefgh")

    assert await say(postgres, *said) == 400

    assert await wave.read() == [event.id for event in said]


async def test_an_event_stored_before_is_not_sent_again(postgres: PostgresStore, wave: Wave) -> None:
    await say(postgres, need("a1"))
    await wave.read()

    assert await say(postgres, need("a1"), need("a2"), need("a1")) == 1
    assert await wave.read() == ["a2"]


async def test_exactly_what_was_sent_is_forgotten(postgres: PostgresStore, wave: Wave) -> None:
    async with postgres.transaction() as late:
        await append(late, need("b1", "b"))
        await say(postgres, need("a1", "a"))
        rows = await postgres.read(history.unsent, limit=500)

    sent = [envelope.seq for _, envelope in rows if envelope.seq is not None]
    assert await postgres.write(history.sent, sent, lease="relay", token=wave.token) == 1
    assert await wave.read() == ["b1"]


async def test_a_relay_whose_lease_passed_on_forgets_nothing(postgres: PostgresStore, wave: Wave) -> None:
    await say(postgres, need("a1"))
    (number,) = (await seqs(postgres)).values()

    assert await postgres.write(history.sent, [number], lease="relay", token=wave.token - 1) == 0
    assert await postgres.write(history.sent, [number], lease="another", token=wave.token) == 0
    assert await postgres.read(history.outbox_age) == (1, need("x").received_at)
    assert await wave.read() == ["a1"]
    assert await postgres.read(history.outbox_age) == (0, None)

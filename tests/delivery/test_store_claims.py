"""What two processes may want at once, on both stores: events, leases, jobs, reminders. One gets it, the other does not."""

import asyncio
from contextlib import suppress

import pytest

from hub.store import due, inbox, jobs, leases
from hub.store.inbox import EventKey, Settled
from hub.store.jobs import JobRow
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from tests.delivery.toys import another, ask, change, until

AT = "2026-11-23T08:00:00.000000Z"
LATER = "2026-11-23T09:00:00.000000Z"
E1, E2, E3 = ("/c/x", "e1"), ("/c/x", "e2"), ("/c/y", "e1")

BLOCKED = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def somebody_waits(store: Store) -> bool:
    return bool((await store.read(ask, BLOCKED))[0].n)


async def plan_for(store: Store, table: str) -> None:
    """Let PostgreSQL learn how full a table is now; it plans by that until it looks again."""
    if store.engine == "postgresql":
        await store.write(change, f"ANALYZE {table}")


async def plan_for_an_empty(store: Store, table: str) -> None:
    """Let PostgreSQL believe that the table is empty, as it does after a quiet night."""
    await store.write(jobs.put, [job(f"gone-{n}") for n in range(20)])
    await store.write(due.put, [reminder(f"gone-{n}") for n in range(20)])
    await store.write(change, "DELETE FROM jobs")
    await store.write(change, "DELETE FROM due")
    await plan_for(store, table)


# ---- events ---------------------------------------------------------------------------------------------------------------


async def test_an_event_is_taken_once_a_group(store: Store) -> None:
    assert await store.write(inbox.claim, [E1, E2], grp="matcher", epoch=0, at=AT) == {E1, E2}
    assert await store.write(inbox.claim, [E1, E2, E3], grp="matcher", epoch=0, at=AT) == {E3}
    assert await store.write(inbox.claim, [E1], grp="workflow", epoch=0, at=AT) == {E1}
    assert await store.write(inbox.claim, [E1], grp="matcher", epoch=1, at=AT) == {E1}
    assert await store.write(inbox.claim, [], grp="matcher", epoch=0, at=AT) == set()


async def test_what_a_lost_transaction_took_is_free_again(store: Store) -> None:
    async def take_and_fail() -> None:
        async with store.transaction() as tx:
            await tx.do(inbox.claim, [E1], grp="matcher", epoch=0, at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await take_and_fail()

    assert await store.write(inbox.claim, [E1], grp="matcher", epoch=0, at=AT) == {E1}


async def test_the_inbox_tells_what_came_of_an_event(store: Store) -> None:
    await store.write(inbox.claim, [E1, E2], grp="matcher", epoch=0, at=AT)
    await store.write(inbox.settle, [Settled(*E2, "refused", "too late")], grp="matcher", epoch=0, at=LATER)

    found = {step.id: (step.outcome, step.note, step.at) for step in await store.read(inbox.steps, [E1, E2, E3])}

    assert found == {"e1": ("done", None, AT), "e2": ("refused", "too late", LATER)}


@pytest.mark.services
async def test_a_second_claimer_waits_for_the_first_and_gets_nothing(postgres: PostgresStore) -> None:
    async with postgres.transaction() as first:
        await first.do(inbox.claim, [E1], grp="matcher", epoch=0, at=AT)
        second = asyncio.create_task(postgres.write(inbox.claim, [E1, E2], grp="matcher", epoch=0, at=AT))
        await until(lambda: somebody_waits(postgres))
        assert not second.done()

    assert await second == {E2}


@pytest.mark.services
async def test_a_second_claimer_gets_what_the_first_gave_up(postgres: PostgresStore) -> None:
    second: asyncio.Task[set[EventKey]] | None = None
    with suppress(RuntimeError):
        async with postgres.transaction() as first:
            await first.do(inbox.claim, [E1], grp="matcher", epoch=0, at=AT)
            second = asyncio.create_task(postgres.write(inbox.claim, [E1], grp="matcher", epoch=0, at=AT))
            await until(lambda: somebody_waits(postgres))
            raise RuntimeError

    assert second is not None
    assert await second == {E1}


# ---- leases ---------------------------------------------------------------------------------------------------------------


async def expire(store: Store, name: str = "relay") -> None:
    await store.write(change, "UPDATE leases SET until = :past WHERE name = :name", past="2000-01-01", name=name)


async def test_a_lease_has_one_holder_who_may_keep_it(store: Store) -> None:
    assert await store.write(leases.hold, "relay", holder="one", seconds=10) == 1
    assert await store.write(leases.hold, "relay", holder="two", seconds=10) is None
    assert await store.write(leases.hold, "relay", holder="one", seconds=10) == 1
    assert await store.write(leases.hold, "other", holder="two", seconds=10) == 1


async def test_a_new_holder_gets_a_higher_token(store: Store) -> None:
    await store.write(leases.hold, "relay", holder="one", seconds=10)
    await expire(store)

    assert await store.write(leases.hold, "relay", holder="two", seconds=10) == 2
    await expire(store)
    assert await store.write(leases.hold, "relay", holder="one", seconds=10) == 3


async def test_a_lease_that_nobody_took_meanwhile_keeps_its_token(store: Store) -> None:
    await store.write(leases.hold, "relay", holder="one", seconds=10)
    await expire(store)

    assert await store.write(leases.hold, "relay", holder="one", seconds=10) == 1


async def test_a_lease_given_up_is_free_at_once_but_only_its_holder_can_give_it_up(store: Store) -> None:
    await store.write(leases.hold, "relay", holder="one", seconds=10)
    await store.write(leases.leave, "relay", holder="two")
    assert await store.write(leases.hold, "relay", holder="two", seconds=10) is None

    await store.write(leases.leave, "relay", holder="one")
    assert await store.write(leases.hold, "relay", holder="two", seconds=10) == 2


async def test_of_many_that_ask_at_once_one_gets_the_lease(store: Store) -> None:
    tokens = await asyncio.gather(*(store.write(leases.hold, "relay", holder=f"h{n}", seconds=10) for n in range(8)))

    assert [token for token in tokens if token is not None] == [1]


# ---- jobs -----------------------------------------------------------------------------------------------------------------


def job(name: str, *, channel: str = "mail", due_at: str = AT) -> dict[str, str]:
    texts = {"kind": "digest", "body": '{"n": 1}', "correlation_id": "c", "event_id": "e", "state": "due"}
    return {"job_id": name, "dedupe_key": f"d-{name}", "channel": channel, **texts, "due_at": due_at, "created_at": AT}


async def take(
    store: Store, *, now: str = AT, until: str = LATER, limit: int = 100, channel: str = "mail"
) -> list[JobRow]:
    return await store.write(jobs.lease, channel=channel, now=now, until=until, limit=limit)


async def test_the_same_dedupe_key_is_one_job(store: Store) -> None:
    again = {**job("j2"), "dedupe_key": "d-j1"}
    await store.write(jobs.put, [job("j1"), again])
    await store.write(jobs.put, [again])

    assert [row.job_id for row in await store.read(jobs.listing)] == ["j1"]


async def test_a_leased_job_is_not_leased_again_before_its_lease_ends(store: Store) -> None:
    await store.write(jobs.put, [job("j1"), job("j2", channel="webhook"), job("j3", due_at=LATER)])

    (first,) = await take(store)
    assert (first.job_id, first.state, first.attempts, first.body) == ("j1", "running", 1, {"n": 1})
    assert not await store.read(jobs.any_due, channel="mail", now=AT)
    assert await take(store) == []

    again = await take(store, now=LATER, until="2026-11-23T10:00:00.000000Z")
    assert [(row.job_id, row.attempts) for row in again] == [("j1", 2), ("j3", 1)]


async def test_the_report_of_a_lease_that_ran_out_does_not_count(store: Store) -> None:
    await store.write(jobs.put, [job("j1")])
    (slow,) = await take(store)
    (quick,) = await take(store, now=LATER)

    assert await store.write(jobs.finish, [jobs.Ended(slow, "failed", "slow")]) == set()
    assert await store.write(jobs.finish, [jobs.Ended(quick, "done", "quick")]) == {"j1"}
    assert await store.write(jobs.finish, [jobs.Ended(quick, "failed", "twice")]) == set()
    assert (await store.read(jobs.listing))[0].answer == "quick"
    assert await store.read(jobs.counts) == {"done": 1}


async def test_a_job_is_due_again_when_its_report_says_so(store: Store) -> None:
    await store.write(jobs.put, [job("j1")])
    (row,) = await take(store)
    await store.write(jobs.finish, [jobs.Ended(row, "due", "greylisted", LATER)])

    assert await take(store) == []
    assert [row.attempts for row in await take(store, now=LATER, until="2026-11-24")] == [2]


async def test_a_failed_job_is_due_again_when_an_operator_asks(store: Store) -> None:
    await store.write(jobs.put, [job("j1")])
    (row,) = await take(store)
    await store.write(jobs.finish, [jobs.Ended(row, "failed", "no such mailbox")])

    assert await store.write(jobs.retry, "j1", now=LATER) == 1
    assert [row.job_id for row in await take(store, now=LATER)] == ["j1"]


async def test_couriers_at_the_same_time_share_the_jobs(store: Store) -> None:
    await store.write(jobs.put, [job(f"j{n:02}") for n in range(20)])
    beside = another(store)
    await beside.start()

    lots = await asyncio.gather(*(take(each, limit=4) for each in (store, beside) * 3))
    await beside.stop()

    taken = [row.job_id for lot in lots for row in lot]
    assert len(taken) == len(set(taken))
    assert all(len(lot) <= 4 for lot in lots)


async def test_a_lease_takes_no_more_than_asked_however_the_statement_is_planned(store: Store) -> None:
    await plan_for_an_empty(store, "jobs")
    await store.write(jobs.put, [job(f"j{n:03}") for n in range(20)])

    assert [row.job_id for row in await take(store, limit=4)] == ["j000", "j001", "j002", "j003"]
    await plan_for(store, "jobs")
    assert [row.job_id for row in await take(store, limit=4)] == ["j004", "j005", "j006", "j007"]


@pytest.mark.services
async def test_a_courier_does_not_wait_for_another_courier(postgres: PostgresStore) -> None:
    await postgres.write(jobs.put, [job("j1"), job("j2")])

    async with postgres.transaction() as slow:
        mine = await slow.do(jobs.lease, channel="mail", now=AT, until=LATER, limit=1)
        assert [row.job_id for row in mine] == ["j1"]
        assert [row.job_id for row in await take(postgres)] == ["j2"]


# ---- reminders -------------------------------------------------------------------------------------------------------------


def reminder(about: str, at: str = AT, kind: str = "match-expires") -> dict[str, str]:
    return {"kind": kind, "about": about, "at": at, "partition_key": about, "correlation_id": "c", "event_id": "e"}


async def test_what_is_due_is_taken_once_and_oldest_first(store: Store) -> None:
    await store.write(
        due.put, [reminder("b"), reminder("a", at="2026-11-23T07:00:00.000000Z"), reminder("c", at=LATER)]
    )

    assert await store.read(due.next_at) == "2026-11-23T07:00:00.000000Z"
    assert [row.about for row in await store.write(due.take, now=AT, limit=10)] == ["a", "b"]
    assert await store.write(due.take, now=AT, limit=10) == []
    assert await store.read(due.next_at) == LATER


async def test_the_last_word_about_a_reminder_wins(store: Store) -> None:
    await store.write(due.put, [reminder("a"), reminder("a", at=LATER)])
    await store.write(due.put, [reminder("b", at=LATER)])
    await store.write(due.put, [reminder("b")])

    assert [row.about for row in await store.write(due.take, now=AT, limit=10)] == ["b"]


async def test_no_more_reminders_are_taken_than_asked_however_the_statement_is_planned(store: Store) -> None:
    await plan_for_an_empty(store, "due")
    await store.write(due.put, [reminder(f"r{n:02}") for n in range(30)])

    assert len(await store.write(due.take, now=AT, limit=7)) == 7
    await plan_for(store, "due")
    assert len(await store.write(due.take, now=AT, limit=7)) == 7
    assert len(await store.write(due.take, now=AT, limit=100)) == 16


async def test_schedulers_at_the_same_time_share_what_is_due(store: Store) -> None:
    await store.write(due.put, [reminder(f"r{n:02}") for n in range(20)])
    beside = another(store)
    await beside.start()

    lots = await asyncio.gather(*(each.write(due.take, now=AT, limit=5) for each in (store, beside) * 2))
    await beside.stop()

    taken = [row.about for lot in lots for row in lot]
    assert len(taken) == len(set(taken))

"""Two releases at once on one database: what only the newer one knows is left to it, and a schema says who may work on it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from events.envelope import Envelope
from hub import stream
from hub.cli import processes
from hub.errors import WrongSchema
from hub.log.outbox import OutboxLog
from hub.settings import Settings, load
from hub.store import schema
from hub.store.migrate import migrate, newest
from hub.store.port import Store
from hub.store.postgres import PostgresStore
from tests.conftest import LOG
from tests.delivery.processes import Start, processes_of
from tests.delivery.rigs import entries
from tests.delivery.toys import ask, change, need, ref, until

KEYS = "abcdefghijklmnopqrst"  # over enough partitions that both releases have some
NEXT = "import tests.delivery.next_events; from hub.cli import main; main()"
CELEBRATED = "eu.vethub.need.celebrated.v1"


@pytest.fixture
async def start(cluster_settings: Settings, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts processes of a cluster of the test's own."""
    async with processes_of(cluster_settings, tmp_path) as starting:
        yield starting


def celebrated(key: str, n: int) -> Envelope:
    return need(f"{key}{n}", key, type=CELEBRATED, data=b'{"need_ref": "%s"}' % ref(key).encode())


@pytest.mark.services
async def test_old_and_new_code_work_at_once_and_what_only_the_new_knows_is_left_to_it(
    start: Start, cluster_settings: Settings
) -> None:
    relay, old = start("relay"), start("worker", "--group", "projector")
    for part in (relay, old):
        await part.says("running")
    store = PostgresStore(cluster_settings.database_url or "")

    async def say(n: int) -> set[str]:
        said = [event for key in KEYS for event in (celebrated(key, n), need(f"{key}{n}-known", key))]
        await store.write(OutboxLog().append, entries(said))
        return {event.id for event in said}

    async def done(wanted: set[str]) -> bool:
        rows = await store.read(ask, "SELECT id FROM inbox WHERE grp = 'projector' AND outcome = 'done'")
        return {row.id for row in rows} >= wanted

    said = await say(1)
    await until(lambda: done({name for name in said if "known" in name}))  # nothing stands behind what it cannot read
    waiting = await store.read(ask, "SELECT id, state FROM parked WHERE grp = 'projector'")
    assert {(row.id, row.state) for row in waiting} == {(f"{key}1", "waiting") for key in KEYS}

    new = start("worker", "--group", "projector", program=NEXT, handlers="tests.delivery.next_release:ROUTERS")
    await new.says("running")
    said |= await say(2)
    assert await old.stop() == 0

    await until(lambda: done(said))
    assert await store.read(ask, "SELECT id FROM parked WHERE grp = 'projector'") == []
    counts = await store.read(ask, "SELECT key, version FROM counters WHERE key LIKE 'celebrated:%'")
    assert {(row.key, row.version) for row in counts} == {(f"celebrated:{ref(key)}", 2) for key in KEYS}
    await store.stop()


async def stands_at(store: Store, revision: str, *, oldest: str) -> None:
    """Make a database look as a newer release left it."""
    await store.write(change, "UPDATE alembic_version SET version_num = :revision", revision=revision)
    await store.write(change, "DELETE FROM schema_terms")
    await store.write(change, "INSERT INTO schema_terms (oldest) VALUES (:oldest)", oldest=oldest)


@pytest.fixture
async def left_behind(store: Store, store_url: str) -> AsyncIterator[str]:
    """A database's URL; whatever the test does to its schema's number is put right again."""
    yield store_url
    await stands_at(store, newest(), oldest="")


async def test_a_database_that_is_for_newer_code_is_refused_with_a_sentence(store: Store, left_behind: str) -> None:
    await stands_at(store, "9002", oldest="9001")

    with pytest.raises(WrongSchema) as refused:
        await migrate(left_behind)

    assert str(refused.value) == (
        "the database is at schema 9002, which releases before schema 9001 cannot work on; "
        f"this one ends at {newest()}: start the newer release in its place"
    )


async def test_a_database_that_a_newer_release_only_added_to_is_worked_on_as_it_is(
    store: Store, left_behind: str
) -> None:
    await stands_at(store, "9002", oldest=newest())

    await migrate(left_behind)

    assert await store.read(schema.revision) == "9002"


@pytest.mark.services
async def test_a_process_whose_database_moves_on_without_it_says_so_and_waits(
    postgres: PostgresStore, shared_database: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SCHEMA_LOOK", 0.05)
    settings = load(database_url=shared_database, log_url=LOG, topic_prefix=topic_prefix)
    try:
        with capture_logs() as logs:
            running = asyncio.create_task(processes.run(settings, {"scheduler"}))
            await until(lambda: postgres.read(ask, "SELECT 1 FROM history"))  # the scheduler's first sweep
            await stands_at(postgres, "9002", oldest="9001")
            await until(lambda: "start.waiting" in [entry["event"] for entry in logs])
            await stands_at(postgres, "9002", oldest=newest())
            await until(lambda: "start.waited" in [entry["event"] for entry in logs])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()
    finally:
        await stands_at(postgres, newest(), oldest="")

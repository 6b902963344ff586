"""Partners' own programs on Kafka: one in JavaScript asks, one in FastStream answers, and the hub is between them.

They are given the addresses of a broker and their own slug, and know nothing but the wire.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.clock import FixedClock
from hub.settings import Settings
from hub.store.postgres import PostgresStore
from hub.stream import cluster
from tests import builders
from tests.conftest import EXAMPLE_NODE, LOG
from tests.delivery.partners import Region, region
from tests.delivery.rigs import on_topic
from tests.delivery.toys import until

pytestmark = [pytest.mark.services, pytest.mark.examples]
PROGRAMS = Path(__file__).parents[2] / "deploy" / "examples"
COMPANY, PROVIDER = "betangible", "movex"
ON_KAFKA = {"groups", "relay", "partners"}


@pytest.fixture
async def there(cluster_settings: Settings) -> AsyncIterator[Region]:
    """A whole hub with a company and a provider on Kafka; the provider teaches what the company looks for."""
    clock = FixedClock(builders.AT)
    async with cluster(cluster_settings, parts=ON_KAFKA, clock=clock) as hub:
        assert isinstance(hub.store, PostgresStore)
        async with region(hub.store, cluster_settings.topic_prefix) as made:
            await made.join(COMPANY, PROVIDER)
            await made.say(COMPANY, builders.example("company.registered"))
            for name in ("provider.registered", "curriculum.published", "session.scheduled"):
                await made.say(PROVIDER, builders.example(name, source="/providers/movex"))
            yield made


@asynccontextmanager
async def program(
    there: Region, tenant: str, *command: str | Path, folder: Path
) -> AsyncIterator[list[dict[str, Any]]]:
    """Run a partner's program until the block ends; gives what it prints, a JSON object a line."""
    settings = {"HUB_KAFKA": LOG.removeprefix("kafka://"), "HUB_TENANT": tenant, "HUB_TOPIC_PREFIX": there.prefix}
    running = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | settings, stdout=asyncio.subprocess.PIPE
    )
    printed: list[dict[str, Any]] = []

    async def listen() -> None:
        assert running.stdout is not None
        async for line in running.stdout:
            said = [json.loads(line)] if line.startswith(b"{") else []
            printed.extend(said)

    listening = asyncio.create_task(listen())
    try:
        yield printed
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
        await listening


async def test_two_programs_that_know_nothing_but_the_wire_find_each_other(there: Region, tmp_path: Path) -> None:
    shutil.copy(PROGRAMS / "javascript" / "partner.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(EXAMPLE_NODE.parent / "node_modules")
    faststream = Path(sys.executable).with_name("faststream")
    provider = (faststream, "run", "answer_requests:app")

    async with (
        program(there, PROVIDER, *provider, folder=PROGRAMS / "provider"),
        program(there, COMPANY, "node", "partner.mjs", folder=tmp_path) as printed,
    ):
        await until(lambda: _answered(printed) == {"betangible/N-301", "betangible/N-302"}, seconds=120)

    modes = {row.id: row.tenant for row in await there.stored() if row.id.startswith("js-")}
    assert modes == {"js-N-301": COMPANY, "js-N-302": COMPANY}
    assert await there.rows() == []
    sent = await on_topic(there.prefix, "out.movex")
    before = [each for each in sent if dict(each.headers)["ce_type"].startswith(b"eu.vethub.match.")]
    assert len(before) >= 2
    assert not [each for each in before if b"betangible" in each.value or b"betangible" in b"".join(_texts(each))]


def _answered(printed: list[dict[str, Any]]) -> set[str]:
    """Return the needs that a provider has said yes to, as the company's program was told."""
    about = {each["data"]["match_id"]: each["data"]["about"] for each in printed if "match.proposed" in each["type"]}
    told = [each["data"]["match_id"] for each in printed if "match.answered" in each["type"]]
    return {about[match_id] for match_id in told if match_id in about}


def _texts(record: Any) -> list[bytes]:
    return [record.key, *(value for _, value in record.headers)]


def test_the_lock_file_names_no_registry() -> None:
    assert b'"resolved"' not in (PROGRAMS / "javascript" / "package-lock.json").read_bytes()
    assert orjson.loads((PROGRAMS / "javascript" / "package.json").read_bytes())["private"] is True

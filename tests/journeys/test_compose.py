"""The layout of compose.yaml run for real: its commands, order and health checks, on the development services."""

import json
from pathlib import Path

import pytest

from hub.cli.telling import Tale
from hub.settings import Settings
from tests.journeys.composing import free_port, processes
from tests.journeys.mailpit import running

OUTSIDE = frozenset({"postgres", "kafka", "mailpit"})


@pytest.mark.services
@pytest.mark.mailpit
async def test_the_demo_told_to_separate_processes_gives_the_embedded_demos_object(
    story: Tale, bare_cluster: Settings, tmp_path: Path
) -> None:
    async with running(tmp_path) as mailpit:
        rewritten = {
            "VET_HUB_DATABASE_URL": bare_cluster.url,
            "VET_HUB_LOG_URL": bare_cluster.log_url or "",
            "VET_HUB_TOPIC_PREFIX": bare_cluster.topic_prefix,
            "VET_HUB_SMTP_URL": f"smtp://127.0.0.1:{mailpit.smtp_port}",
            "VET_HUB_HOST": "127.0.0.1",
            "VET_HUB_PORT": str(free_port()),
        }
        async with processes(tmp_path, rewritten, OUTSIDE) as cluster:
            told = json.loads(await cluster.run("demo", "--json"))
            codes = await cluster.end()
        mails = await mailpit.get("messages?limit=500")

    assert {**told, "seconds": 0} == json.loads(json.dumps({**story.outcome, "seconds": 0}))
    assert mails["total"] == told["mails"]
    assert set(codes.values()) == {0}
    assert list((tmp_path / "root").iterdir()) == []  # a container's root can only be read

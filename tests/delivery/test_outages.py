"""Kafka and PostgreSQL die, fall silent and run out of disk while 300 events a second come in by HTTP.

Each post is answered 202 or 503 in time; what was accepted is there and has its effects once; the log stays readable, no
transaction stays open, and the hub goes on by itself. The processes are the real commands with shorter patience
(`outages/hasty.py`); `make outages` plays these and more (a silent Kafka, PostgreSQL's disk full) at full length.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.delivery.outages.disk import full, small_disk
from tests.delivery.outages.play import Report, absences, play
from tests.delivery.outages.posting import A_SECOND
from tests.delivery.outages.processes import HASTY
from tests.delivery.outages.site import Site, site
from tests.delivery.outages.stage import Stage, cluster_stage, embedded_stage

pytestmark = [pytest.mark.torture, pytest.mark.asyncio(loop_scope="module")]
PATIENCE = 120.0  # seconds until the hub must be as before, however busy the machine; `make outages` gives it 20
AWAY = 4.0  # seconds; longer than any hasty process waits for an answer
DISK = 600  # megabytes

Cluster = tuple[Stage, Site]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A cluster at work on services of its own."""
    with site() as services:
        async with cluster_stage(services, tmp_path_factory.mktemp("outages"), program=HASTY) as stage:
            yield stage, services


def told(report: Report, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Show the figures and return what was wrong."""
    with capsys.disabled():
        print(f"\n{report}")
    return [str(violation) for violation in report.violations]


@pytest.mark.services
@pytest.mark.parametrize("name", ["Kafka killed", "PostgreSQL killed", "PostgreSQL silent"])
async def test_a_cluster_survives_the_absence_of_a_service(
    name: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    stage, services = cluster

    report = await play(
        stage,
        name,
        absences(services)[name],
        seed=len(stage.accepted),
        seconds=AWAY,
        patience=PATIENCE,
        a_second=A_SECOND,
    )

    assert told(report, capsys) == []


@pytest.mark.disk
async def test_an_embedded_hub_survives_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_disk(tmp_path / "disk", megabytes=DISK) as disk:
        async with embedded_stage(disk, tmp_path, program=HASTY) as stage:
            report = await play(
                stage,
                "SQLite's disk full",
                partial(full, disk),
                seed=1,
                seconds=AWAY,
                patience=PATIENCE,
                a_second=A_SECOND,
            )

    assert told(report, capsys) == []

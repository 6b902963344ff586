"""`make outages [SECONDS=60] [RATE=300]`: each service goes away for that long, with the hub's own patience; a table, a verdict."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.delivery.outages.disk import full, may_mount, small_disk
from tests.delivery.outages.play import Report, absences, play
from tests.delivery.outages.posting import A_SECOND
from tests.delivery.outages.site import site
from tests.delivery.outages.stage import cluster_stage, embedded_stage

NORMAL_WITHIN = 20.0  # seconds of the service's return
DISK = 2_000  # megabytes
console = Console(highlight=False)


def main() -> int:
    """Play every outage; the exit code is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="make outages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long a service is away")
    parser.add_argument("--rate", type=int, default=A_SECOND, help="events posted a second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outages-") as folder:
        reports = asyncio.run(_play_all(Path(folder), given.seconds, given.rate))
    _show(reports)
    return int(any(report.violations for report in reports))


async def _play_all(folder: Path, seconds: float, rate: int) -> list[Report]:
    if not may_mount():
        console.print("this user may not mount: no outage by a full disk, which needs a small one", style="yellow")
    reports = [report async for report in _cluster(folder, seconds, rate)]
    if may_mount():
        reports.append(await _embedded(folder, seconds, rate))
    return reports


async def _cluster(folder: Path, seconds: float, rate: int) -> AsyncIterator[Report]:
    with ExitStack() as stack:
        services = stack.enter_context(site())
        ways = absences(services)
        if may_mount():
            disk = stack.enter_context(small_disk(services.folder / "disk", megabytes=DISK))
            stack.callback(services.down)  # before its disk goes
            await services.move_database_to(disk)
            ways["PostgreSQL's disk full"] = partial(full, disk)
        async with cluster_stage(services, folder, apart=True) as stage:
            for seed, (name, absence) in enumerate(ways.items(), start=1):
                console.print(f"{name} for {seconds:.0f} s …")
                yield await play(
                    stage, name, absence, seed=seed, seconds=seconds, patience=NORMAL_WITHIN, a_second=rate
                )


async def _embedded(folder: Path, seconds: float, rate: int) -> Report:
    name = "SQLite's disk full"
    console.print(f"{name} for {seconds:.0f} s …")
    with small_disk(folder / "embedded", megabytes=DISK) as disk:
        async with embedded_stage(disk, folder) as stage:
            return await play(
                stage, name, partial(full, disk), seed=1, seconds=seconds, patience=NORMAL_WITHIN, a_second=rate
            )


def _show(reports: list[Report]) -> None:
    table = Table(
        "", "posts", "put off", "slowest answer", "normal again after", "lines a second", box=None, pad_edge=False
    )
    for report in reports:
        slowest, normal = f"{report.slowest:.1f} s", f"{report.normal_after:.1f} s"
        table.add_row(report.name, str(report.posts), str(report.put_off), slowest, normal, f"{report.lines:.1f}")
    console.print(table)
    for report in reports:
        for violation in report.violations:
            console.print(f"{report.name}: {violation}", style="red", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())

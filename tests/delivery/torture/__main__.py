"""`make torture N=500 [SEED=n] [ENGINE=sqlite|cluster] [AIM=point]`: that many schedules, a progress bar, a summary."""

import argparse
import asyncio
import os
import secrets
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Coroutine, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.delivery.torture.places import grounds
from tests.delivery.torture.run import Report, run_all
from tests.delivery.torture.sabotage import SABOTAGE
from tests.delivery.torture.schedule import ENGINES, POINTS, Engine, several

DATABASE = os.environ.get("VET_HUB_TEST_DATABASE_URL", "")
LOG = os.environ.get("VET_HUB_TEST_LOG_URL", "")
AT_ONCE = max(2, os.cpu_count() or 2)
console = Console(highlight=False)


def main() -> int:
    """Run what the command line asks for; the exit code is 1 when a promise was broken."""
    given = _arguments()
    engines = _engines(given.engine)
    console.print(f"seed {given.seed}, {given.n} schedules on {' and '.join(engines)}")
    began = monotonic()
    reports = asyncio.run(_interruptible(_play(given, engines)))
    _summarise(reports, monotonic() - began)
    return int(any(report.violations for report in reports))


def _arguments() -> argparse.Namespace:
    points = sorted({point for points in POINTS.values() for point in points})
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--n", type=int, default=100, help="how many schedules")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**9), help="of the first; each next has one more"
    )
    parser.add_argument("--engine", choices=ENGINES, help="this one only")
    parser.add_argument("--aim", default="", choices=["", *points], help="kill at this point only")
    parser.add_argument("--sabotage", default="", choices=["", *SABOTAGE], help="break a rule on purpose")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="schedules beside each other")
    return parser.parse_args()


def _engines(wanted: Engine | None) -> tuple[Engine, ...]:
    services = bool(DATABASE and LOG)
    if wanted == "cluster" and not services:
        sys.exit("make torture: the cluster needs PostgreSQL and Kafka: `make services`, then again")
    if wanted:
        return (wanted,)
    if not services:
        console.print("PostgreSQL and Kafka are not up (`make services`): SQLite only")
    return ENGINES if services else ("sqlite",)


async def _interruptible(playing: Coroutine[Any, Any, list[Report]]) -> list[Report]:
    """Let SIGTERM end it as Ctrl-C does: databases, topics and processes are taken away."""
    task = asyncio.ensure_future(playing)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def _play(given: argparse.Namespace, engines: tuple[Engine, ...]) -> list[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    schedules = several(given.seed, given.n, engines, aim=given.aim, sabotage=given.sabotage)
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("schedules", total=given.n)

        def each(report: Report) -> None:
            progress.advance(bar)
            if report.violations:
                progress.console.print(f"[red]broken[/red] {report}\n  left in {folder}", soft_wrap=True)
            elif not console.is_terminal:
                console.print(f"{report.schedule.command}: kept, {report.took:.1f} s")

        async with grounds(frozenset(engines), folder, database_url=DATABASE, log_url=LOG) as made:
            return await run_all(schedules, made, folder, at_once=given.at_once, each=each)


def _summarise(reports: Sequence[Report], took: float) -> None:
    ends, figures = Counter[str](), Counter[str]()
    for report in reports:
        ends.update(report.ends)
        figures.update(report.figures)
    table = Table("killed or stalled at", "times", box=None, pad_edge=False)
    for point, times in sorted(ends.items()):
        table.add_row(point, str(times))
    console.print(table)
    console.print(", ".join(f"{count} {name}" for name, count in figures.items()))
    broken = [report for report in reports if report.violations]
    console.print(
        f"{len(reports)} schedules in {took:.0f} s ({took / max(1, len(reports)):.1f} s each): {len(broken)} broken"
    )
    for report in broken:
        console.print(f"  {', '.join(sorted(report.rules))}: {report.schedule.command}", style="red")


if __name__ == "__main__":
    sys.exit(main())

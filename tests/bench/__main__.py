"""Measures the figures, prints the table and one JSON line; exit code 1 when a floor is missed."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog
from rich.console import Console

from hub.parts import tune_interpreter
from tests.bench import (
    bug,
    commands,
    consuming,
    digests,
    documents,
    executor,
    latency,
    mails,
    pages,
    partner,
    ranking,
    relaying,
    sustained,
    web,
)
from tests.bench.harness import Bench, Ground, Result, json_line, new_progress, program, run, table
from tests.bench.services import find_services

BENCHES: tuple[Bench, ...] = (
    *executor.BENCHES,
    *consuming.BENCHES,
    *bug.BENCHES,
    *relaying.BENCHES,
    *ranking.BENCHES,
    *digests.BENCHES,
    *documents.BENCHES,
    *mails.BENCHES,
    *web.BENCHES,
    *pages.BENCHES,
    *latency.BENCHES,
    *commands.BENCHES,
)
CLUSTER: tuple[Bench, ...] = (*sustained.BENCHES, *partner.BENCHES)
"""Of the cluster as it is run, every part a process of its own: minutes each, on a machine that does nothing else."""
ADVICE = "Ratios compare things done in turns within this run; milliseconds and rows a second are this machine's, now."


def main() -> int:
    """Run what the command line asks for."""
    asked = _arguments()
    tune_interpreter()  # as every process of the hub does; it serves the bare loops too
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console(stderr=not sys.stdout.isatty())
    chosen = [
        bench
        for bench in (CLUSTER if asked.cluster else BENCHES)
        if not asked.only or any(bench.is_named(name) for name in asked.only)
    ]
    toolless = [bench for bench in chosen if bench.tool and not program(bench.tool)]
    chosen = [bench for bench in chosen if bench not in toolless]
    services = find_services()
    left_out = [figure.name for bench in chosen if bench.services and not services for figure in bench.figures]
    results = asyncio.run(
        _measure([bench for bench in chosen if services or not bench.services], asked.repeats, console)
    )
    console.print(table(results), ADVICE, sep="\n")
    if left_out:
        console.print(f"Left out without PostgreSQL and Kafka (deploy/dev/services.sh up): {', '.join(left_out)}.")
    for bench in toolless:
        names = ", ".join(figure.name for figure in bench.figures)
        console.print(f"Left out without {bench.tool} ({bench.cure}): {names}.")
    line = json_line(results)
    if asked.json:
        asked.json.write_bytes(line + b"\n")
    print(line.decode(), flush=True)
    return 0 if all(result.ok for result in results) else 1


async def _measure(benches: Sequence[Bench], repeats: int, console: Console) -> list[Result]:
    results: list[Result] = []
    services = find_services()
    with new_progress(console) as progress:
        for bench in benches:
            with tempfile.TemporaryDirectory(prefix="vet-hub-bench-", ignore_cleanup_errors=True) as folder:
                results += await run(bench, Ground(Path(folder), repeats, services), progress)
    return results


def _arguments() -> argparse.Namespace:
    names = [
        name for bench in (*BENCHES, *CLUSTER) for name in (bench.name, *(figure.name for figure in bench.figures))
    ]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=sorted(set(names)), help=", ".join(dict.fromkeys(names))
    )
    parser.add_argument("--cluster", action="store_true", help="measure the cluster as it is run, process by process")
    parser.add_argument("--repeats", type=int, default=5, help="how often each figure is measured (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON line into a file too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""What a figure is, how its repeats are collected, and how they are told: a table for people, one JSON line for programs.

Every figure that can be is a ratio of two things done in turns within one run: what else the machine does meets both.
"""

import os
import shutil
import statistics
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Samples = Mapping[str, float]
TOOLS = Path(__file__).parents[2] / ".tools"


@dataclass(frozen=True)
class Figure:
    """One line of the table: what is measured, what it must reach and what it should; `most` ones must stay below."""

    name: str
    what: str
    unit: str
    floor: float
    goal: float
    most: bool = False

    def reaches(self, value: float, mark: float) -> bool:
        """Return whether a value is as good as a mark."""
        return value <= mark if self.most else value >= mark


@dataclass(frozen=True)
class Services:
    """Where the real PostgreSQL and Kafka of this run are."""

    database_url: str
    bootstrap: str


@dataclass(frozen=True)
class Ground:
    """What a bench stands on: a folder of its own, the number of repeats, the services when they are up."""

    folder: Path
    repeats: int
    services: Services | None = None

    @property
    def up(self) -> Services:
        """The services; a bench that needs them is not called without."""
        if self.services is None:
            raise LookupError("PostgreSQL and Kafka are not up")
        return self.services


@dataclass(frozen=True)
class Bench:
    """Figures measured together; `measure` yields one sample of each, a repeat."""

    name: str
    figures: tuple[Figure, ...]
    measure: Callable[[Ground], AsyncIterator[Samples]]
    services: bool = False
    tool: str = ""
    """A program that is not ours and that the bench cannot do without."""
    cure: str = ""
    """How to come by it."""

    def is_named(self, name: str) -> bool:
        """Return whether a name on the command line means this bench."""
        return name in {self.name, *(figure.name for figure in self.figures)}


def program(name: str) -> str:
    """Return where a program is, also in .tools and where only root's path looks; empty when it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(TOOLS), "/usr/sbin", "/usr/lib/postfix/sbin"])
    return shutil.which(name, path=path) or ""


@dataclass(frozen=True)
class Result:
    """A figure with its repeats."""

    figure: Figure
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The repeat in the middle: what is compared with floor and goal."""
        return statistics.median(self.values)

    @property
    def ok(self) -> bool:
        """Whether the floor is reached."""
        return self.figure.reaches(self.median, self.figure.floor)

    def as_json(self) -> dict[str, Any]:
        """Return the object that the last line holds."""
        return {
            "name": self.figure.name,
            "median": _short(self.median),
            "min": _short(min(self.values)),
            "max": _short(max(self.values)),
            "unit": self.figure.unit,
            "floor": self.figure.floor,
            "goal": self.figure.goal,
            "ok": self.ok,
        }


async def run(bench: Bench, ground: Ground, progress: Progress) -> list[Result]:
    """Measure a bench; its progress is shown repeat by repeat."""
    task = progress.add_task(bench.name, total=ground.repeats)
    found: dict[str, list[float]] = {figure.name: [] for figure in bench.figures}
    async for samples in bench.measure(ground):
        for name, value in samples.items():
            found[name].append(value)
        progress.advance(task)
    return [Result(figure, tuple(found[figure.name])) for figure in bench.figures]


def new_progress(console: Console) -> Progress:
    """Return the lines that show what is being measured."""
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<12}"),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeElapsedColumn(),
        console=console,
    )


def table(results: Sequence[Result]) -> Table:
    """Lay the results out for people."""
    shown = Table(title="What the hub costs", title_justify="left", pad_edge=False)
    shown.add_column("figure")
    for column in ("min", "median", "max", "floor", "goal"):
        shown.add_column(column, justify="right")
    shown.add_column("")
    for result in results:
        figure, sign = result.figure, "≤" if result.figure.most else "≥"
        marks = [f"{sign} {_words(mark)}" for mark in (figure.floor, figure.goal)]
        values = [_words(value) for value in (min(result.values), result.median, max(result.values))]
        shown.add_row(f"{figure.what} [dim]({figure.unit})[/]", *values, *marks, _verdict(result))
    return shown


def json_line(results: Sequence[Result]) -> bytes:
    """Return the one line for programs."""
    return orjson.dumps({"figures": [result.as_json() for result in results]})


def _verdict(result: Result) -> str:
    if not result.ok:
        return "[red]missed[/]"
    return "[green]goal[/]" if result.figure.reaches(result.median, result.figure.goal) else "floor"


def _short(value: float) -> float:
    return float(f"{value:.4g}") if value < 1000 else round(value)


def _words(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"

"""One schedule: which processes there are, what they are sent, and where they are killed. All of it comes from a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.delivery.torture import workload
from tests.delivery.torture.workload import Workload

Engine = Literal["sqlite", "cluster"]
ENGINES: tuple[Engine, ...] = ("sqlite", "cluster")
ANY_TIME = "any-time"

EVERYWHERE = {
    "ingest.stored": 4,
    "executor.claimed": 9,
    "executor.flushed": 9,
    "executor.committed": 9,
    "courier.carried": 2,
    ANY_TIME: 1,
}
"""Kill points and the number of visits that a round can reckon with."""
POINTS: dict[Engine, dict[str, int]] = {
    "sqlite": EVERYWHERE,
    "cluster": {
        **EVERYWHERE,
        "stream.before_offset": 6,
        "relay.sent": 4,
        "relay.deleted": 4,
        "rebalance.revoked": 8,
    },
}
STALLING = ("executor", "relay", "courier", "ingest")
STALLS = (0.3, 0.3, 0.3, 1.0, 1.0, 12.0)  # seconds; Kafka gives a silent member's partitions away after 10
PARTS = frozenset({"ingest", "groups", "relay", "scheduler", "courier"})
GROUPS = ("matcher", "workflow", "notifier", "projector")


@dataclass(frozen=True)
class Process:
    """One of the hub's processes. A late one joins in the middle of the first round: the other's partitions move."""

    name: str
    parts: frozenset[str] = PARTS
    groups: tuple[str, ...] = GROUPS
    late: bool = False


APART = (
    Process("web", frozenset({"ingest"}), ()),
    *(Process(group, frozenset({"groups"}), (group,)) for group in GROUPS),
    *(Process(part, frozenset({part}), ()) for part in ("relay", "scheduler", "courier")),
)
"""As a cluster runs: web, a worker a group, relay, scheduler and courier, each a process."""
LAYOUTS = ("apart", "apart", "apart", "one", "halves", "groups", "twins", "late")


@dataclass(frozen=True)
class Kill:
    """How a round ends: at a visit of a point by one of the processes, or after some time."""

    processes: frozenset[str]
    point: str
    visit: int = 1
    after: float = 0.0
    """Seconds, for a kill at any time."""
    early: bool = False
    """Whether these seconds begin with the process, not with its work."""
    with_all: bool = False
    """Whether all other processes die with it."""
    stall: float = 0.0
    """Seconds after which it goes on as if nothing had been, instead of dying; longer than Kafka's session: a zombie."""

    @property
    def name(self) -> str:
        """Say what it is, for figures."""
        return f"stalled at {self.point}" if self.stall else self.point

    @property
    def kill_at(self) -> str:
        """Write it as the hub's failpoints read it."""
        return "" if self.point == ANY_TIME else f"{self.point}:{self.visit}"

    def __str__(self) -> str:
        """Say it shortly."""
        where = self.kill_at or f"{self.after * 1000:.0f} ms {'after its birth' if self.early else 'into its work'}"
        stalled = f", stalled for {self.stall:.1f} s" if self.stall else ""
        return f"{' or '.join(sorted(self.processes))} at {where}{stalled}{', all with it' if self.with_all else ''}"


@dataclass(frozen=True)
class Schedule:
    """Rounds of posting, one for each kill and a last one that is let live."""

    seed: int
    engine: Engine
    processes: tuple[Process, ...]
    kills: tuple[Kill, ...]
    workload: Workload
    window: int
    """Posts that the client has on the way at a time."""
    noted: bool
    """Whether a witness in each group notes what it was given; it may hide a lost conflict, so not always."""
    busy_mails: int
    """One in so many mails is put off by the mail server at first; 0: none."""
    sabotage: str = ""

    def __str__(self) -> str:
        """Say what happens."""
        who = ", ".join(process.name + (" (late)" if process.late else "") for process in self.processes)
        return (
            f"{self.engine}, {self.workload.size} events in {len(self.workload.posts)} posts, {self.window} at a time, "
            f"processes {who}; killed: {'; '.join(map(str, self.kills))}"
        )

    @property
    def command(self) -> str:
        """What repeats it."""
        return f"make torture N=1 SEED={self.seed} ENGINE={self.engine}"


def draw(seed: int, engine: Engine, *, aim: str = "", sabotage: str = "") -> Schedule:
    """Draw a schedule; `aim` makes every kill one at that point."""
    rng = Random(seed)  # noqa: S311 - a schedule, not a secret
    processes = (Process("only"),) if engine == "sqlite" else _processes(rng, aim)
    early = tuple(process for process in processes if not process.late)
    kills = tuple(_kill(rng, engine, processes if n else early, aim) for n in range(rng.choice((1, 1, 2, 3))))
    return Schedule(
        seed=seed,
        engine=engine,
        processes=processes,
        kills=kills,
        workload=workload.draw(rng),
        window=rng.choice((1, 2, 4)),
        noted=rng.random() < 0.75,
        busy_mails=rng.choice((0, 0, 3)),
        sabotage=sabotage,
    )


def _processes(rng: Random, aim: str) -> tuple[Process, ...]:
    layout = "late" if aim == "rebalance.revoked" else rng.choice(LAYOUTS)
    match layout:
        case "apart":
            return APART
        case "one":
            return (Process("only"),)
        case "halves":
            outer = frozenset({"ingest", "relay", "scheduler"})
            return (Process("doors", outer, ()), Process("heart", PARTS - outer))
        case "groups":
            return (Process("left", PARTS, GROUPS[:2]), Process("right", PARTS, GROUPS[2:]))
        case "twins":
            return (Process("one"), Process("other"))
        case _:
            return (Process("first"), Process("second", late=True))


def _kill(rng: Random, engine: Engine, processes: Sequence[Process], aim: str) -> Kill:
    able = {point: [process for process in processes if _reaches(process, point)] for point in POINTS[engine]}
    point = aim or rng.choice([point for point, reaching in able.items() if reaching])
    # One relay is active and nobody knows which: the first to get there dies.
    doomed = able[point] if point.startswith("relay") else [rng.choice(able[point])]
    stalls = len(processes) > 1 and point.startswith(STALLING) and rng.random() < 0.3
    return Kill(
        frozenset(process.name for process in doomed),
        point,
        # Low visits are more likely: a high one may not be reached before the work is done.
        visit=int(rng.triangular(1, POINTS[engine][point] + 1, 1)),
        after=rng.uniform(0, 0.8),
        early=rng.random() < 0.3,
        with_all=not stalls and rng.random() < 0.3,
        stall=rng.choice(STALLS) if stalls else 0.0,
    )


def _reaches(process: Process, point: str) -> bool:
    if point == "rebalance.revoked":
        return "groups" in process.parts and not process.late
    floor = point.partition(".")[0]
    needed = {"executor": "groups", "stream": "groups", "ingest": "ingest", "relay": "relay", "courier": "courier"}
    return floor == ANY_TIME or needed[floor] in process.parts


def several(seed: int, n: int, engines: Sequence[Engine], *, aim: str = "", sabotage: str = "") -> Iterator[Schedule]:
    """Draw schedules on the engines in turn, each from a seed one higher."""
    for place in range(n):
        yield draw(seed + place, engines[place % len(engines)], aim=aim, sabotage=sabotage)

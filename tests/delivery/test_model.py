"""Hypothesis looks for an interleaving of kills, rebalances and races that breaks a delivery promise.

The rules as they stand must survive; each rule switched off must be found red, else the machine proves nothing.
"""

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.delivery.model import Worker, World
from tests.delivery.toy_groups import Event

# Of the sabotages. What a seed draws also depends on the modules that are loaded, because Hypothesis tries their
# constants; so one seed may miss what the next one finds at once.
SEEDS = range(8, 14)
STORY = st.sampled_from(
    [
        (type_, key, fails)
        for type_, key in [("need", "a"), ("need", "b"), ("session", "s"), ("answer", "a")]
        for fails in ("", "", "", "matcher", "workflow")
    ]
)
NUMBERS, STOPS, BOTH = range(4), range(13), (False, True)  # a stop: the step before which a process is halted
QUICK = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def any_of(*choices: Any) -> st.SearchStrategy[Any]:
    """One draw for several arguments: drawing is what costs time."""
    return st.sampled_from(list(product(*choices)))


class Broken(AssertionError):
    """The machine found a broken promise."""


class Delivery(RuleBasedStateMachine):
    """Chooses the steps; after the last one the hub is settled and judged."""

    embedded, sabotage = False, ""
    group = ""  # if set, only processes of this group are chosen

    def __init__(self) -> None:
        super().__init__()
        self.world = World(embedded=self.embedded, sabotage=self.sabotage)
        self.sent = 0

    def event(self, type_: str, key: str, fails: str) -> Event:
        self.sent += 1
        return Event(f"{type_}-{self.sent}", type_, key, fails=fails)

    def busy(self) -> list[Worker]:
        return [w for w in self.world.workers if w.alive and self.group in w.group and not self.world.idle(w)]

    def work_until(self, worker: Worker, stop: int, size: int = 3) -> None:
        """The process goes on until it is about to do step `stop`, has done its batch, or waits."""
        while (worker.batch is None or worker.batch.step < stop) and self.world.work(worker, size=size):
            if worker.batch is None:
                return

    @initialize(stories=st.lists(STORY, min_size=1, max_size=4), how=any_of(BOTH, BOTH))
    def begin(self, stories: list[tuple[str, str, str]], how: tuple[bool, bool]) -> None:
        """A warm start has some events parked, and due."""
        warm, self.world.skip_locked = how
        for story in stories:
            self.publish(story)
        if warm:
            self.world.run_dry()
            self.world.now += 60

    @precondition(lambda self: self.sent < 8)
    @rule(story=STORY)
    def publish(self, story: tuple[str, str, str]) -> None:
        """Stored, answered and (cluster) on its way at once."""
        if self.world.log.request(self.event(*story)):
            self.world.log.accept(-1)
            self.world.log.relay_all()

    @precondition(lambda self: self.sent < 8 or self.world.log.requests)
    @rule(story=STORY, begins=st.booleans(), commits=st.booleans())
    def request(self, story: tuple[str, str, str], begins: bool, commits: bool) -> None:
        """Begin a request and leave it open, or end one that is open."""
        if begins or not self.world.log.requests:
            self.world.log.request(self.event(*story))
        elif commits:
            self.world.log.accept(-1)
        else:
            self.world.log.drop(-1)

    @precondition(lambda self: not self.embedded)
    @rule(what=any_of((0, 1), ("read", "send", "send one and die", "delete")))
    def relay(self, what: tuple[int, str]) -> None:
        relay = self.world.log.relays[what[0]]
        match what[1]:
            case "read":
                self.world.log.read(relay)
            case "send":
                self.world.log.send(relay)
            case "delete":
                self.world.log.delete(relay)
            case _:
                self.world.log.send(relay, dies_after=1)

    @precondition(lambda self: bool(self.busy()))
    @rule(how=any_of(NUMBERS, STOPS, (1, 3)))
    def work(self, how: tuple[int, int, int]) -> None:
        number, stop, size = how
        worker = self.busy()[number % len(self.busy())]
        self.world.work(worker, size=size)
        self.work_until(worker, stop)

    @precondition(lambda self: not self.embedded and self.busy())
    @rule(how=any_of(NUMBERS, STOPS, BOTH, BOTH))
    def rebalance(self, how: tuple[int, int, bool, bool]) -> None:
        """A process has come to step `stop` when all it owns is given to the other one of its group."""
        number, stop, told, at_once = how
        owner = self.busy()[number % len(self.busy())]
        other = next(w for w in self.world.workers if w.group == owner.group and w is not owner)
        if other.alive:
            self.work_until(owner, stop)
            for partition in list(owner.positions):
                self.world.rebalance(other, partition, told=told)
            while at_once and self.world.work(other):
                pass

    @precondition(lambda self: bool(self.busy()))
    @rule(how=any_of(NUMBERS, STOPS))
    def kill(self, how: tuple[int, int]) -> None:
        number, stop = how
        worker = self.busy()[number % len(self.busy())]
        self.work_until(worker, stop)
        self.world.kill(worker)

    @rule(what=st.sampled_from(["start", "start", "1 s", "60 s", "60 s", "flow", "mend", "retry", "skip"]))
    def later(self, what: str) -> None:
        match what:
            case "start":
                self.world.start_all()
            case "flow":
                self.world.run_dry()
            case "mend":
                self.world.mend()
            case "retry" | "skip":
                for number in sorted(self.world.database.tables["parked"])[:1]:
                    self.world.operate(number, skip=what == "skip")
            case _:
                self.world.now += int(what.split()[0])

    @invariant()
    def keeps_its_promises(self) -> None:
        broken = self.world.broken_now()
        if broken:
            raise Broken(broken)

    def teardown(self) -> None:
        broken = self.world.settle()
        if broken:
            raise Broken(broken)


class Cluster(Delivery):
    """PostgreSQL and Kafka."""


class Embedded(Delivery):
    """SQLite."""

    embedded = True


# New examples at each run; Hypothesis prints how to see a failure again.
TestCluster = Cluster.TestCase
TestCluster.settings = settings(QUICK, max_examples=150, phases=[Phase.generate, Phase.shrink])
TestEmbedded = Embedded.TestCase
TestEmbedded.settings = settings(QUICK, max_examples=80, phases=[Phase.generate, Phase.shrink])


@pytest.mark.parametrize(
    ("sabotage", "machine"),
    [
        ("two transactions", Cluster),
        ("two transactions", Embedded),
        ("release before park", Embedded),
        ("no recheck", Cluster),
        ("relay by cursor", Cluster),
        ("behind rule off", Cluster),
        ("behind rule off", Embedded),
        ("version check off", Cluster),
        ("inbox select-first", Cluster),
        ("no key lock", Cluster),
        ("offset before commit", Embedded),
        ("no seek after a conflict", Cluster),
        ("duplicates in one batch", Cluster),
        ("behind rows woken by the head", Cluster),
    ],
)
def test_each_rule_switched_off_is_found(sabotage: str, machine: type[Delivery]) -> None:
    assert any(_is_found(sabotage, machine, number) for number in SEEDS)


def _is_found(sabotage: str, machine: type[Delivery], number: int) -> bool:
    print(f"seed {number}")
    sabotaged = seed(number)(type(machine.__name__, (machine,), {"sabotage": sabotage}))
    try:
        run_state_machine_as_test(sabotaged, settings=settings(QUICK, max_examples=1000))
    except Broken:
        return True
    return False

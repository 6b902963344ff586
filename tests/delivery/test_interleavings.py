"""Interleavings so narrow that chance rarely finds them: each breaks a promise unless its one rule holds.

Two processes of the group `matcher`: the old owner of a partition is still at work when the new one begins.
"""

import pytest

from tests.delivery.model import Worker, World
from tests.delivery.toy_groups import Event

END = 99


def publish(world: World, id_: str, *, fails: str = "") -> None:
    world.log.request(Event(id_, "need", "a", fails=fails))
    world.log.accept(-1)
    world.log.relay_all()


def work(world: World, worker: Worker, *, until: int = END, size: int = 3) -> None:
    """Go on until about to do the step of that number, or until the process has nothing to do or waits."""
    while (worker.batch is None or worker.batch.step < until) and world.work(worker, size=size):
        pass


def step(world: World, name: str) -> int:
    return [step.__name__ for step in world.steps].index(name)


def rules(world: World) -> set[str]:
    return {violation.rule for violation in world.settle()}


@pytest.mark.parametrize(("sabotage", "broken"), [("", set()), ("parked read before claim", {"order"})])
def test_a_bug_that_the_old_owner_parks_meanwhile_holds_its_key_back(sabotage: str, broken: set[str]) -> None:
    world = World(sabotage=sabotage)
    old, new = world.workers[:2]
    publish(world, "need-1", fails="matcher")
    work(world, old, until=step(world, "commit"))

    publish(world, "need-2")
    world.rebalance(new, 0, told=True)
    work(world, new)
    work(world, old)

    assert rules(world) == broken


@pytest.mark.parametrize(("sabotage", "broken"), [("", set()), ("whole key at once", {"order"})])
def test_what_is_behind_a_head_in_other_hands_is_left_alone(sabotage: str, broken: set[str]) -> None:
    world = World(sabotage=sabotage)
    world.skip_locked = True
    old, new = world.workers[:2]
    publish(world, "need-1", fails="matcher")
    work(world, old)
    world.now += 5
    work(world, old, until=step(world, "commit"))

    publish(world, "need-2")
    world.rebalance(new, 0, told=True)
    work(world, new)

    assert rules(world) == broken


def test_a_row_saved_between_load_and_park_is_found_a_second_later() -> None:
    world = World()
    matcher, _, workflow, _ = world.workers
    publish(world, "need-1")
    world.log.request(Event("answer-1", "answer", "a"))
    world.log.accept(-1)
    world.log.relay_all()
    work(world, workflow, until=step(world, "park"))

    work(world, matcher)
    work(world, workflow)
    parked = [(shelf.event.id, shelf.state) for shelf in world.database.tables["parked"].values()]
    world.now += 1
    work(world, workflow)

    assert parked == [("answer-1", "waiting")]
    assert not world.database.tables["parked"]
    assert rules(world) == set()

"""Long work on the loop: short of its turn nobody notices it, beyond it everything that is ready runs in between."""

import asyncio

import pytest

from hub import loop as loop_module
from hub.loop import TURN, give_way, in_turns


class Clock:
    """Time that passes only by work."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(loop_module, "perf_counter", clock.read)
    return clock


class Rounds:
    """Counts the loop's rounds, as everything else that wants to run in each of them."""

    def __init__(self) -> None:
        self.count = 0
        self._task = asyncio.create_task(self._go_round())

    async def _go_round(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)

    def stop(self) -> None:
        self._task.cancel()


async def work(clock: Clock, rounds: Rounds, pieces: int, seconds: float) -> list[int]:
    """Do some pieces of work; returns the round in which each was done."""
    done = []
    for _ in range(pieces):
        await give_way()
        clock.now += seconds
        done.append(rounds.count)
    return done


async def test_work_that_fits_into_its_turn_is_done_at_once(clock: Clock) -> None:
    rounds = Rounds()

    done = await work(clock, rounds, pieces=10, seconds=TURN / 11)

    assert done == [0] * 10
    rounds.stop()


async def test_long_work_lets_others_run_whenever_its_turn_is_over(clock: Clock) -> None:
    rounds = Rounds()

    done = await work(clock, rounds, pieces=9, seconds=TURN / 2.5)

    assert [done.count(which) for which in sorted(set(done))] == [3, 3, 3]
    rounds.stop()


async def test_several_long_works_share_one_turn_and_all_go_on(clock: Clock) -> None:
    rounds, seconds = Rounds(), TURN / 2.5
    at_once = [work(clock, rounds, pieces=12, seconds=seconds) for _ in range(3)]

    done = await asyncio.gather(*at_once)

    every = [which for each in done for which in each]
    most = max(every.count(which) for which in set(every))
    assert most <= 3 + 2  # one turn, and a piece for each of those who find it over
    assert all(len(set(each)) > 1 for each in done)
    rounds.stop()


async def test_a_rest_between_two_works_is_no_work(clock: Clock) -> None:
    rounds = Rounds()
    await work(clock, rounds, pieces=1, seconds=TURN * 3)
    await asyncio.sleep(0)
    clock.now += 60.0
    await asyncio.sleep(0)
    before = rounds.count

    assert await work(clock, rounds, pieces=3, seconds=TURN / 4) == [before] * 3
    rounds.stop()


async def test_pieces_come_in_their_order_with_others_in_between(clock: Clock) -> None:
    rounds, seen = Rounds(), []

    async for piece in in_turns("abc"):
        clock.now += TURN * 2
        seen.append((piece, rounds.count))

    assert seen == [("a", 0), ("b", 1), ("c", 2)]
    rounds.stop()

"""Parts that sleep until they are woken stop when told to, even when both come in the same moment."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hub.couriers import Courier
from hub.log.history import HistoryLog, HistoryReader
from hub.parts import at_work
from hub.store.lite import LiteStore
from tests.delivery.rigs import HistoryRig
from tests.delivery.toys import Bench, Toys, need, until

Part = tuple[Callable[[], Coroutine[Any, Any, None]], Callable[[], None]]
TICKS = range(4)


def reader(bench: Bench) -> Part:
    log = bench.log
    assert isinstance(log, HistoryLog)
    return HistoryReader(bench.store, log, bench.runner(Toys())).run, log.appended


def runner(bench: Bench) -> Part:
    made = bench.runner(Toys())
    return made.look_at_parked, made.wake


def courier(bench: Bench) -> Part:
    made = Courier(bench.store, bench.log, bench.clock, {})
    return made.run, made.wake


@pytest.mark.parametrize("part", [reader, runner, courier])
@pytest.mark.parametrize("ticks", TICKS)
async def test_a_part_that_is_woken_while_it_is_told_to_stop_stops(
    lite: LiteStore, part: Callable[[Bench], Part], ticks: int
) -> None:
    work, wake = part(Bench(lite))
    working = asyncio.create_task(work())
    await until(lambda: "woken_within" in [frame.f_code.co_name for frame in _frames(working)])

    wake()
    for _ in range(ticks):
        await asyncio.sleep(0)
    working.cancel()

    await asyncio.wait([working], timeout=60)
    assert working.done()
    assert working.cancelled()


def _frames(task: "asyncio.Task[None]") -> list[Any]:
    """Return the frames that a sleeping task is in, through everything it awaits."""
    frames: list[Any] = []
    waits: Any = task.get_coro()
    while waits is not None:
        frame = getattr(waits, "cr_frame", None)
        if frame is not None:
            frames.append(frame)
        waits = getattr(waits, "cr_await", None)
    return frames


async def test_a_hub_that_has_just_handled_something_stops_at_once(lite: LiteStore) -> None:
    rig, toys = HistoryRig(lite), Toys()

    for n in range(5):
        async with asyncio.timeout(60), rig.group(toys):
            await rig.say(need(f"e{n}"))
            await until(lambda n=n: len(toys.runs) > n)  # type: ignore[misc]


async def test_a_part_that_fails_is_noticed(lite: LiteStore) -> None:
    async def fail() -> None:
        raise RuntimeError("a part's bug")

    async with at_work(fail) as trouble:
        with pytest.raises(RuntimeError, match="a part's bug"):
            await asyncio.wait_for(trouble, 60)

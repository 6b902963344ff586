"""Watches an event loop: how long it did not come round, and how much its own thread computed meanwhile.

The first is what everybody else waits, for whatever reason: the loop's own work, another thread that has the interpreter,
another program that has the processor. The second leaves all but the loop's own work out: it tells the hub's code from a
busy machine.
"""

import asyncio
from collections.abc import Awaitable
from time import perf_counter, thread_time
from typing import NamedTuple

BEAT = 0.001  # seconds between two looks at the loop


class Held(NamedTuple):
    """The longest times, in seconds, that a loop did not come round: by the clock, and in its thread's processor time."""

    longest: float
    most_computed: float


async def held_during(work: Awaitable[None]) -> Held:
    """Return how long the loop was held while some work went on; raises what the work raises."""
    done = asyncio.ensure_future(work)
    longest = most_computed = 0.0
    while not done.done():
        began, computed = perf_counter(), thread_time()
        await asyncio.sleep(BEAT)
        longest = max(longest, perf_counter() - began - BEAT)
        most_computed = max(most_computed, thread_time() - computed)
    await done
    return Held(longest, most_computed)

"""Watches an event loop: how long it did not come round, and how long of that the machine let other programs run.

Linux says of each thread how long it was ready and stood in line for a processor; elsewhere nothing is taken off.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable
from contextlib import suppress
from time import perf_counter
from typing import NamedTuple

BEAT = 0.001  # seconds between two looks at the loop
BILLION = 1_000_000_000  # nanoseconds in a second


class Held(NamedTuple):
    """The longest times, in seconds, that a loop did not come round."""

    longest: float
    """By the clock on the wall."""
    longest_own: float
    """Without what the loop's thread stood in line for a processor that ran something else."""


async def held_during(work: Awaitable[None]) -> Held:
    """Return how long the loop was held while some work went on; raises what the work raises."""
    done = asyncio.ensure_future(work)
    queue, longest, longest_own = _Queue(), 0.0, 0.0
    while not done.done():
        began, queued = perf_counter(), queue.seconds()
        await asyncio.sleep(BEAT)
        late = perf_counter() - began - BEAT
        longest = max(longest, late)
        longest_own = max(longest_own, late - (queue.seconds() - queued))
    queue.close()
    await done
    return Held(longest, longest_own)


class _Queue:
    """How long this thread has stood in line, ever."""

    def __init__(self) -> None:
        self._file: int | None = None
        with suppress(OSError):
            self._file = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)

    def seconds(self) -> float:
        return int(os.pread(self._file, 100, 0).split()[1]) / BILLION if self._file is not None else 0.0

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)

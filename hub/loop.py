"""The event loop is shared: long work on it stops every few milliseconds and lets everything that is ready run first."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from time import perf_counter
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

TURN = 0.005  # seconds that such work may fill of one round of the loop, all of it together

_busy_since: "WeakKeyDictionary[asyncio.AbstractEventLoop, float]" = WeakKeyDictionary()


async def give_way() -> None:
    """Wait for the loop's next round if long work has filled this one; called before each piece of such work."""
    loop = asyncio.get_running_loop()
    since = _busy_since.get(loop)
    if since is not None and perf_counter() - since > TURN:
        await asyncio.sleep(0)
        since = _busy_since.get(loop)
    if since is None:
        _busy_since[loop] = perf_counter()
        loop.call_soon(_busy_since.pop, loop, None)  # runs first in the next round, before whoever waits here


async def in_turns(pieces: Iterable[T]) -> AsyncIterator[T]:
    """Yield pieces of such work, giving way before each."""
    for piece in pieces:
        await give_way()
        yield piece

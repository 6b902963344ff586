"""What another process has committed wakes this one: PostgreSQL tells who listens, so nobody has to look all the time.

It tells only while the connection lives. Whoever is woken looks for itself now and then in any case.
"""

import asyncio
from collections.abc import Callable, Mapping

from hub.dispatch.runner import pause_after, say_rarely
from hub.errors import ServiceAway
from hub.store.postgres import PostgresStore


async def hear(store: PostgresStore, wakes: Mapping[str, Callable[[], None]]) -> None:
    """Call what a table's new rows wake, until cancelled."""
    failures = 0

    def heard(table: str) -> None:
        nonlocal failures
        failures = 0
        if table in wakes:
            wakes[table]()

    while True:
        try:
            await store.listen(heard)
        except ServiceAway as away:
            failures += 1
            say_rarely("wakes.away", failures, str(away))
            await asyncio.sleep(pause_after(failures))

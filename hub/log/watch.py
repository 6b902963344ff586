"""The watchdog: a process that holds partitions, has records to read and takes none says so and leaves its groups.

Neither a database nor a broker that is away makes a process stuck, nor one that has nothing to read. Looks are counted,
not seconds: a process that was stopped for a while is not judged by the time it slept.
"""

import asyncio
from collections import Counter
from collections.abc import Collection

import structlog

from hub.dispatch.runner import Runner
from hub.errors import HubError, ServiceAway
from hub.store import schema
from hub.store.port import Store

log = structlog.get_logger()
LOOK = 10.0  # seconds
LOOKS = 6  # in a row without a batch taken, until the process leaves
WARNED = 2  # looks after which readiness and metrics say so
ANSWER_LIMIT = 5.0  # seconds


class Stuck(HubError):
    """A group holds partitions and does not move; only leaving lets another process take them."""

    slug = "stuck"


async def watch(runners: Collection[Runner], store: Store) -> None:
    """Look at the groups of this process until cancelled; raises Stuck."""
    still: Counter[str] = Counter()
    while True:
        await asyncio.sleep(LOOK)
        for runner in runners:
            name = runner.group.name
            moves = await runner.moves() or not await _answers(store)
            still[name] = 0 if moves else still[name] + 1
            runner.stands_still(still[name] >= WARNED)
            if still[name] >= LOOKS:
                log.error("group.stuck", group=name, partitions=list(runner.partitions()), looks=LOOKS, seconds=LOOK)
                raise Stuck(
                    f"group {name} holds partitions with records to read and took none for {LOOKS * LOOK:g} s; "
                    "this process leaves so that another takes them"
                )


async def _answers(store: Store) -> bool:
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            await store.read(schema.revision)
    except (ServiceAway, TimeoutError):
        return False
    return True

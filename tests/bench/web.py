"""Durable ingest over HTTP against the same application that answers 202 without storing, in turns."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any

from tests import builders
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.posting import CONNECTIONS, Connection, Target, post_all, request, server

INGEST = Figure(
    "ingest_http", "durable ingest over HTTP against answering without storing", "share of bare", 0.40, 0.50
)
POSTS = 400  # in one turn
TURNS = 4


def event(n: int) -> dict[str, Any]:
    """Make the n-th need that a company publishes."""
    return {
        "specversion": "1.0",
        "id": f"bench-{n}",
        "source": "/companies/betangible/bench",
        "type": "eu.vethub.need.published.v1",
        "subject": f"betangible/N-{n}",
        "time": "2026-11-23T09:00:00Z",
        "datacontenttype": "application/json",
        "data": builders.need(need_id=f"N-{n}"),
    }


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the share of the bare application's posts a second that are left when each is stored."""
    async with AsyncExitStack() as stack:
        targets: list[Target] = []
        for kind in ("stored", "unstored"):
            settings = {"VET_HUB_DATA": str(ground.folder / kind)}
            targets.append(await stack.enter_async_context(server(kind, settings)))
        lines = [[await Connection.to(target) for _ in range(CONNECTIONS)] for target in targets]
        n = 0
        for repeat in range(-1, ground.repeats):
            spent = [0.0, 0.0]
            for _ in range(TURNS):
                for which, target in enumerate(targets):
                    made = [request(target, event(n + k)) for k in range(POSTS)]
                    began = perf_counter()
                    await post_all(lines[which], made)
                    spent[which] += perf_counter() - began
                n += POSTS
            if repeat >= 0:  # the first turn warms both
                yield {INGEST.name: spent[1] / spent[0]}
        for connection in (each for line in lines for each in line):
            await connection.close()


BENCHES = (Bench("web", (INGEST,), measure),)

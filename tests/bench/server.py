"""A hub in a process of its own, for benches that post over HTTP: `python -m tests.bench.server KIND`.

KIND is stored or unstored (ingest alone, with and without the store), web (the cluster's web part), or whole (every part,
embedded or cluster by the environment's settings). It prints its port and a key as one JSON line, and ends when its standard input does.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from events.catalogue import check
from events.envelope import Envelope
from hub.access import Sender, create_key
from hub.app import opened
from hub.cli.serving import whole_hub
from hub.ingest import Receipt
from hub.parts import Hub, at_work
from hub.settings import Settings, load
from hub.stream import cluster
from hub.web.serve import serve


async def unstored(envelopes: Sequence[Envelope], _sender: Sender) -> list[Receipt]:
    """Check as ingest does, and accept without keeping anything."""
    for envelope in envelopes:
        check(envelope)
    return [Receipt(envelope.source, envelope.id) for envelope in envelopes]


@asynccontextmanager
async def hub_of(kind: str, settings: Settings) -> AsyncIterator[Hub]:
    """Run the hub that is asked for."""
    if kind == "whole":
        async with whole_hub(settings, patience=10) as hub:
            yield hub
        return
    if kind == "web":
        async with cluster(settings, parts={"ingest"}, patience=10) as hub:
            yield hub
        return
    async with opened(settings) as (hub, _), at_work(hub.ingest.run):
        if kind == "unstored":
            hub.ingest.accept = unstored  # type: ignore[method-assign, assignment]
        yield hub


async def main(kind: str) -> None:
    """Serve until standard input ends."""
    settings = load(rate=1e9, burst=1_000_000_000)
    async with hub_of(kind, settings) as hub:
        key, _ = await create_key(
            hub.store, hub.clock, org="hub", scopes=["events:write", "import", "read", "people:write"]
        )

        def ready(port: int) -> None:
            print(orjson.dumps({"port": port, "key": key}).decode(), flush=True)

        serving = asyncio.ensure_future(serve(hub, host="127.0.0.1", port=0, ready=ready))
        await asyncio.to_thread(sys.stdin.read)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

"""A client as thin as can be: keep-alive connections, requests made beforehand, so that the server is what is measured."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

CONNECTIONS = 32


@dataclass(frozen=True)
class Target:
    """A server that runs: its port, and a key that may import."""

    port: int
    key: str


@asynccontextmanager
async def server(kind: str, settings: Mapping[str, str]) -> AsyncIterator[Target]:
    """Run `tests.bench.server` in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.server", kind, stdin=PIPE, stdout=PIPE, env={**environment, **settings}
    )
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("the server has no pipes")
    try:
        told = orjson.loads(await process.stdout.readline())
        yield Target(told["port"], told["key"])
    finally:
        process.stdin.close()
        await process.wait()


def request(target: Target, event: Mapping[str, Any]) -> bytes:
    """Make the post of one event in structured mode."""
    body = orjson.dumps(event)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nAuthorization: Bearer {target.key}\r\n"
        f"Content-Type: application/cloudevents+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, target: Target) -> "Connection":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", target.port))

    async def post(self, made: bytes) -> int:
        """Send one request; return the status of its answer."""
        self._writer.write(made)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(int(length.partition(b":")[2]))
        return int(head[9:12])

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


async def post_all(connections: Sequence[Connection], requests: Sequence[bytes]) -> None:
    """Post requests over all connections at once; raises when one is not accepted."""
    waiting = iter(requests)

    async def work(connection: Connection) -> None:
        for made in waiting:
            status = await connection.post(made)
            if status not in (202, 207):
                raise AssertionError(f"a post was answered {status}")

    await asyncio.gather(*(work(connection) for connection in connections))

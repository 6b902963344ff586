"""Mailpit for the tests: a real SMTP server that tells by HTTP what came in and what mail clients will make of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import MAILPIT

PATIENCE = 60.0  # seconds that a start may take on a loaded machine
LOOK_AGAIN = 0.02  # seconds


@dataclass(frozen=True)
class Mailpit:
    """A running server: where it takes mails, and its API."""

    smtp_port: int
    api: httpx.AsyncClient

    async def get(self, path: str) -> Any:
        """Return what the API says."""
        answer = await self.api.get(f"/api/v1/{path}")
        answer.raise_for_status()
        return answer.json()

    async def all(self) -> list[dict[str, Any]]:
        """Return every mail that came in, whole."""
        found = await self.get("messages?limit=500")
        return [await self.get(f"message/{message['ID']}") for message in found["messages"]]

    async def source(self, message: dict[str, Any]) -> str:
        """Return a mail as it was taken, from its own first header on; the server puts its Received lines before it."""
        raw = (await self.api.get(f"/api/v1/message/{message['ID']}/raw")).text
        return raw[raw.index("From: ") :]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Mailpit]:
    """Start the server with an empty box, stop it afterwards."""
    web, smtp = _free_port(), _free_port()
    options = ["--listen", f"127.0.0.1:{web}", "--smtp", f"127.0.0.1:{smtp}", "--database", str(folder / "box.db")]
    server = await asyncio.create_subprocess_exec(MAILPIT, "-q", "--disable-version-check", *options)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web}", timeout=PATIENCE) as api:
            async with asyncio.timeout(PATIENCE):
                await _ready(api)
            yield Mailpit(smtp, api)
    finally:
        server.terminate()
        await server.wait()


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """A site on which every page is there, so that links can be followed; yields its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _ready(api: httpx.AsyncClient) -> None:
    while True:
        with suppress(httpx.TransportError):
            if (await api.get("/readyz")).status_code == httpx.codes.OK:
                return
        await asyncio.sleep(LOOK_AGAIN)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

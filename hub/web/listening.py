"""Listens: takes the port, serves an application until cancelled, lets running requests end. Signals stay with the caller."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from hub.errors import HubError

GRACE = 5  # seconds running requests have to end
KEEP_ALIVE = 15  # seconds an idle connection is kept
BACKLOG = 2048  # connections that wait to be taken

Ending = Callable[[], None]
Ready = Callable[[int], None]
"""Told the port as soon as connections are taken."""


class Server(uvicorn.Server):
    """Uvicorn without its signal handlers; says when it has begun."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets=sockets)
        self._begun()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def nobody(_port: int) -> None:
    """Tell nobody."""


def nothing() -> None:
    """Nothing ends before the server does."""


async def listen(app: FastAPI, listening: socket.socket, *, ready: Ready = nobody, ending: Ending = nothing) -> None:
    """Serve an application on a port that was taken, until cancelled."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    server = Server(config, lambda: ready(listening.getsockname()[1]))
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    finally:
        ending()
        server.should_exit = True
        await serving


@contextmanager
def taken(host: str, port: int, *, how: str = "--port N") -> Iterator[socket.socket]:
    """Take a port; raises HubError with the cure, which says how another is chosen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise HubError(
            f"{host!r} is no address of this machine; choose another with --host, as in 127.0.0.1"
        ) from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise HubError(_cure(error, host, port, how)) from error
    with listening:
        yield listening


def _cure(error: OSError, host: str, port: int, how: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken by another program; choose another with {how}, or 0 for any free one"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is not for this user; choose one above 1023 with {how}"
    return f"{host} port {port} cannot be listened on ({error.strerror}); choose another with --host and {how}"

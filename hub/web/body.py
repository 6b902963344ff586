"""Reads a request's body piece by piece and stops where it is too large: more than the limit is never in memory."""

import asyncio

from starlette.requests import Request

from hub.web.problems import Refuse

KIB = 1024
EVENT = 256 * KIB  # bytes
BATCH = 1024 * KIB  # bytes
PATIENCE = 30.0  # seconds a body may take


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body; raises Refuse (400, 408, 413, 415)."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refuse(
            415, "Compressed bodies are not read; send the JSON as it is.", headers={"Accept-Encoding": "identity"}
        )
    told = request.headers.get("content-length", "0")
    if told.isdecimal() and int(told[:20]) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _collect(request, limit)
    except TimeoutError:
        raise Refuse(408, f"The body did not end within {PATIENCE:g} s.") from None


async def _collect(request: Request, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Refuse(400, "The connection ended before the body did.")
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def too_large(limit: int) -> Refuse:
    """Say how much may be sent."""
    return Refuse(413, f"At most {limit // KIB} KiB are read here; send less, or several requests.")

"""Is this process alive, and may it be sent work? Reasons are named without hosts or words of drivers: anybody can ask."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from hub.errors import ServiceAway
from hub.parts import Hub
from hub.store import history
from hub.web.problems import dumped

JSON = "application/json"
DATABASE_LIMIT = 3.0  # seconds the database may take to answer
OUTBOX_LIMIT = timedelta(seconds=30)  # age of the oldest event not yet sent
SEND_LIMIT = timedelta(seconds=30)  # time one send to the stream may take

health = APIRouter(tags=["health"])


class Check(NamedTuple):
    """One thing that was looked at; `detail` says what is wrong."""

    name: str
    ok: bool
    detail: str = ""


STARTING = Check("start", ok=False, detail="waits for its services; its log says for which")


class CheckView(BaseModel):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


class Readiness(BaseModel):
    """Whether work may be sent here."""

    ready: bool
    checks: list[CheckView]


@health.get("/livez")
async def livez() -> dict[str, bool]:
    """Answer, so that somebody sees that the event loop turns."""
    return {"alive": True}


@health.get("/readyz", responses={200: {"model": Readiness}, 503: {"model": Readiness, "description": "Not ready"}})
async def readyz(request: Request) -> Response:
    """Look at everything that this process needs to do its work."""
    hub: Hub | None = request.app.state.hub
    found = await checks(hub) if hub is not None else [STARTING]
    ready = all(check.ok for check in found)
    body = {"ready": ready, "checks": [check._asdict() for check in found]}
    return Response(dumped(body), 200 if ready else 503, media_type=JSON)


async def checks(hub: Hub) -> list[Check]:
    """Check the database, the outbox, the relay, the groups and the parts of this process."""
    now = hub.clock.now()
    return [*await _store(hub, now), *_relay(hub, now), *_groups(hub), _parts(hub)]


async def _store(hub: Hub, now: datetime) -> Sequence[Check]:
    try:
        async with asyncio.timeout(DATABASE_LIMIT):
            unsent, oldest = await hub.store.read(history.outbox_age)
    except (ServiceAway, TimeoutError):
        return (Check("database", ok=False, detail="the database does not answer"),)
    late = oldest is not None and now - oldest > OUTBOX_LIMIT
    detail = f"{unsent} events wait for the stream, the oldest since {oldest:%H:%M:%S} UTC" if oldest and late else ""
    return (Check("database", ok=True), Check("outbox", ok=not late, detail=detail))


def _relay(hub: Hub, now: datetime) -> Sequence[Check]:
    if hub.relay is None:
        return ()
    since = hub.relay.sending_since
    hangs = since is not None and now - since > SEND_LIMIT
    detail = f"a send to the stream hangs since {since:%H:%M:%S} UTC" if since and hangs else ""
    return (Check("relay", ok=not hangs, detail=detail),)


def _groups(hub: Hub) -> Sequence[Check]:
    return [
        Check(f"group {name}", ok=True)
        if runner.trouble is None
        else Check(f"group {name}", ok=False, detail=f"stands still since {runner.trouble[0]:%H:%M:%S} UTC")
        for name, runner in hub.runners.items()
    ]


def _parts(hub: Hub) -> Check:
    trouble = hub.trouble
    failed = trouble is not None and trouble.done() and not trouble.cancelled() and trouble.exception() is not None
    return Check("parts", ok=not failed, detail="a part of this process has ended; restart it" if failed else "")

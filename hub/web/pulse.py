"""The small port of a process: `/livez`, `/readyz` and `/metrics`, from its first moment on.

A process that waits for its services is alive and not ready. Whoever watches it must not start it again for that: it
would only begin to wait anew.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from hub.metrics import Meter
from hub.parts import Hub
from hub.settings import Settings
from hub.web.figures import figures
from hub.web.health import health
from hub.web.listening import listen, taken


@asynccontextmanager
async def pulse(settings: Settings) -> AsyncIterator[Callable[[Hub], None]]:
    """Answer on the health port, if one is set, until the block ends; what it gives is told the hub once there is one."""
    app = FastAPI(openapi_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})
    app.state.hub, app.state.meter = None, Meter()
    app.include_router(health)
    app.include_router(figures)

    def know(hub: Hub) -> None:
        app.state.hub = hub

    if settings.health_port is None:
        yield know
        return
    with taken(settings.host, settings.health_port, how="VET_HUB_HEALTH_PORT") as listening:
        answering = asyncio.ensure_future(listen(app, listening))
        try:
            yield know
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

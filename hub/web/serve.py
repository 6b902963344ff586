"""Serves the whole web part: the API, the console, health and figures."""

from hub.parts import Hub, spare_the_old
from hub.web.api import make_app
from hub.web.listening import Ready, listen, nobody, taken


async def serve(hub: Hub, *, host: str, port: int, ready: Ready = nobody) -> None:
    """Serve until cancelled; raises HubError when the port cannot be had. Port 0 takes any free one."""
    with taken(host, port) as listening:
        app = make_app(hub)
        spare_the_old()
        # Streams have no end of their own, and the server waits for them.
        await listen(app, listening, ready=ready, ending=app.state.live.close)

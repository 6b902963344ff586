"""The door of the API: who holds the key, and may they. Every route under /v1 goes through it and names its scopes."""

from fastapi import Request
from fastapi.security import HTTPBearer
from structlog.contextvars import bind_contextvars

from hub.access import Sender
from hub.parts import Hub
from hub.web.limits import Buckets
from hub.web.problems import Refuse

SCHEME = "key"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="vet-hub"'}


def hub_of(request: Request) -> Hub:
    """Return the hub that the application serves."""
    hub: Hub = request.app.state.hub
    return hub


def buckets_of(request: Request) -> Buckets:
    """Return the application's rate limits."""
    buckets: Buckets = request.app.state.buckets
    return buckets


async def admit(request: Request, *scopes: str) -> Sender:
    """Return who holds the request's key; raises Refuse: 401 without a good key, 403 without any of the scopes."""
    # A missing key takes the same way as a wrong one, so that nobody learns which ids exist from the time it takes.
    sender = await hub_of(request).doorkeeper.sender(presented(request.headers.get("authorization", "")))
    if sender is None:
        raise Refuse(401, "Send a key that is valid here: Authorization: Bearer hub_live_…", headers=CHALLENGE)
    bind_contextvars(org=sender.org, key_id=sender.key_id)
    if not any(sender.may(scope) for scope in scopes):
        raise Refuse(403, f"The key lacks the scope {scopes[0]}; ask the hub's operator for one that has it.")
    return sender


def presented(authorization: str) -> str:
    """Return the key of an Authorization header, empty when it is no bearer token."""
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Holder(HTTPBearer):
    """The dependency that admits holders of any of some scopes; OpenAPI shows it as a bearer key."""

    def __init__(self, *scopes: str) -> None:
        super().__init__(scheme_name=SCHEME, auto_error=False, description="`Authorization: Bearer hub_live_…`")
        self.scopes = scopes

    async def __call__(self, request: Request) -> Sender:  # type: ignore[override]
        """Return who holds the key."""
        return await admit(request, *self.scopes)

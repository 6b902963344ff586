"""The console's cookies. `__Host-`: only from this host, only for all of it, never without Secure.

Browsers hold http://localhost and 127.0.0.1 for secure, so that the console works there without a certificate.
"""

from starlette.requests import Request
from starlette.responses import Response

from hub.visitors import LONGEST

SESSION = "__Host-vet-hub"
NOTICE = "__Host-vet-hub-said"


def session_of(request: Request) -> str:
    """Return the cookie of the request's session, empty without one."""
    return request.cookies.get(SESSION, "")


def keep(answer: Response, cookie: str) -> None:
    """Give the browser a session. The server decides when it ends; this is only how long the browser tries."""
    put(answer, SESSION, cookie, seconds=int(LONGEST.total_seconds()))


def drop(answer: Response) -> None:
    """Take the session's cookie away."""
    put(answer, SESSION, "", seconds=0)


def put(answer: Response, name: str, value: str, *, seconds: int) -> None:
    """Set one cookie."""
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")

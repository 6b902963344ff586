"""Coming and going: a link opens a page with one button, the button opens a session, and signing out ends it.

Looking at a link does nothing, so that what scans people's mails cannot use it up.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub import visitors
from hub.errors import ServiceAway
from hub.web.console import cookies, drawing, links, notices
from hub.web.console.forms import Form, form_of, refuse_foreign
from hub.web.console.live import live_of
from hub.web.console.visit import Desk, Visit, bare_error
from hub.web.door import hub_of
from hub.web.limits import Buckets
from hub.web.problems import Refuse, refusal_of

PATH = f"{links.HOME}/sign-in"
AT_ONCE = 10  # tries one address may make at once
PER_SECOND = 0.2  # tries one address may make over time
ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1", "[::1]")

desk = Desk()


def tries() -> Buckets:
    """Make the limit on sign-ins."""
    return Buckets(PER_SECOND, AT_ONCE, most=10_000)


async def get_sign_in(request: Request) -> Response:
    """Say how to get in."""
    request.scope["vet_hub.route"] = PATH
    return drawing.draw("signed_out.html", {"ended": False, "unkept": _cookie_is_refused(request)})


async def get_link(request: Request) -> Response:
    """Show the button of a link."""
    request.scope["vet_hub.route"] = f"{PATH}/{{secret}}"
    try:
        _count_try(request)
        hub = hub_of(request)
        good = await visitors.link_is_good(hub.store, hub.clock, request.path_params["secret"])
    except (Refuse, ServiceAway) as error:
        return bare_error(request, refusal_of(error) or Refuse(503))
    if not good:
        return _no_way_in()
    shown = {"secret": request.path_params["secret"], "unkept": _cookie_is_refused(request)}
    return drawing.draw("sign_in.html", shown)


async def post_link(request: Request) -> Response:
    """Use a link up."""
    request.scope["vet_hub.route"] = PATH
    try:
        refuse_foreign(request)
        _count_try(request)
        form = await form_of(request)
        hub = hub_of(request)
        old = cookies.session_of(request)
        cookie = await visitors.enter(hub.store, hub.clock, form.get("link", ""))
        if cookie is None:
            return _no_way_in()
        if old:
            await visitors.leave(hub.store, visitors.digest(old))
    except (Refuse, ServiceAway) as error:
        return bare_error(request, refusal_of(error) or Refuse(503))
    answer = RedirectResponse(links.HOME, 303, headers={"Cache-Control": "no-store"})
    cookies.keep(answer, cookie)
    notices.leave(answer, "signed_in")
    return answer


@desk.form("/sign-out")
async def sign_out(visit: Visit, _form: Form) -> Response:
    """End the session here and on the server."""
    await visitors.leave(visit.hub.store, visit.visitor.session)
    live_of(visit.request).leave(visit.visitor.session)
    answer = RedirectResponse(PATH, 303, headers={"Cache-Control": "no-store"})
    cookies.drop(answer)
    return answer


def _no_way_in() -> Response:
    return drawing.draw("no_way_in.html", {}, status=410)


def _count_try(request: Request) -> None:
    buckets: Buckets = request.app.state.sign_ins
    try:
        buckets.spend(request.client.host if request.client else "", 1)
    except Refuse as full:
        wait = (full.headers or {}).get("Retry-After", "5")
        raise Refuse(
            429, f"Too many tries to sign in came from your address. Wait {wait} seconds.", headers=full.headers
        ) from None


def _cookie_is_refused(request: Request) -> bool:
    """Whether browsers will not keep the sign-in at this address: plain http to another machine."""
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    return forwarded != "https" and (request.url.hostname or "") not in ON_THIS_MACHINE


ROUTES = [
    Route(PATH, get_sign_in, methods=["GET"]),
    Route(f"{PATH}/{{secret}}", get_link, methods=["GET"]),
    Route(PATH, post_link, methods=["POST"]),
]

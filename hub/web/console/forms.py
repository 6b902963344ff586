"""Forms: read whole, and taken only from our own pages. Cookies alone prove nothing; a browser sends them for anybody.

Three locks, each enough by itself: the cookie is SameSite=Lax, the browser says where the form stood (Sec-Fetch-Site,
Origin), and the form carries a token that only pages of this session have.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from hub.parts import hub_url
from hub.visitors import same
from hub.web.body import KIB, body_of
from hub.web.door import hub_of
from hub.web.problems import Refuse
from schemas.problems import seen

LARGEST = 64 * KIB  # bytes
MOST_FIELDS = 200
MEDIA = "application/x-www-form-urlencoded"
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
UNREADABLE = (
    "The field «{name}» holds {sign}, a sign that cannot be seen or is no text at all. Nothing was done: go back, type the "
    "words instead of pasting them, and send the form again."
)
FOREIGN = "This form did not come from a page of this hub, so nothing was done. Open the page here and try again."
STALE = "This form belongs to another sign-in, so nothing was done. Open the page again and send it from there."

Form = Mapping[str, str]


async def checked_form(request: Request, token: str) -> Form:
    """Return a form that came from our own page in this session; raises Refuse (400, 403, 413, 415)."""
    refuse_foreign(request)
    form = await form_of(request)
    if not same(form.get("token", ""), token):
        raise Refuse(403, STALE)
    return form


async def form_of(request: Request) -> Form:
    """Read a form's fields; the last of a name counts."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA:
        raise Refuse(415, "A form is wanted here.")
    body = await body_of(request, LARGEST)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="surrogateescape")
    except ValueError:
        raise Refuse(400, "The form cannot be read.") from None
    for name, value in fields:
        if found := UNSEEN.search(name + value):
            raise Refuse(400, UNREADABLE.format(name=seen(name)[:60], sign=seen(found[0])))
    return {name: value.replace("\r\n", "\n").replace("\r", "\n").strip() for name, value in fields}


def refuse_foreign(request: Request) -> None:
    """Refuse what another site's page made the browser send; raises Refuse (403)."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is None:
        raise Refuse(403, FOREIGN)
    if site not in (None, "same-origin") or not (origin is None or _is_ours(origin, request)):
        raise Refuse(403, FOREIGN)


def _is_ours(origin: str, request: Request) -> bool:
    # Behind a proxy that ends TLS our own scheme is not the browser's, so hosts are compared, or the public address.
    found, public = urlsplit(origin), urlsplit(hub_url(hub_of(request).settings))
    if found.scheme not in ("http", "https") or not found.netloc:
        return False
    return found.netloc == request.headers.get("host") or (found.scheme, found.netloc) == (public.scheme, public.netloc)

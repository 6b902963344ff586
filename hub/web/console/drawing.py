"""Draws pages: templates loaded once, everything escaped, a misspelled name an error, and the headers of every page.

Scripts run only with the page's nonce; styles come only from our own file. A page never loads anything from elsewhere.
"""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from hub.web.console import assets, charts, links, times, words

HTML = "text/html; charset=utf-8"
REPORTS = "/console/csp-report"
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'{frames}; report-uri " + REPORTS
)
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that override or isolate the direction of text, as keys of `str.translate`."""
# The mail itself, in a frame: nothing runs and nothing is fetched, its own style is shown.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"


@cache
def environment() -> Environment:
    """Return the templates with the filters they use."""
    made = Environment(
        loader=PackageLoader("hub.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=undisguised,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.update(asset=assets.address, link=links)
    for module in (times, words, charts):
        made.filters.update(module.FILTERS)
    for name in made.list_templates():
        made.get_template(name)
    return made


def undisguised(shown: Any) -> Any:
    """Drop what would turn the direction of the page's own words around a stranger's."""
    return shown.translate(TURNS) if isinstance(shown, str) and not shown.isascii() else shown


def draw(template: str, shown: Mapping[str, Any], *, status: int = 200, frames: bool = False) -> Response:
    """Return a page; `frames` lets it show a frame of our own."""
    nonce = secrets.token_urlsafe(16)
    body = environment().get_template(template).render(**shown, nonce=nonce)
    policy = POLICY.format(nonce=nonce, frames="; frame-src 'self'" if frames else "")
    return Response(body, status, headers(policy), HTML)


def headers(policy: str) -> dict[str, str]:
    """Return the headers of something personal with this policy.

    The referrer stays within the hub: with none at all browsers would hide a form's origin from us too.
    """
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }

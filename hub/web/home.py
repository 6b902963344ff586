"""`GET /`: one plain page that says what this is. The console will take its place."""

import hashlib
import re
from base64 import b64encode
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

home = APIRouter(include_in_schema=False)

PAGE = (files("hub.web") / "home.html").read_bytes()


def _policy(page: bytes) -> str:
    """Allow the page's own style by its hash, and nothing else."""
    style = re.search(rb"<style>(.*?)</style>", page, re.DOTALL)
    if style is None:
        raise ValueError("home.html has lost its style")
    allowed = b64encode(hashlib.sha256(style[1]).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{allowed}'; frame-ancestors 'none'; base-uri 'none'"


HEADERS = {"Content-Security-Policy": _policy(PAGE), "Cache-Control": "no-cache"}


@home.get("/")
async def get_home() -> Response:
    """What this is, and where to go on."""
    return Response(PAGE, headers=HEADERS, media_type="text/html; charset=utf-8")

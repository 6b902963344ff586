"""The console's own style, script and icon, served under names that hold their content's hash, so that browsers keep them."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PREFIX = "/console/static"
MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: where it is served, what it is, and its bytes."""

    path: str
    media: str
    body: bytes


def _load() -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for file in (files("hub.web.console") / "static").iterdir():
        stem, _, kind = file.name.rpartition(".")
        if kind in MEDIA:
            body = file.read_bytes()
            path = f"{PREFIX}/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{kind}"
            found[file.name] = Asset(path, MEDIA[kind], body)
    return found


ASSETS = _load()
BY_PATH = {asset.path: asset for asset in ASSETS.values()}


def address(name: str) -> str:
    """Return where a file is served: console.css → /console/static/console.0a1b….css."""
    return ASSETS[name].path


async def get_asset(request: Request) -> Response:
    """Serve a file; an old name is gone, because its content is."""
    asset = BY_PATH.get(request.url.path)
    if asset is None:
        return Response("There is no such file.\n", 404, media_type="text/plain; charset=utf-8")
    return Response(asset.body, headers={"Cache-Control": FOR_EVER}, media_type=asset.media)


ROUTES = [Route(f"{PREFIX}/{{name}}", get_asset, methods=["GET"])]

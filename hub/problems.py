"""Problem documents (RFC 9457): one shape for what is refused over HTTP and on `in.<tenant>`."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from schemas.problems import Problem

LONGEST = 500  # characters of a pointer or sentence

# Status → slug of the problem's type, and what people read.
KINDS: Mapping[int, tuple[str, str]] = {
    400: ("not-readable", "The request cannot be read"),
    401: ("no-key", "A valid key is needed"),
    403: ("not-allowed", "The key does not permit this"),
    404: ("not-found", "Not found"),
    405: ("method", "This address does not take that method"),
    408: ("too-slow", "The body did not come in time"),
    409: ("conflict", "The id was used for other content"),
    413: ("too-large", "Too large"),
    415: ("media-type", "The media type is not one the hub reads"),
    422: ("not-valid", "Not valid"),
    429: ("too-many", "Too many events in a short time"),
    500: ("internal", "The hub failed"),
    503: ("away", "The hub cannot do this now"),
}


def document(status: int, *, title: str = "", detail: str = "", errors: Iterable[Problem] = ()) -> dict[str, Any]:
    """Return a problem document; without a title it has the one of its status."""
    slug, usual = KINDS.get(status, ("problem", HTTPStatus(status).phrase))
    found: dict[str, Any] = {"type": f"urn:vet-hub:problem:{slug}", "title": title or usual, "status": status}
    if detail:
        found["detail"] = detail
    return {**found, "errors": [_shown(each) for each in errors]}


def _shown(problem: Problem) -> dict[str, str]:
    # A key that somebody sent can be as long as what they sent; the answer is not.
    return {"pointer": problem.pointer[:LONGEST], "detail": problem.detail[:LONGEST]}

"""Where things are in the console, so that templates and redirects spell addresses once."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

HOME = "/console"


def need(ref: str) -> str:
    """Return the page of one need."""
    return f"{HOME}/needs/{quote(ref)}"


def curriculum(ref: str) -> str:
    """Return the page of one short course."""
    return f"{HOME}/catalogue/{quote(ref)}"


def organisation(slug: str) -> str:
    """Return the page of one organisation."""
    return f"{HOME}/organisations/{quote(slug)}"


def trace(word: str) -> str:
    """Return the story that a ref or an id belongs to."""
    return f"{HOME}/trace/{quote(word)}"


def parked(parked_id: str) -> str:
    """Return the page of one parked event."""
    return f"{HOME}/parked/{quote(parked_id, safe='')}"


def mail(job_id: str) -> str:
    """Return the page of one mail."""
    return f"{HOME}/mailbox/{quote(job_id, safe='')}"


def listed(section: str, **filters: object) -> str:
    """Return a list with filters; empty ones are left out."""
    return with_query(f"{HOME}/{section}", filters)


def with_query(path: str, filters: Mapping[str, object]) -> str:
    """Return a path with a query of the filters that say something."""
    query = urlencode({name: str(value) for name, value in filters.items() if value not in ("", None)})
    return f"{path}?{query}" if query else path

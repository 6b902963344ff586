"""Where things are in the console, so that templates and redirects spell addresses once."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from hub.rows import Need, Offer

HOME = "/console"


def need(ref: str) -> str:
    """Return the page of one need."""
    return f"{HOME}/needs/{quote(ref)}"


def offer(ref: str) -> str:
    """Return the page of one placement."""
    return f"{HOME}/placements/{quote(ref)}"


def about(row: Need | Offer) -> str:
    """Return the page of what a match or an agreement is about."""
    return offer(row.key) if isinstance(row, Offer) else need(row.key)


def agreement(agreement_id: str) -> str:
    """Return the page of one agreement."""
    return f"{HOME}/agreements/{quote(agreement_id, safe='')}"


def act(match_id: str, what: str, party: str = "") -> str:
    """Return the form that records what a party told about a match: answer, decide or nominate."""
    return f"{HOME}/matches/{quote(match_id, safe='')}/{what}" + (f"/{quote(party, safe='')}" if party else "")


def exclude(ref: str, curriculum_ref: str = "") -> str:
    """Return the form that takes a course out for one need."""
    return with_query(f"{need(ref)}/exclude", {"course": curriculum_ref})


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


def lot(number: int) -> str:
    """Return the page of one lot of retries."""
    return f"{HOME}/parked/lots/{number}"


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

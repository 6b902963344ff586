"""Organisations that nobody registered yet: keys and people may come before them, slips of the pen may not."""

import difflib
from typing import Annotated

import typer

from hub.errors import WrongValue
from hub.rows import Organisation
from hub.store import nouns
from hub.store.port import Store

HUB = "hub"
MOST = 5000  # registered organisations that are looked through for one that was meant
ALIKE = 0.8  # of difflib's ratio from which a part of a slug is taken for a slip
SHORTEST = 4  # letters of such a part; shorter ones, and those with digits, tell organisations apart

New = Annotated[
    bool, typer.Option("--new", help="The organisation is new, however much its slug looks like another's.")
]


async def refuse_misspelt(store: Store, org: str, *, new: bool) -> str:
    """Return what to say of an organisation that nobody registered yet, empty for one that is.

    A key comes before the registration that is sent with it, and so does the contact that a registration names. Only a
    slug that is one slip away from a registered one is refused. Raises WrongValue.
    """
    found = await store.read(nouns.load, Organisation, [org])
    if org == HUB or found:
        return ""
    known = [row.key for row in await store.read(nouns.page, Organisation, limit=MOST)]
    meant = next((slug for slug in known if looks_misspelt(org, slug)), None)
    if meant is not None and not new:
        raise WrongValue(
            f"nobody registered {org!r}; did you mean {meant!r}? For another organisation of that name add --new"
        )
    return f"Nobody has registered {org} yet: it does by company.registered, provider.registered or coordinator.registered."


def looks_misspelt(given: str, known: str) -> bool:
    """Whether a slug is another one with a slip in its words; what only counts, as in oficina-a and oficina-b, is none."""
    parts = list(zip(given.split("-"), known.split("-"), strict=False))
    if given.count("-") != known.count("-"):
        return False
    return all(one == other or _is_slip(one, other) for one, other in parts)


def _is_slip(one: str, other: str) -> bool:
    words = one.isalpha() and other.isalpha() and min(len(one), len(other)) >= SHORTEST
    return words and difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE

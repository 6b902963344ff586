"""The skills that come with the hub: what leather and footwear occupations ask for, and ESCO's green and digital collections.

With their labels in English, Spanish, French, Dutch and Polish, and with a table of words that the trade says in nine
languages. `vet-hub esco import` adds all of ESCO in every language.

This service uses the ESCO classification of the European Commission.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from hub.skills.esco_rows import ESCO

SKILL = f"{ESCO}skill/"
SECTORS = ("leather",)
ENGLISH = "en"


class Entry(NamedTuple):
    """A concept in one language."""

    uri: str
    why: tuple[str, ...]
    """`leather` where its occupations ask for it, `green` and `digital` where it is in ESCO's collections."""
    language: str
    preferred: str
    alternatives: tuple[str, ...]


class Alias(NamedTuple):
    """What the trade says for a concept; `source` is public, or empty."""

    uri: str
    language: str
    words: str
    source: str


@cache
def entries() -> tuple[Entry, ...]:
    """Return the pack: each concept in each language it has a label in."""
    return tuple(
        Entry(SKILL + uuid, tuple(why.split(",")), language, preferred, tuple(filter(None, alike.split(" | "))))
        for uuid, why, language, preferred, alike in _table("pack.tsv")
    )


@cache
def aliases() -> tuple[Alias, ...]:
    """Return the table of trade words."""
    return tuple(Alias(SKILL + uuid, *rest) for uuid, *rest in _table("aliases.tsv"))


@cache
def labels() -> dict[str, str]:
    """Return the English preferred label by concept URI."""
    return {SKILL + uuid: preferred for uuid, _, language, preferred, _ in _table("pack.tsv") if language == ENGLISH}


def label(uri: str) -> str | None:
    """Return the concept's English preferred label, None when the pack lacks it."""
    return labels().get(uri)


def _table(name: str) -> Iterator[list[str]]:
    lines = files("hub.skills").joinpath(name).read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines if not line.startswith("#"))

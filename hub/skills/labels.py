"""Preferred labels of the ESCO concepts in the small sector table; the full import replaces it one day.

This service uses the ESCO classification of the European Commission.
"""

from functools import cache
from importlib.resources import files

SKILL = "http://data.europa.eu/esco/skill/"


@cache
def labels() -> dict[str, str]:
    """Return label by concept URI."""
    lines = files("hub.skills").joinpath("leather.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {SKILL + uuid: label for uuid, label in rows}


def label(uri: str) -> str | None:
    """Return the concept's English preferred label, None when the table lacks it."""
    return labels().get(uri)

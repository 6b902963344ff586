"""The languages agreements are written in: their sentences, and how each writes numbers, days and money.

Sentences are our own and may hold {figures}; nothing that a stranger wrote is ever formatted into one by `fill`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

LANGUAGES = {"en": "en_GB", "pt": "pt_PT", "es": "es_ES"}
FALLBACK = "en"


@dataclass(frozen=True)
class Speech:
    """One language: its code, Babel's locale for it, and the sentences of `sentences/`."""

    code: str
    locale: Locale
    words: Mapping[str, Any]

    def fill(self, sentence: str, figures: Mapping[str, Any]) -> str:
        """Write the figures into a sentence as the language writes them."""
        return sentence.format_map({name: self.figure(value) for name, value in figures.items()})

    def figure(self, value: float | date | str) -> str:
        """30.5, 30,5 or 23 November 2026; a code stays as it is."""
        if isinstance(value, datetime):
            return self.day(value.date())
        if isinstance(value, date):
            return self.day(value)
        return value if isinstance(value, str) else self.number(value)

    def day(self, day: date) -> str:
        """23 November 2026."""
        return str(format_date(day, "long", locale=self.locale))

    def number(self, value: float) -> str:
        """1,200.5 in English, 1200,5 in Portuguese."""
        return str(format_decimal(round(value, 1), format="#,##0.#", locale=self.locale))


def speak(code: str) -> Speech:
    """Return the language of a code such as `pt` or `pt-BR`; English when we do not write it."""
    base = code.replace("_", "-").split("-")[0].lower()
    return _speech(base if base in LANGUAGES else FALLBACK)


@cache
def _speech(code: str) -> Speech:
    sentences = (files("hub.agreements") / "sentences" / f"{code}.toml").read_text()
    return Speech(code, Locale.parse(LANGUAGES[code]), tomllib.loads(sentences))

"""The hub's own words in each language: translations, dates, money, names of places, and the sentences of codes.

Called by `hub/mail/render` as template filters. Catalogues are read as text (.po) at first use: no compiled file to keep in step.
"""

import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal, NamedTuple

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from hub.mail.kinds.base import Region, Session
from hub.mail.sentences import (
    GAPS,
    MODES,
    PRICES,
    TABLES,
    TOLD_TO_COMPANIES,
    TOLD_TO_PROVIDERS,
    WELCOME,
    WISHES,
    Counted,
    Sentence,
)
from schemas.matches import Levels, Reason
from schemas.values import Money, Price, Title, Window, country_of

LANGUAGES: Mapping[str, str] = {"en": "en_GB", "es": "es_ES", "pt": "pt_PT"}
"""The languages we write, each with the country whose dates, money and spelling it follows."""

FALLBACK = "en"

NO_BREAK = "\u00a0"

UNSPOKEN = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Control and text-direction characters: in a stranger's title they could only break or disguise the mail around it."""


def _(message: str) -> str:
    """Mark a sentence for the catalogues; it is translated when said."""
    return message


class Note(NamedTuple):
    """A reason in words, and whether it speaks for the candidate."""

    good: bool
    words: str


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its catalogue and its way of writing dates, money and names."""

    code: str
    locale: Locale
    catalogue: gettext.NullTranslations

    def day(self, day: date) -> str:
        """Friday, 4 December 2026."""
        return _kept_together(format_date(day, "full", self.locale))

    def day_of_year(self, day: date) -> str:
        """4 December."""
        return _kept_together(format_skeleton("MMMMd", day, locale=self.locale))

    def days(self, span: Window | Session) -> str:
        """13–27 Dec 2026."""
        first, last = (span.earliest, span.latest) if isinstance(span, Window) else (span.start, span.end)
        return _kept_together(format_interval(first, last, "yMMMd", locale=self.locale))

    def number(self, value: float) -> str:
        """1,200 in English, 1200 in Portuguese."""
        return _kept_together(format_decimal(value, format="#,##0.#", locale=self.locale))

    def money(self, money: Money) -> str:
        """€220.00."""
        return _kept_together(format_currency(money.amount, clean(money.currency), locale=self.locale))

    def price(self, price: Price) -> str:
        """€220.00 per learner."""
        return self.say(PRICES.get(price.per, "%(money)s"), {"money": self.money(price)})

    def names(self, names: Iterable[str], how: Literal["standard", "or"] = "standard") -> str:
        """CTCP, MOVEX and TUIASI."""
        return format_list([clean(name) for name in names], style=how, locale=self.locale)

    def word(self, code: str, table: str, *, who: str = "", count: int = 1, of: int = 0) -> str:
        """What a code means; one that we have no sentence for is told as it is."""
        sentence = TABLES[table].get(code)
        return self.say(sentence, {"who": clean(who), "of": self.number(of)}, count=count) if sentence else clean(code)

    def say(self, sentence: Sentence, figures: Mapping[str, object], *, count: float = 2) -> str:
        """Translate a sentence and put its figures in; `count` chooses between one and several."""
        if not isinstance(sentence, Counted):
            return self.catalogue.gettext(sentence) % figures
        return self.catalogue.ngettext(sentence.one, sentence.many, 1 if count == 1 else 2) % figures

    def levels(self, levels: Levels) -> str:
        """EQF 3–4; empty when no level was asked for."""
        known = sorted({level for level in (levels.eqf_min, levels.eqf_max) if level is not None})
        if len(known) < 2 and levels.eqf_min != levels.eqf_max:
            sentence = _("EQF %(level)s or lower") if levels.eqf_min is None else _("EQF %(level)s or higher")
        else:
            sentence = _("EQF %(level)s")
        return self.catalogue.gettext(sentence) % {"level": "–".join(map(str, known))} if known else ""

    def region(self, region: Region) -> str:
        """Cádiz (ES612, Spain); without a label ES612 (Spain)."""
        letters = clean(region.code)[:2]
        country = self.locale.territories.get(country_of(letters), letters)
        if region.label is None:
            return f"{clean(region.code)} ({country})"
        return f"{self.choose(region.label)[1]} ({clean(region.code)}, {country})"

    def places(self, regions: Iterable[Region]) -> str:
        """PT11 and Spain: short, for subjects."""
        return self.names([self._place(region) for region in regions])

    def _place(self, region: Region) -> str:
        if region.label:
            return self.choose(region.label)[1]
        letters = clean(region.code)
        return str(self.locale.territories.get(country_of(letters), letters)) if len(letters) == 2 else letters

    def language(self, code: str) -> str:
        """Spanish."""
        return str(self.locale.languages.get(code, clean(code)))

    def where(self, session: Session) -> str:
        """In person (Ubrique); a mode we have no word for keeps its code."""
        mode = self._mode(session.mode)
        return mode if session.place is None else f"{mode} ({self.choose(session.place)[1]})"

    def reasons(self, reasons: Iterable[Reason]) -> list[str]:
        """The sentences for the codes that providers are told, each once."""
        told = [reason for reason in reasons if reason.code in TOLD_TO_PROVIDERS]
        return list(dict.fromkeys(self.say(TOLD_TO_PROVIDERS[each.code], self._hidden(each)) for each in told))

    def notes(self, reasons: Iterable[Reason]) -> list[Note]:
        """All codes in sentences for the company, with their figures; what speaks for the candidate comes first."""
        notes = [Note(reason.code in WELCOME, self._note(reason)) for reason in reasons]
        return sorted(notes, key=lambda note: not note.good)

    def _note(self, reason: Reason) -> str:
        sentence = TOLD_TO_COMPANIES.get(reason.code) or GAPS.get(reason.code)
        if sentence is None:
            return clean(reason.code)
        count = reason.params.get(sentence.by) if isinstance(sentence, Counted) else None
        return self.say(sentence, self._figures(reason), count=1 if count == 1 else 2)

    def _hidden(self, reason: Reason) -> Mapping[str, str]:
        """Figures from which nobody can tell where the company is."""
        km = reason.params.get("km", 0)
        rounded = 10 * (km // 10 + 1) if isinstance(km, int | float) else 0
        return {**self._figures(reason), "km": self.number(rounded)}

    def _figures(self, reason: Reason) -> Mapping[str, str]:
        params = reason.params
        figures = {name: self._figure(name, value) for name, value in params.items()}
        if "amount" in params and "currency" in params:
            money = format_currency(params["amount"], clean(str(params["currency"])), locale=self.locale)
            figures["money"] = _kept_together(money)
        return figures

    def _figure(self, name: str, value: str | float) -> str:
        if not isinstance(value, str):
            return self.number(value)
        if name == "language":
            return self.language(value)
        if name in ("start", "end"):
            return _kept_together(format_date(date.fromisoformat(value), "long", self.locale))
        if name == "mode":
            return self.names([self._mode(mode) for mode in value.split(", ")], "or")
        return self.say(WISHES[value], {}) if value in WISHES else clean(value)

    def _mode(self, mode: str) -> str:
        return self.say(MODES[mode], {}) if mode in MODES else clean(mode)

    def choose(self, text: Title) -> tuple[str, str]:
        """Return the language and the words of what fits the reader best: his own language, English, else the first."""
        if isinstance(text, str):
            return "", clean(text)
        code = next((code for code in (self.code, FALLBACK, *text) if code in text), "")
        return code, clean(text.get(code, ""))


def speak(code: str) -> Language:
    """Return the language of a code such as `pt` or `pt-BR`; English when we do not write it."""
    base = code.replace("_", "-").split("-")[0].lower()
    return _language(base if base in LANGUAGES else FALLBACK)


def clean(words: str) -> str:
    """Bring a stranger's words onto one line, without characters that cannot be seen."""
    return " ".join(words.split()).translate(UNSPOKEN)


@cache
def _language(code: str) -> Language:
    return Language(code=code, locale=Locale.parse(LANGUAGES[code]), catalogue=_catalogue(code))


def _catalogue(code: str) -> gettext.NullTranslations:
    if code == FALLBACK:
        return gettext.NullTranslations()  # what the templates say is English already
    with (files("hub.mail") / "locale" / code / "LC_MESSAGES" / "messages.po").open("rb") as po:
        catalogue = read_po(po, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _kept_together(text: str) -> str:
    """Babel's thin and narrow spaces are missing in many mail fonts; a no-break space keeps a figure and its unit together."""
    return re.sub(r"(?<=\d) (?=\w)", NO_BREAK, text.replace("\u2009", " ").replace("\u202f", NO_BREAK))

"""The hub's own words in each language: translations, dates, money, names of places, and sentences for codes.

Called by `hub/mail/render` as template filters. Catalogues are read as text (.po) at first use: no compiled file to keep in step.
"""

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from hub.mail.kinds import Region, Session
from schemas.matches import Levels, Reason
from schemas.values import Price, Title, Window

LANGUAGES: Mapping[str, str] = {"en": "en_GB", "es": "es_ES", "pt": "pt_PT"}
"""The languages we write, each with the country whose dates, money and spelling it follows."""

FALLBACK = "en"

NO_BREAK = "\u00a0"

NUTS_COUNTRY = {"EL": "GR", "UK": "GB"}
"""NUTS codes begin with the country's ISO code save for these two."""

UNSPOKEN = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Control and text-direction characters: in a stranger's title they could only break or disguise the mail around it."""


def _(message: str) -> str:
    """Mark a sentence for the catalogues; it is translated when said."""
    return message


REASONS: Mapping[str, str] = {
    "teaches": _("skills covered: %(taught)s of %(asked)s"),
    "at_your_site": _("can be held at the company, which lies in the area you cover"),
    "online": _("online, so the distance does not matter"),
    "distance": _("less than %(km)s km from the company"),
    "distance_estimated": _("less than %(km)s km from the company"),
    "starts_at_earliest": _("starts in the time asked for"),
    "starts_after_earliest": _("starts in the time asked for"),
    "starts_as_preferred": _("starts in the time asked for"),
    "starts_off_preferred": _("starts in the time asked for"),
    "on_demand": _("is held on demand"),
    "level_fits": _("at the level asked for"),
    "teaches_nothing_else": _("teaches nothing beyond what is asked for"),
    "under_your_limit": _("within the price asked for"),
    "at_your_limit": _("within the price asked for"),
    "your_first_language": _("in %(language)s, a language the company asked for"),
    "another_of_your_languages": _("in %(language)s, a language the company asked for"),
    "wish_met": _("marked as %(wish)s, as asked for"),
    "credential_offered": _("ends with a credential, as asked for"),
}
"""The matching rules' notes (`hub/matching/explain.NOTES`) as their provider is told them; a note that is not here is kept
from it. Nothing here may tell who the company is or what its limits are, so distances are told in steps of 10 km."""

WISHES: Mapping[str, str] = {
    "green": _("green"),
    "digital": _("digital"),
}

MODES: Mapping[str, str] = {
    "presential": _("in person"),
    "online": _("online"),
    "blended": _("partly online"),
    "workplace": _("at the workplace"),
}

PRICES: Mapping[str, str] = {
    "learner": _("%(money)s per learner"),
    "group": _("%(money)s for the group"),
}


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

    def price(self, price: Price) -> str:
        """€220.00 per learner."""
        money = _kept_together(format_currency(price.amount, price.currency, locale=self.locale))
        return self.catalogue.gettext(PRICES.get(price.per, "%(money)s")) % {"money": money}

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
        letters = region.code[:2]
        country = self.locale.territories.get(NUTS_COUNTRY.get(letters, letters), letters)
        if region.label is None:
            return f"{clean(region.code)} ({country})"
        return f"{self.choose(region.label)[1]} ({clean(region.code)}, {country})"

    def language(self, code: str) -> str:
        """Spanish."""
        return str(self.locale.languages.get(code, clean(code)))

    def where(self, session: Session) -> str:
        """In person (Ubrique); a mode we have no word for keeps its code."""
        mode = self.catalogue.gettext(MODES[session.mode]) if session.mode in MODES else clean(session.mode)
        return mode if session.place is None else f"{mode} ({self.choose(session.place)[1]})"

    def reasons(self, reasons: tuple[Reason, ...]) -> list[str]:
        """The sentences for the codes that are told, each once."""
        return list(dict.fromkeys(self._reason(reason) for reason in reasons if reason.code in REASONS))

    def _reason(self, reason: Reason) -> str:
        said = {name: self._figure(name, value) for name, value in reason.params.items()}
        return self.catalogue.gettext(REASONS[reason.code]) % said

    def _figure(self, name: str, value: str | float) -> str:
        if isinstance(value, str):
            word = self.language(value) if name == "language" else clean(value)
            return self.catalogue.gettext(WISHES[word]) if word in WISHES else word
        return self.number(10 * (value // 10 + 1) if name == "km" else value)

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

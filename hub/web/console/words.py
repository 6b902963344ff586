"""Words of the console: what organisations told in their own languages, codes as people say them, counts with their nouns."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from markupsafe import Markup, escape

from hub.matching.cures import cure
from hub.matching.explain import ENGLISH, language_name, sentence
from hub.skills.pack import label
from schemas.matches import Levels, Reason
from schemas.values import Money, Place, Title, country_of

FIRST = "en"  # the console's own language
STATES: Mapping[str, tuple[str, str]] = {
    # state → (what people read, tone)
    "open": ("open", "warn"),
    "proposed": ("proposed", "good"),
    "gap": ("nothing fits", "bad"),
    "agreed": ("agreed", "good"),
    "withdrawn": ("withdrawn", "soft"),
    "expired": ("expired", "soft"),
    "closed": ("closed", "soft"),
    "superseded": ("replaced by a newer one", "soft"),
    "asked": ("not answered yet", "warn"),
    "accepted": ("said yes", "good"),
    "interested": ("is interested", "info"),
    "declined": ("said no", "bad"),
    "counter_offered": ("made another offer", "info"),
    "published": ("offered", "good"),
    "retired": ("no longer offered", "soft"),
    "scheduled": ("planned", "good"),
    "cancelled": ("cancelled", "bad"),
    "registered": ("registered", "good"),
    "due": ("to be sent", "warn"),
    "running": ("being sent", "info"),
    "done": ("sent", "good"),
    "failed": ("not delivered", "bad"),
    "waiting": ("waiting", "info"),
    "retrying": ("failed, is tried again", "warn"),
    "needs_operator": ("needs an operator", "bad"),
    "draft": ("draft", "warn"),
    "confirmed": ("confirmed", "good"),
    "broken": ("broken", "bad"),
    "OK": ("moving", "good"),
    "WARN": ("behind", "warn"),
    "STALL": ("slow", "bad"),
    "STOP": ("stands still", "bad"),
}
OUTCOMES = {
    "done": ("took it", "good"),
    "refused": ("says it no longer applies", "warn"),
    "waiting": ("waits for something", "warn"),
    "behind": ("waits behind another", "warn"),
    "parked": ("put it aside", "bad"),
    "skipped": ("was told to skip it", "soft"),
    "replaced": ("was given an edited copy", "soft"),
    "stored": ("stored it", "soft"),
}
GROUPS = {"ivet": "learners in initial training", "cvet": "employed learners", "both": "learners"}
MODES = {
    "presential": "in a class",
    "online": "online",
    "blended": "partly online",
    "workplace": "at the workplace",
}
SCHEMES = {
    "apprenticeship": "apprenticeship",
    "traineeship": "traineeship",
    "fct": "training at a workplace (FCT)",
    "dual": "dual training",
    "shadowing": "job shadowing",
}
CRITERIA: Mapping[str, str] = {
    "skills": "skills",
    "distance": "distance",
    "date": "dates",
    "level": "level",
    "focus": "focus",
    "cost": "price",
    "language": "language",
    "green_digital": "green and digital",
    "credential": "credential",
    "record": "record of the provider",
}
"""The criteria of the score, in the order of the bar."""
REASON_CODES = {
    "no_capacity": "no capacity",
    "too_far": "too far away",
    "dates": "the dates do not suit",
    "price": "the price does not suit",
    "not_in_scope": "not what they teach",
    "other": "another reason",
}


def chosen(title: Title) -> tuple[str, str]:
    """Return the language (empty when nobody said) and the words of a text, English where there is any."""
    if isinstance(title, str):
        return "", title
    code = FIRST if FIRST in title else next(iter(title))
    return code, title[code]


def plain(title: Title) -> str:
    """Return a text's words alone."""
    return chosen(title)[1]


def told(title: Title) -> Markup:
    """Draw a text; words in another language say which, for screen readers."""
    code, words = chosen(title)
    if code in ("", FIRST):
        return escape(words)
    return Markup('<span lang="{}">{}</span>').format(code, words)


def skill(uri_or_words: str) -> str:
    """Say a skill by its label, or in the words of whoever asked for it."""
    if not uri_or_words.startswith("http"):
        return uri_or_words
    return label(uri_or_words) or f"ESCO skill {uri_or_words.rpartition('/')[2][:8]}…"


def state(code: str) -> str:
    """Say a state."""
    return STATES.get(code, (code.replace("_", " "), "soft"))[0]


def tone(code: str) -> str:
    """Return how a state is coloured: good, warn, bad, info or soft."""
    return STATES.get(code, ("", "soft"))[1]


def pill(code: str, words: str = "") -> Markup:
    """Draw a state as a pill; its code is in the title."""
    return Markup('<span class="pill {}" title="{}">{}</span>').format(tone(code), code, words or state(code))


def count(n: int, noun: str, nouns: str = "") -> str:
    """Say how many: «1 need», «12 needs»; most words take an s, others are given."""
    return f"{number(n)} {noun if n == 1 else nouns or f'{noun}s'}"


def number(n: float | Decimal) -> str:
    """Write a number: 1,200."""
    return str(format_decimal(n, format="#,##0.##", locale=ENGLISH))


def money(value: Money) -> str:
    """Write an amount: 430 EUR."""
    return f"{number(value.amount)} {value.currency}"


def price(value: Any) -> str:
    """Write a price: 430 EUR a learner."""
    return f"{money(value)} {'for the group' if value.per == 'group' else 'a learner'}"


def place(where: Place) -> str:
    """Say a place by the name people use, else by its region."""
    return where.label or region(where.nuts)


def region(nuts: str) -> str:
    """Say a region: PT11A (Portugal)."""
    return country(nuts) if nuts == nuts[:2] else f"{nuts} ({country(nuts)})"


def country(nuts: str) -> str:
    """Say in which country a region lies."""
    code = country_of(nuts)
    return str(ENGLISH.territories.get(code, code))


def languages(codes: tuple[str, ...]) -> str:
    """Say languages: Portuguese or English."""
    return " or ".join(language_name(code) for code in codes)


def modes(codes: tuple[str, ...]) -> str:
    """Say ways of teaching: in a class or online."""
    return " or ".join(MODES.get(code, code) for code in codes)


def levels(asked: Levels | Any) -> str:
    """Say levels: EQF 3–4; empty when none was asked for."""
    low, high = asked.eqf_min, asked.eqf_max
    if low is None and high is None:
        return ""
    if low == high:
        return f"EQF {low}"
    if low is None:
        return f"EQF {high} or lower"
    return f"EQF {low} or higher" if high is None else f"EQF {low}–{high}"


def learners(n: int, group: str) -> str:
    """Say who is to learn: 6 employed learners."""
    words = GROUPS.get(group, "learners")
    return f"{n} {words.replace('learners', 'learner', 1) if n == 1 else words}"


def reason(told_reason: Reason) -> str:
    """Say why a candidate stands where it stands."""
    return said(told_reason.code, told_reason.params)


def said(code: str, params: Mapping[str, Any] | None = None) -> str:
    """Say a code of the rules; one that a newer release brought is shown as it is rather than failing the page."""
    try:
        return sentence(code, params or {})
    except KeyError:
        return code.replace("_", " ")


NOT_MET = frozenset({"skill_missing", "skill_not_understood", "not_your_language", "wish_not_met", "no_credential"})
NEITHER = frozenset(
    {
        "skill_related",
        "starts_off_preferred",
        "on_demand",
        "level_close",
        "level_not_stated",
        "also_teaches",
        "price_not_stated",
        "cost_not_compared",
        "no_record_yet",
        "split_over_sessions",
        "prerequisites",
    }
)


def sign(code: str) -> str:
    """Return how a reason speaks for a candidate: yes, no, or so."""
    if code in NOT_MET:
        return "no"
    return "so" if code in NEITHER else "yes"


def cured(code: str, params: Mapping[str, Any] | None = None) -> str:
    """Say what would have to change; empty for a code that a newer release brought."""
    try:
        return cure(code, params or {})
    except KeyError:
        return ""


def capital(words: str) -> str:
    """Begin a sentence."""
    return words[:1].upper() + words[1:]


UUIDS = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})")


def brief(words: str) -> str:
    """Say a reason in one line: without what it waits for by name, and with ids cut in their middle."""
    _, mark, why = words.partition(": ")
    told = why if mark and words.startswith("waits for ") else words
    return capital(UUIDS.sub(r"\1…\2", told))


def short(word: str) -> str:
    """Shorten an id so that it can still be told from others."""
    return word if len(word) <= 18 else f"{word[:8]}…{word[-4:]}"


FILTERS: dict[str, Callable[..., Any]] = {
    "told": told,
    "plain": plain,
    "skill": skill,
    "state": state,
    "tone": tone,
    "pill": pill,
    "count": count,
    "number": number,
    "money": money,
    "price": price,
    "place": place,
    "region": region,
    "country": country,
    "languages": languages,
    "modes": modes,
    "levels": levels,
    "learners": learners,
    "scheme": lambda code: SCHEMES.get(code, code),
    "reason": reason,
    "said": said,
    "outcome": lambda code: OUTCOMES.get(code, (code, "soft"))[0],
    "outcome_tone": lambda code: OUTCOMES.get(code, (code, "soft"))[1],
    "answer_reason": lambda code: REASON_CODES.get(code, code.replace("_", " ")),
    "sign": sign,
    "cured": cured,
    "capital": capital,
    "brief": brief,
    "short": short,
}

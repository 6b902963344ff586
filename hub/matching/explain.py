"""Codes of notes and reasons in English sentences, for pages and mails; JSON keeps the codes.

The voice is that of the console: short, from the reader's side, never a code without its meaning. NOTES are told with their
figures; REASONS are the codes of events (`reason_codes`, `failed`), which carry none.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from string import Formatter
from types import MappingProxyType
from typing import Any

from babel import Locale
from babel.dates import format_date

from hub.matching.outcome import NO_PARAMS, Note, Param

ENGLISH = Locale("en")
MODES = {"presential": "in a class", "online": "online", "blended": "partly online", "workplace": "at the workplace"}

# `{days:day}` is written as «1 day» or «2 days».
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "teaches": "teaches {taught} of the {asked:skill} you asked for",
        "teaches_of_placement": "teaches {taught} of the {asked:skill} of your placement",
        "skill_not_understood": "we do not know yet what «{skill}» is in ESCO, so it could not count",
        "skill_missing": "does not teach «{skill}»",
        "skill_related": "teaches something close to «{skill}», not quite the same",
        "at_your_site": "comes to your workplace",
        "online": "online, no travelling",
        "distance": "{km} km away",
        "distance_estimated": "about {km} km away, estimated from the region",
        "starts_at_earliest": "starts on {start}, the first day you gave",
        "starts_after_earliest": "starts on {start}, {days:day} after the first day you gave",
        "starts_as_preferred": "starts on {start}, the day you prefer",
        "starts_off_preferred": "starts on {start}, {days:day} from the day you prefer",
        "on_demand": "runs when you ask for it, no fixed session",
        "level_fits": "EQF level {eqf}, as you asked",
        "level_close": "EQF level {eqf}, one level outside what you asked",
        "level_not_stated": "states no EQF level",
        "teaches_nothing_else": "nothing in it that you did not ask for",
        "also_teaches": "also teaches {others:skill} you did not ask for",
        "under_your_limit": "{amount} {currency} under your limit",
        "at_your_limit": "exactly at your price limit",
        "price_not_stated": "states no price, so your limit could not be compared",
        "cost_not_compared": "priced in {currency}, not compared with your limit",
        "your_first_language": "held in {language}, your first language",
        "another_of_your_languages": "held in {language}, one of your languages",
        "not_your_language": "held in {language}, which is not among the languages you prefer",
        "wish_met": "{wish}, as you wished",
        "wish_not_met": "not marked as {wish}, which you wished",
        "credential_offered": "ends with a credential, as you wished",
        "no_credential": "ends without the credential you wished",
        "record": "the provider's record so far is {percent} %",
        "no_record_yet": "the provider has no record with us yet",
        "split_over_sessions": "your group would be split over {sessions:session}",
        "prerequisites": "expects {courses} first",
        "score_too_low": "{score:point}, too few to be proposed",
        "held_in": "held in {language}, which you did not ask for",
        "taught_as": "taught {mode}, which you did not ask for",
        "site_not_covered": "its provider does not come to your site",
        "beyond_radius": "{km} km away, you go up to {radius_km} km",
        "beyond_radius_estimated": "about {km} km away, estimated from the region; you go up to {radius_km} km",
        "no_session_planned": "no session is planned",
        "starts_too_early": "starts on {start}, {days:day} before your window opens",
        "starts_too_late": "starts on {start}, {days:day} after your window closes",
        "ends_too_late": "ends on {end}, {days:day} after you need the people",
        "too_late_to_apply": "starts on {start}, too late to apply for it",
        "seats_short": "{free:free seat} for your group of {headcount}",
        "level_far": "EQF level {eqf}, too far from what you asked",
        "musts_missing": "does not teach «{skills}», which must be taught",
        "over_your_limit": "{amount} {currency} over your limit",
        "hours_over": "{hours:hour} more than you give",
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no_curriculum": "no course teaches everything that must be taught",
        "low_score": "it fits too loosely to be proposed",
        "unresolved_skills": "we do not know yet what the skills you described are in ESCO",
        "kind": "it is meant for other learners (initial or continuing training)",
        "language": "it is not held in a language you asked for",
        "mode": "it is not taught in a way you asked for",
        "too_far": "it is too far away, or its provider does not come to your site",
        "no_session_in_window": "no session starts in your window that one can still apply for",
        "no_seats": "too few seats are free",
        "level": "its EQF level is too far from what you asked",
        "skills": "it misses a skill that must be taught",
        "cost": "it costs more than your limit",
        "hours": "it takes more hours than you give",
        "accreditation": "the provider has no accreditation that holds when it ends",
        "excluded": "a coordinator took it out for this need",
        "provider_declined": "the provider has declined this need",
        "no_response": "the provider has not answered about this need",
    }
)


class Counting(Formatter):
    """A formatter that reads a format specification as the noun that is counted, and writes numbers as people do."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value with its noun; 20.0 is written as 20 and 1200 as 1,200."""
        shown = str(value) if isinstance(value, str) else f"{value:,.2f}".removesuffix(".00")
        if not format_spec:
            return shown
        return f"{shown} {format_spec}" if value == 1 else f"{shown} {format_spec}s"


def sentence(code: str, params: Mapping[str, Param] = NO_PARAMS) -> str:
    """What this code says, without capital and full stop, so that it can stand in a list or in a sentence."""
    if code in REASONS:
        return REASONS[code]
    if code not in NOTES:
        raise KeyError(f"no sentence for the code {code!r}; add one to hub/matching/explain.py")
    shown = {name: READABLE[name](str(value)) if name in READABLE else value for name, value in params.items()}
    return Counting().vformat(NOTES[code], (), shown)


def sentences(notes: Iterable[Note]) -> list[str]:
    """Each of these notes in words."""
    return [sentence(note.code, note.params) for note in notes]


def language_name(code: str) -> str:
    """The language's English name, or its code where nobody has named it."""
    return str(ENGLISH.languages.get(code, code))


def day_name(iso: str) -> str:
    """A date as people write it: 13 December 2026."""
    return format_date(date.fromisoformat(iso), "d MMMM y", locale=ENGLISH)


def mode_names(modes: str) -> str:
    """Ways of teaching in words."""
    return " or ".join(MODES.get(mode, mode) for mode in modes.split(", "))


READABLE: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"language": language_name, "start": day_name, "end": day_name, "mode": mode_names}
)

"""Providers who are not asked again: what stood between them and a need when they said no, or nothing.

`follow` asks before each ranking. A provider is asked again as soon as dates, prices or places differ from what it was
asked about, whoever changed them; a refusal is forgotten after `DECLINED_FOR` in any case.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from hub.matching.model import Ask, Course
from hub.rows import Out

DECLINED, SILENT = "declined", "silent"
DECLINED_FOR = timedelta(days=90)


def terms(asked: object, courses: Iterable[Course]) -> str:
    """Name, in a few signs, the dates, prices and places of both sides; seats are not among them."""
    offered = [(each.ref, each.price, each.place, [_dates(sitting) for sitting in each.sittings]) for each in courses]
    return hashlib.sha256(repr((asked, offered)).encode()).hexdigest()[:16]


def of_ask(ask: Ask) -> tuple[object, ...]:
    """Return those wishes of a need that a provider could have said no to."""
    return (ask.earliest, ask.latest, ask.preferred_start, ask.needed_by, ask.max_cost, ask.locations)


def after_refusal(stood: str, today: date) -> Out:
    """Keep a provider out that declined."""
    return Out(reason=DECLINED, terms=stood, until=today + DECLINED_FOR)


def after_silence(stood: str) -> Out:
    """Keep a provider out that never answered."""
    return Out(reason=SILENT, terms=stood)


def holds(out: Out, stood: str, today: date) -> bool:
    """Whether it is still not to be asked."""
    return out.terms == stood and (out.until is None or today <= out.until)


def barred(out: Mapping[str, Out], stood: Mapping[str, str], today: date) -> tuple[frozenset[str], frozenset[str]]:
    """Return the providers that declined and those that were silent, as far as this still holds."""
    still = {provider: each.reason for provider, each in out.items() if holds(each, stood[provider], today)}
    return (
        frozenset(provider for provider, reason in still.items() if reason == DECLINED),
        frozenset(provider for provider, reason in still.items() if reason == SILENT),
    )


def without(out: Mapping[str, Out], asked: Iterable[str]) -> dict[str, Out]:
    """Forget what kept providers out that are asked (again) now."""
    asked = frozenset(asked)
    return {provider: each for provider, each in out.items() if provider not in asked}


def _dates(sitting: object) -> tuple[object, ...]:
    return tuple(getattr(sitting, name) for name in ("ref", "start", "end", "mode", "location", "price", "cancelled"))

"""Instants and days as people say them: relative on the screen, exact in the title and in `datetime`."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date, format_datetime
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from hub.clock import instant
from hub.matching.explain import ENGLISH

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds
FAR = 14  # days after which a date says more than a distance
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))


def relative(at: datetime, now: datetime) -> str:
    """Say an instant from now: «3 minutes ago», «in 2 days», a date where it is far."""
    seconds = round((at - now).total_seconds())
    if abs(seconds) >= FAR * DAY:
        return format_date(at.date(), "d MMMM" if at.year == now.year else "d MMMM y", locale=ENGLISH)
    if -5 < seconds < 1:
        return "just now"
    words = length(abs(seconds))
    return f"in {words}" if seconds > 0 else f"{words} ago"


def length(seconds: float) -> str:
    """Say how long something is, in its largest unit."""
    for size, name in UNITS:
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {name}" if n == 1 else f"{n} {name}s"
    return "0 seconds"


def relative_day(day: date, today: date) -> str:
    """Say a day from today: today, tomorrow, Friday, 12 December."""
    away = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if away in near:
        return near[away]
    if 1 < away < 7:
        return format_date(day, "EEEE", locale=ENGLISH)
    return format_date(day, "d MMMM" if day.year == today.year else "d MMMM y", locale=ENGLISH)


def exact(at: datetime) -> str:
    """Say an instant in full."""
    return f"{format_datetime(at, 'd MMMM y, HH:mm:ss', locale=ENGLISH)} UTC"


@pass_context
def ago(context: Context, at: str | datetime) -> Markup:
    """Draw an instant (or a stamp) relative to now."""
    when = instant(at) if isinstance(at, str) else at
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        when.isoformat(), exact(when), relative(when, context["now"])
    )


@pass_context
def on_day(context: Context, day: date) -> Markup:
    """Draw a day relative to today."""
    full = format_date(day, "EEEE, d MMMM y", locale=ENGLISH)
    shown = relative_day(day, context["now"].date())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(day.isoformat(), full, shown)


def date_of(day: date) -> str:
    """Write a day: 12 December 2026."""
    return format_date(day, "d MMMM y", locale=ENGLISH)


def days(start: date, end: date) -> str:
    """Write a span of days: 8 December to 28 February 2027."""
    if start == end:
        return date_of(start)
    first = format_date(start, "d MMMM" if start.year == end.year else "d MMMM y", locale=ENGLISH)
    return f"{first} to {date_of(end)}"


def clock(at: str | datetime) -> Markup:
    """Draw the time of day of an instant, exact in the title."""
    when = instant(at) if isinstance(at, str) else at
    return Markup('<time datetime="{}" title="{}">{}</time>').format(when.isoformat(), exact(when), f"{when:%H:%M:%S}")


def weekday(at: datetime) -> str:
    """Write an instant's day with its weekday: Monday 23 November."""
    return format_date(at.date(), "EEEE d MMMM", locale=ENGLISH)


def since_midnight(now: datetime) -> datetime:
    """Return when today began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def seconds(value: float) -> str:
    """Say a short time: 0.4 s, 12 s, 3 minutes."""
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < MINUTE else length(value)


SOON = timedelta(days=7)
FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago,
    "on_day": on_day,
    "date_of": date_of,
    "clock": clock,
    "weekday": weekday,
    "lasting": seconds,
}

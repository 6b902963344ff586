"""When a local time comes: by the zone's own calendar, working day by working day, right across clock changes.

Pure; the scheduler asks. Everything is computed from the local date and never by adding 24 hours to an instant.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

MORNING = time(7)
FRIDAY = 4
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@cache
def zones() -> Mapping[str, ZoneInfo]:
    """Return every zone that this machine knows, by its IANA name."""
    return {name: ZoneInfo(name) for name in sorted(available_timezones())}


def is_working_day(day: date) -> bool:
    """Whether a day is one of Monday to Friday; holidays are not known."""
    return day.weekday() <= FRIDAY


def instant_of(zone: ZoneInfo, day: date, hour: time) -> datetime:
    """Return when a local time comes on a day, in UTC.

    Of a time that comes twice it is the first; one that is left out comes as soon as the clock has been put forward.
    """
    there = datetime.combine(day, hour, zone)
    at = there.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) == there.replace(tzinfo=None):
        return at
    return _end_of_gap(zone, there.replace(fold=1).astimezone(UTC), at)


def next_morning(zone: ZoneInfo, after: datetime, hour: time = MORNING) -> datetime:
    """Return the first morning of a working day that comes after an instant."""
    day = after.astimezone(zone).date()
    while True:
        if is_working_day(day) and (at := instant_of(zone, day, hour)) > after:
            return at
        day += DAY


def present_morning(zone: ZoneInfo, now: datetime, hour: time = MORNING) -> datetime | None:
    """Return the morning of the day it is there, if that is a working day and the morning has come."""
    day = now.astimezone(zone).date()
    at = instant_of(zone, day, hour)
    return at if is_working_day(day) and at <= now else None


def come_since(looked: datetime | None, now: datetime, hour: time = MORNING) -> dict[str, datetime]:
    """Return the zones whose present morning has come since the last look, with its instant; mornings before are past."""
    mornings = {name: present_morning(zone, now, hour) for name, zone in zones().items()}
    return {name: at for name, at in mornings.items() if at is not None and (looked is None or at > looked)}


def next_anywhere(after: datetime, hour: time = MORNING) -> datetime:
    """Return the first morning that comes in any zone after an instant."""
    return min(next_morning(zone, after, hour) for zone in zones().values())


def _end_of_gap(zone: ZoneInfo, before: datetime, behind: datetime) -> datetime:
    """Return the first instant of the new offset, which lies somewhere between these two."""
    old = before.astimezone(zone).utcoffset()
    while behind - before > SECOND:
        middle = before + (behind - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            behind = middle
    return behind.replace(microsecond=0)

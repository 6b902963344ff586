"""The calendar file that comes with a mail: whole days, the same bytes at every attempt.

A later mail about the same session has the same UID and a higher SEQUENCE, so that calendars replace what they hold; one about
a session that is off takes it out. Times of day are not told, so none are written.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event, vCalAddress

from hub.mail.kinds.base import Entry, MailContext
from hub.mail.words import Language, speak

PRODUCT = "-//vet-hub//vet-hub//EN"
MINUTE = 60  # seconds


class CalendarFile(NamedTuple):
    """An iCalendar object (RFC 5545) and what it asks a calendar to do (RFC 5546): PUBLISH or CANCEL."""

    method: str
    content: bytes


def calendar_file(context: MailContext, *, language: str, at: datetime, organiser: str) -> CalendarFile | None:
    """Return the file with a mail's days, None when it has none; `at` is the time of the cause, `organiser` the hub's address."""
    entries = context.entries()
    if not entries:
        return None
    method = "CANCEL" if all(entry.cancelled for entry in entries) else "PUBLISH"
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    speech = speak(language)
    for entry in entries:
        calendar.add_component(_event(entry, speech, at=at, organiser=organiser))
    return CalendarFile(method, calendar.to_ical())


def _event(entry: Entry, speech: Language, *, at: datetime, organiser: str) -> Event:
    event = Event()
    event.add("UID", f"{entry.uid.replace('/', '.')}@{organiser.rpartition('@')[2]}")
    event.add("DTSTAMP", at)
    event.add("SEQUENCE", int(at.timestamp()) // MINUTE)
    event.add("ORGANIZER", vCalAddress(f"mailto:{organiser}"))
    event.add("SUMMARY", speech.choose(entry.title)[1])
    event.add("DTSTART", entry.start)
    event.add("DTEND", _day_after(entry.end))
    if entry.place is not None:
        event.add("LOCATION", speech.choose(entry.place)[1])
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")  # a course of weeks does not make every hour of them busy
    return event


def _day_after(day: date) -> date:
    return day + timedelta(days=1)

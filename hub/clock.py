"""The one source of time: everything that asks what time it is asks a Clock, so tests can hold it still."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, aware, in UTC."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until told to move."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant the clock was set to."""
        return self.at

    def advance(self, **delta: float) -> None:
        """Move forward by the given `timedelta` arguments."""
        self.at += timedelta(**delta)


@lru_cache(maxsize=1024)  # a batch writes the same few instants hundreds of times
def stamp(instant: datetime) -> str:
    """Write an instant as the fixed-width UTC text the store sorts by: 2026-11-23T19:44:50.123456Z."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Read an instant that `stamp` wrote."""
    return datetime.fromisoformat(text)

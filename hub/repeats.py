"""What a library repeats is told once and then summed up: in an outage a Kafka client writes 35 lines a second.

The first line goes out at once. The same again within a minute is counted, and once the minute is over one line tells how
often it came: «said 241 times in the last minute».
"""

import logging
import re
import time
from copy import copy
from dataclasses import dataclass
from threading import Timer
from typing import NamedTuple, TextIO

MINUTE = 60.0  # seconds
NUMBERS = re.compile(r"\d+")


class _Line(NamedTuple):
    """What makes two lines the same: who says it, how loud, and the words before numbers and names are put in."""

    logger: str
    level: int
    words: str


@dataclass
class _Said:
    last: logging.LogRecord
    until: float
    times: int = 0


class SummingHandler(logging.StreamHandler[TextIO]):
    """Writes lines to a stream; what is said again within a minute is counted and told with its count."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._said: dict[_Line, _Said] = {}
        self._timer: Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it when it was said within the last minute; the caller holds the lock."""
        self._sum_up(record.created)
        line = _line(record)
        said = self._said.get(line)
        if said is None:
            self._said[line] = _Said(record, record.created + MINUTE)
            super().emit(record)
        else:
            said.last, said.times = record, said.times + 1
            self._tell_later()

    def sum_up(self, now: float) -> None:
        """Tell how often each line came whose minute is over at an instant (seconds since 1970)."""
        self.acquire()
        try:
            self._sum_up(now)
        finally:
            self.release()

    def close(self) -> None:
        """Tell what was counted so far, and be done."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.stream.closed:
            self.sum_up(float("inf"))
        super().close()

    def _sum_up(self, now: float) -> None:
        for line, said in [(line, said) for line, said in self._said.items() if said.until <= now]:
            if said.times:
                super().emit(_summary(said))
                self._said[line] = _Said(said.last, said.until + MINUTE)
            else:
                del self._said[line]

    def _tell_later(self) -> None:
        # The outage may end with the last line; then nobody speaks who could take the count along.
        if self._timer is None:
            self._timer = Timer(MINUTE, self._on_time)
            self._timer.daemon = True
            self._timer.start()

    def _on_time(self) -> None:
        self._timer = None
        self.sum_up(time.time())
        if any(said.times for said in self._said.values()):
            self._tell_later()


def _line(record: logging.LogRecord) -> _Line:
    return _Line(record.name, record.levelno, NUMBERS.sub("0", str(record.msg)))


def _summary(said: _Said) -> logging.LogRecord:
    summary = copy(said.last)
    summary.msg = f"said {said.times} times in the last minute: {said.last.getMessage()}"
    summary.args = None
    summary.exc_info = None
    return summary

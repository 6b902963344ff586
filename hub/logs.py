"""The log of a process: one JSON line a happening on standard error, colours where a person is looking.

Called once, by whoever starts a process. Our own lines have an `action` and fields; those of libraries go the same way,
and what a library repeats is summed up.
Nothing about a person may get out: fields that could hold it are left out, addresses and keys inside texts are masked.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from hub.errors import WrongSetting
from hub.repeats import SummingHandler

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FRAMES = 12  # innermost frames of an error that are logged
LONGEST = 2000  # characters of one value that are logged
_PERSONAL = """
    name first_name last_name full_name legal_name title email mail to recipient address street phone telephone
    birth_date birthday iban notes message_text body data params context headers
    authorization cookie password secret api_key
"""
PERSONAL = frozenset(_PERSONAL.split())
"""Fields that never reach the log: they could hold what people wrote, who they are, or a secret."""
MASKS = (
    (re.compile(r"hub_live_[A-Za-z0-9_-]+"), "[key]"),
    (re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]+(?=@)"), "[login]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
)


def set_up(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send our lines and those of every library to a stream (standard error); raises WrongSetting."""
    if level not in LEVELS:
        raise WrongSetting(f"VET_HUB_LOG_LEVEL = {level!r}: there are {', '.join(LEVELS)}")
    out = stream or sys.stderr
    ends: list[Processor] = [leave_out, structlog.processors.EventRenamer("action"), _renderer(out)]
    begins: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        short_trace,
    ]
    structlog.configure(
        processors=[*begins, *ends],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _take_libraries(out, LEVELS[level], begins, ends)


def _renderer(out: TextIO) -> Processor:
    if out.isatty():
        return structlog.dev.ConsoleRenderer(event_key="action", timestamp_key="at")
    # All but ASCII is escaped: some viewers break a line at U+2028, and somebody may have sent one.
    return structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=True, default=str)


def _take_libraries(out: TextIO, level: int, begins: Sequence[Processor], ends: Sequence[Processor]) -> None:
    handler = SummingHandler(out)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[by_library, *begins], processors=[remove_meta, *ends], keep_exc_info=False
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries tell at «info» what only their own developers want to know.
    root.setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()


def by_library(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Make a library's sentence a field, and the library what acts."""
    record: logging.LogRecord = line["_record"]
    line["sentence"], line["event"] = line["event"], record.name
    if record.exc_info and "exc_info" not in line:
        line["exc_info"] = record.exc_info
    return line


def short_trace(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Say where an error came from, and not what it said: its words may quote what somebody wrote."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["trace"] = frames(error.__traceback__)
    return line


def frames(trace: TracebackType | None) -> list[str]:
    """Name the innermost places of a traceback: file, line and function."""
    places = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{'/'.join(place.filename.split('/')[-3:])}:{place.lineno} {place.name}" for place in places]


def leave_out(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Leave out fields that may hold a person or a secret; mask addresses and keys inside texts."""
    return {
        name: _masked(value) for name, value in line.items() if name.startswith("_") or name.lower() not in PERSONAL
    }


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        value = value[:LONGEST]
        for pattern, mask in MASKS:
            value = pattern.sub(mask, value)
        return value
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items() if str(name).lower() not in PERSONAL}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value

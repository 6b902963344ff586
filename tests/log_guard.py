"""Puts the process's log back as it was: commands send it where they want it, and the next test has its own wishes."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Every test has it: whichever runs a command in its own process, the next one is heard."""
    root, kafka = logging.getLogger(), logging.getLogger("aiokafka")
    handlers, levels = list(root.handlers), (root.level, kafka.level)
    heard = [logger for logger in _loggers() if not logger.disabled]
    yield
    for logger in heard:  # import-linter silences every logger that it did not name
        logger.disabled = False
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    kafka.setLevel(levels[1])
    structlog.reset_defaults()


def _loggers() -> list[logging.Logger]:
    every = logging.Logger.manager.loggerDict.values()
    return [logger for logger in every if isinstance(logger, logging.Logger)]

"""The log that commands append to beside a running hub; a module of its own, because few commands need to load it."""

from hub.cli.opening import cluster_module
from hub.log.history import HistoryLog
from hub.log.port import Log
from hub.settings import Settings


def log_of(settings: Settings) -> Log:
    """Return the settings' log; its readers look for themselves, nobody is woken."""
    log: Log = HistoryLog() if settings.embedded else cluster_module("hub.log.outbox").OutboxLog()
    return log

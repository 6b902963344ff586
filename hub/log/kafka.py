"""Kafka records as deliveries, and a client that does not flood the log in an outage."""

import logging
from collections import Counter
from typing import Any

from aiokafka.structs import ConsumerRecord

from events.codec import from_kafka
from events.errors import Undecodable
from hub.dispatch.delivery import Delivery

EVERY = 10.0  # seconds in which the same message of the client is logged once


def delivery(record: ConsumerRecord[Any, Any], *, prefix: str = "") -> Delivery:
    """Turn a record of an internal topic into a delivery; one nobody can read becomes a delivery that says why."""
    partition = f"{record.topic.removeprefix(prefix)}/{record.partition}"
    try:
        envelope = from_kafka(record.key, record.value, record.headers)
    except Undecodable as problem:
        return Delivery(partition, record.offset, None, record.value or b"", str(problem))
    return Delivery(partition, record.offset, envelope)


class RateLimit(logging.Filter):
    """Lets the same message of the Kafka client through once in a while: in an outage it writes 35 lines a second."""

    def __init__(self, every: float = EVERY) -> None:
        super().__init__()
        self._every = every
        self._last: dict[str, float] = {}
        self.held: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log it."""
        last = self._last.get(str(record.msg))
        if last is not None and record.created - last < self._every:
            self.held[str(record.msg)] += 1
            return False
        self._last[str(record.msg)] = record.created
        return True


def quieten_client() -> None:
    """Put the rate limit on the Kafka client's loggers, once."""
    for name in (
        "aiokafka",
        "aiokafka.conn",
        "aiokafka.client",
        "aiokafka.cluster",
        "aiokafka.consumer.group_coordinator",
        "aiokafka.consumer.fetcher",
        "aiokafka.producer.sender",
    ):
        logger = logging.getLogger(name)
        if not any(isinstance(known, RateLimit) for known in logger.filters):
            logger.addFilter(RateLimit())

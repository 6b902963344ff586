"""Kafka records as deliveries."""

from typing import Any

from aiokafka.structs import ConsumerRecord

from events.codec import from_kafka
from events.errors import Undecodable
from hub.dispatch.delivery import Delivery


def delivery(record: ConsumerRecord[Any, Any], *, prefix: str = "") -> Delivery:
    """Turn a record of an internal topic into a delivery; one nobody can read becomes a delivery that says why."""
    partition = f"{record.topic.removeprefix(prefix)}/{record.partition}"
    try:
        envelope = from_kafka(record.key, record.value, record.headers)
    except Undecodable as problem:
        return Delivery(partition, record.offset, None, record.value or b"", str(problem))
    return Delivery(partition, record.offset, envelope)

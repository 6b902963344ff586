"""CloudEvents on the wire, one door to both bindings: HTTP (binary, structured, batch) and Kafka (binary, structured).

Our own because the official SDK makes up ids and times that are missing, which would make every repetition a new event;
the tests hold it against the SDK.
"""

from events.errors import Invalid, NotCloudEvents, TooLarge, Undecodable, WrongMedia
from events.http_binding import from_http, is_batch
from events.json_format import BATCH, STRUCTURED, Item, to_structured
from events.kafka_binding import Record, from_kafka, from_partner, to_kafka
from events.sameness import content_hash

__all__ = [
    "BATCH",
    "STRUCTURED",
    "Invalid",
    "Item",
    "NotCloudEvents",
    "Record",
    "TooLarge",
    "Undecodable",
    "WrongMedia",
    "content_hash",
    "from_http",
    "from_kafka",
    "from_partner",
    "is_batch",
    "to_kafka",
    "to_structured",
]

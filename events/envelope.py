"""The CloudEvents attributes around one fact, as the hub keeps them; the codec reads and writes them.

Attributes are those of CloudEvents 1.0 §3.1; the ones the hub sets itself are listed in `HUB_ATTRIBUTES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

TYPE_PREFIX = "eu.vethub."
HUB_SOURCE = "/hub"

HUB_ATTRIBUTES = {
    "hubtenant": "tenant",
    "hubkeyid": "key_id",
    "hubreceivedat": "received_at",
    "hubseq": "seq",
    "correlationid": "correlation_id",
    "causationid": "causation_id",
    "partitionkey": "partition_key",
}
"""Wire name → field of what only the hub may set."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One CloudEvent. (`source`, `id`) names it for ever."""

    id: str
    source: str
    type: str
    """The full type, `eu.vethub.need.published.v1`."""
    subject: str
    time: datetime | None
    """Aware; None only until ingest puts the time of arrival where the sender gave none."""
    data: bytes
    """The JSON of `data`."""
    extensions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Attributes the hub does not know, passed on as they came; `dataschema`, `traceparent`, `tracestate` among them."""
    seq: int | None = None
    tenant: str | None = None
    key_id: str | None = None
    received_at: datetime | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    partition_key: str | None = None

    @property
    def short_type(self) -> str:
        """The type without prefix and version, `need.published`; the full type where it is not one of ours."""
        return _short(self.type)


@lru_cache(maxsize=1024)  # there are a few dozen types, and each event is asked for its own several times
def _short(wire_type: str) -> str:
    return wire_type.removeprefix(TYPE_PREFIX).rpartition(".v")[0] or wire_type

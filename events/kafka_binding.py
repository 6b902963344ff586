"""CloudEvents in Kafka records (binding 1.0.2): the log writes binary mode; both modes are read. Never batches."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from events.attributes import CONTROL, canonical, envelope_from
from events.envelope import Envelope
from events.errors import Invalid, NotCloudEvents, Undecodable
from events.json_format import JSON, STRUCTURED, Item, attributes_of, item, members
from events.wellformed import parse
from schemas.problems import Problem, quoted
from schemas.values import EARLIEST_YEAR, LATEST_YEAR

KafkaHeaders = Iterable[tuple[str | bytes, bytes | None]]


class Record(NamedTuple):
    """A Kafka record."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def to_kafka(envelope: Envelope) -> Record:
    """Write a record in binary mode; the key is what order is kept by, else the subject."""
    headers = [("content-type", JSON.encode())]
    headers += [("ce_" + name, value) for name, value in attributes_of(envelope)]
    return Record((envelope.partition_key or envelope.subject).encode(), envelope.data, headers)


def from_kafka(key: bytes | None, value: bytes | None, headers: KafkaHeaders | None) -> Envelope:  # noqa: ARG001
    """Read a record of the hub's own topics, hub attributes included; raises Undecodable and nothing else.

    The hub checked what it wrote, so only what would break a store or a handler is looked at again. The key is not read:
    order is kept by `partitionkey`, and a tool that copies records may have changed it.
    """
    attributes, data, problems = _record(value, headers)
    if data is None or problems:
        raise Undecodable("; ".join(f"{problem.pointer} {problem.detail}".strip() for problem in problems))
    texts = {name: value if type(value) is str else _text(name, value) for name, value in attributes.items()}
    if CONTROL.search("".join(texts.values())):
        raise Undecodable("an attribute holds a control character")
    return _own(texts, data)


def from_partner(key: bytes | None, value: bytes | None, headers: KafkaHeaders | None) -> Item:  # noqa: ARG001
    """Read a record that a partner wrote: raises Undecodable where it is no CloudEvent, else tells every problem."""
    attributes, data, problems = _record(value, headers)
    if data is None:
        return item(0, None, problems)
    envelope, wrong = envelope_from(attributes, data)
    return item(0, envelope, [*wrong, *problems])


def _record(value: bytes | None, headers: KafkaHeaders | None) -> tuple[dict[str, Any], bytes | None, list[Problem]]:
    if value is None:
        raise Undecodable("the record has no value (a tombstone)")
    named = _headers(headers or ())
    content_type = named.pop("content-type", "")
    # The prefix alone decides (Kafka binding §3): a structured record may repeat its attributes as ce_* headers.
    if content_type.lower().startswith(STRUCTURED):
        try:
            parsed = parse(value)
        except (Invalid, NotCloudEvents) as error:
            raise Undecodable(str(error)) from error
        return members(parsed.value, suspicious=parsed.suspicious)
    attributes: dict[str, Any] = {name[3:]: text for name, text in named.items() if name.startswith("ce_")}
    if not attributes:
        raise Undecodable(f"neither ce_* headers nor the content type {STRUCTURED}")
    if content_type:
        attributes["datacontenttype"] = content_type
    return attributes, value, []


def _headers(headers: KafkaHeaders) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, value in headers:
        try:
            key = (name if isinstance(name, str) else name.decode()).lower()
            if value is None or not key.startswith(("ce_", "content-type")):
                continue  # of no interest; other headers may hold any bytes
            text = value.decode()
        except UnicodeDecodeError as error:
            raise Undecodable(f"the header {name!r} is not UTF-8") from error
        if named.setdefault(key, text) != text:
            raise Undecodable(f"the header {key!r} is given twice")
    return named


def _text(name: str, value: Any) -> str:
    if value is None or isinstance(value, str | int):
        return "" if value is None else canonical(value)
    raise Undecodable(f"the attribute {name!r} is not a string, integer or boolean")


def _own(texts: dict[str, str], data: bytes) -> Envelope:
    take = texts.pop
    try:
        take("specversion")
        take("datacontenttype", None)
        data.decode()  # the store keeps text
        return Envelope(
            id=take("id"),
            source=take("source"),
            type=take("type"),
            subject=take("subject"),
            time=_moment(take("time", None)),
            data=data,
            seq=int(seq) if (seq := take("hubseq", None)) else None,
            tenant=take("hubtenant", None),
            key_id=take("hubkeyid", None),
            received_at=_moment(take("hubreceivedat", None)),
            correlation_id=take("correlationid", None),
            causation_id=take("causationid", None),
            partition_key=take("partitionkey", None),
            extensions=texts,
        )
    except KeyError as error:
        raise Undecodable(f"the attribute {error.args[0]} is missing") from error
    except ValueError as error:
        raise Undecodable(f"an attribute or the value cannot be read: {error}") from error


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(f"{quoted(text)} is not an instant")
    return moment

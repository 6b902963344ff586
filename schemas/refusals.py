"""What was not accepted or no longer applied, told to its sender; and what falls due."""

from collections.abc import Mapping

from pydantic import JsonValue

from schemas.values import Instant, Label, Payload


class Refusal(Payload):
    """Something that came by Kafka and was not accepted."""

    source: str
    id: str
    problem: Mapping[str, JsonValue]
    """The problem document that HTTP would have answered (RFC 9457)."""


class Rejection(Payload):
    """An event that was accepted and can no longer apply."""

    source: str
    id: str
    type: str
    reason_code: Label
    detail: str


class Due(Payload):
    """A moment that was asked for has come."""

    kind: Label
    about: Label
    """The ref or id it is about."""
    at: Instant

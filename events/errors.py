"""Why an event cannot be taken.

EventError
├── NotCloudEvents      HTTP 400: not JSON, not UTF-8, no CloudEvents mode
├── WrongMedia          HTTP 415: a media type the hub does not read
├── TooLarge            HTTP 413: more events in a batch than one request may bring
├── Invalid             HTTP 422: everything wrong with envelope and data, told at once
├── UnknownType         a type or version the catalogue does not hold
├── Unreadable          a stored event whose data cannot be read even leniently
└── Undecodable         a Kafka record that is no CloudEvent
"""

from collections.abc import Sequence

from schemas.problems import Problem


class EventError(Exception):
    """An event cannot be taken."""


class NotCloudEvents(EventError):
    """The request is not a CloudEvent in any mode."""


class WrongMedia(EventError):
    """The media type is not one the hub reads."""


class TooLarge(EventError):
    """A batch holds more events than one request may bring."""


class UnknownType(EventError):
    """Nobody knows this event type."""


class Undecodable(EventError):
    """A Kafka record is no CloudEvent; `reason` is shown to operators."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invalid(EventError):
    """Envelope or data break the contract; `errors` lists every place."""

    def __init__(self, errors: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in errors))
        self.errors = tuple(errors)


class Unreadable(Invalid):
    """A stored event cannot be read by this version of the hub."""

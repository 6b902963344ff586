"""What the engine asks of a tracer, so that it need not know one: spans as children of an event's own trace.

The trace travels as the event's extensions `traceparent` and `tracestate`, through history, Kafka, parked rows and jobs;
each step puts its own span in. Where nobody asked for traces there is no tracer, and no step does anything.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Literal, Protocol

from events.envelope import Envelope

HOPS = frozenset({"traceparent", "tracestate"})
Trace = Mapping[str, str]
Kind = Literal["server", "consumer", "producer", "client"]


class Span(Protocol):
    """One step that has begun; it is told to nobody before its end."""

    trace: Trace
    """What comes of the step is its child when it carries this."""

    def end(self, outcome: str = "") -> None:
        """Tell it."""
        ...


class Tracing(Protocol):
    """Begins spans. Attributes are types, ids and names of parts: nothing that a person wrote."""

    def begin(self, name: str, parent: Trace, kind: Kind, **attributes: str) -> Span:
        """Begin a step of the trace that `parent` carries, or a new trace."""
        ...

    def batch(self, name: str, kind: Kind, parts: Sequence[Trace]) -> AbstractContextManager[None]:
        """Tell a piece of work on many events as a span of its own, linked to each of them."""
        ...


def trace_of(envelope: Envelope | None) -> Trace:
    """Return an event's trace context, empty when it has none."""
    if envelope is None or not envelope.extensions:
        return {}
    return {name: value for name, value in envelope.extensions.items() if name in HOPS}


def under(envelope: Envelope, span: Span) -> Envelope:
    """Return the event as part of a span."""
    return replace(envelope, extensions={**envelope.extensions, **span.trace})

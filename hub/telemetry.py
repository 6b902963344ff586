"""Traces for an OpenTelemetry collector: loaded only where the settings name one. Needs the extra [otel]."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace import Span as OpenSpan
from opentelemetry.trace.propagation import set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hub.tracing import Kind, Trace

SEND_LIMIT = 3.0  # seconds the collector has to answer; a hub that stops waits no longer than that for it
MOST_LINKS = 128  # that a batch tells; the rest is in its number of events
KINDS = {
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
    "producer": SpanKind.PRODUCER,
    "client": SpanKind.CLIENT,
}
FAILED = frozenset({"failed", "parked"})
_propagator = TraceContextTextMapPropagator()


class TelemetrySpan:
    """One step, with its place in the trace for those that follow."""

    def __init__(self, span: OpenSpan) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, set_span_in_context(span))
        self.trace: Trace = carrier

    def end(self, outcome: str = "") -> None:
        """Tell it to the collector."""
        if outcome:
            self._span.set_attribute("vethub.outcome", outcome)
        if outcome in FAILED:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class Telemetry:
    """Makes spans of what the hub does, and hands them to a processor."""

    def __init__(self, processor: SpanProcessor) -> None:
        about = {"service.name": "vet-hub", "service.instance.id": os.environ.get("VET_HUB_INSTANCE", str(os.getpid()))}
        provider = TracerProvider(resource=Resource.create(about))
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("vet-hub")

    def begin(self, name: str, parent: Trace, kind: Kind, **attributes: str) -> TelemetrySpan:
        """Begin a step of the trace that `parent` carries, or a new trace."""
        told = {f"vethub.{key}": value for key, value in attributes.items()}
        span = self._tracer.start_span(name, _propagator.extract(parent), KINDS[kind], told)
        return TelemetrySpan(span)

    @contextmanager
    def batch(self, name: str, kind: Kind, parts: Sequence[Trace]) -> Iterator[None]:
        """Tell a piece of work on many events as a span of its own, linked to each of them."""
        links = [
            Link(get_current_span(_propagator.extract(part)).get_span_context()) for part in parts[:MOST_LINKS] if part
        ]
        told = {"vethub.events": len(parts)}
        span = self._tracer.start_span(name, kind=KINDS[kind], attributes=told, links=links)
        try:
            yield
        except BaseException as error:
            # Only what it was: an error's own words may repeat what somebody wrote.
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()


@cache
def telemetry_to(collector: str) -> Telemetry:
    """Return what tells an OTLP collector at a URL over HTTP, in the background; it is told the rest when the process ends."""
    address = collector.rstrip("/")
    endpoint = address if address.endswith("/v1/traces") else f"{address}/v1/traces"
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=SEND_LIMIT)
    return Telemetry(BatchSpanProcessor(exporter, export_timeout_millis=SEND_LIMIT * 1000))

"""One trace from a partner's post to the mail it leads to, through every group, across Kafka, and none unless asked for."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from events.codec import to_structured
from events.envelope import Envelope
from hub import parts
from hub.access import create_key
from hub.app import embedded
from hub.clock import SystemClock
from hub.errors import WrongSetting
from hub.parts import Hub
from hub.settings import Settings, load
from hub.store import history, people
from hub.stream import cluster
from hub.telemetry import Telemetry
from hub.web.api import make_app
from tests.delivery.outages.posting import TEACHER, founding, say, wanted
from tests.delivery.toys import until

TRACE, SPAN = "ab" * 16, "cd" * 8
PARTNER = f"00-{TRACE}-{SPAN}-01"
MAILED = "eu.vethub.notification.delivered.v1"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """A collector, and hubs that tell it."""
    exporter = InMemorySpanExporter()
    telemetry = Telemetry(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(parts, "tracing_of", lambda _settings: telemetry)
    return exporter


@pytest.fixture
def settings(engine: str, request: pytest.FixtureRequest) -> Settings:
    """Settings of each engine in turn."""
    name = "embedded_settings" if engine == "sqlite" else "cluster_settings"
    found: Settings = request.getfixturevalue(name)
    return found


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[Hub]:
    running = embedded(settings) if settings.embedded else cluster(settings)
    async with running as hub:
        await hub.store.write(people.put, TEACHER)
        yield hub


async def post(hub: Hub, *events: Envelope, **headers: str) -> None:
    key, _ = await create_key(hub.store, SystemClock(), org="hub", scopes=("events:write", "import"))
    told = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents-batch+json", **headers}
    transport = httpx.ASGITransport(make_app(hub))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.example") as client:
        answer = await client.post(
            "/v1/events", content=orjson.dumps([to_structured(each) for each in events]), headers=told
        )
    assert answer.status_code == 202, answer.text


async def mailed(hub: Hub) -> bool:
    said = await hub.store.read(history.tail, after_seq=0, limit=1000, types=(MAILED,))
    return bool(said) and await hub.is_quiet()


def need() -> Envelope:
    return say("need.published", "company-0/N-1", wanted("N-1", "company-0"), "need-1", by="company-0")


def line_of(span: ReadableSpan, spans: Sequence[ReadableSpan]) -> list[str]:
    """Return the names from a span up to the one that the partner began."""
    by_id = {each.context.span_id: each for each in spans}
    names = [span.name]
    while span.parent is not None and span.parent.span_id in by_id:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN
    return names


async def test_a_posts_trace_leads_to_the_mail(settings: Settings, told: InMemorySpanExporter) -> None:
    async with at_work(settings) as hub:
        await post(hub, *founding())
        await until(hub.is_idle)  # topics have no order between them, and a need that comes first goes another way
        await post(hub, need(), traceparent=PARTNER)
        await until(lambda: mailed(hub))

    spans = [span for span in told.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]
    carried = next(span for span in spans if span.name == "carry mail")
    handled = ["notifier handle", "workflow handle", "matcher handle"]
    assert line_of(carried, spans) == ["carry mail", *handled, "take in"]
    after = [span for span in spans if span.parent and span.parent.span_id == carried.context.span_id]
    assert {span.name for span in after} == {"notifier handle", "projector handle"}


async def test_a_batch_is_linked_to_its_events(settings: Settings, told: InMemorySpanExporter) -> None:
    async with at_work(settings) as hub:
        await post(hub, *founding())
        await until(hub.is_idle)  # topics have no order between them, and a need that comes first goes another way
        await post(hub, need(), traceparent=PARTNER)
        await until(lambda: mailed(hub))

    linked = {
        span.name
        for span in told.get_finished_spans()
        for link in span.links
        if f"{link.context.trace_id:032x}" == TRACE
    }
    wanted_names = {"matcher batch", "workflow batch", "notifier batch", "projector batch"}
    assert linked >= wanted_names | (set() if settings.embedded else {"relay send"})


async def test_spans_say_types_and_ids_and_nothing_of_what_people_wrote(
    embedded_settings: Settings, told: InMemorySpanExporter
) -> None:
    async with at_work(embedded_settings) as hub:
        await post(hub, *founding(), need())
        await until(lambda: mailed(hub))

    attributes = {name for span in told.get_finished_spans() for name in span.attributes or ()}
    assert attributes == {
        f"vethub.{name}" for name in ("type", "org", "group", "event_id", "job_id", "job_kind", "outcome", "events")
    }
    assert "provider.example" not in str([span.attributes for span in told.get_finished_spans()])


async def test_without_a_collector_nothing_is_traced_and_the_partners_context_travels_on(
    embedded_settings: Settings,
) -> None:
    async with at_work(embedded_settings) as hub:
        assert hub.tracing is None
        await post(hub, *founding())
        await until(hub.is_idle)  # topics have no order between them, and a need that comes first goes another way
        await post(hub, need(), traceparent=PARTNER)
        await until(lambda: mailed(hub))
        (mail,) = await hub.store.read(history.tail, after_seq=0, limit=1000, types=(MAILED,))

    assert dict(mail.extensions) == {"traceparent": PARTNER}


@pytest.mark.parametrize(
    ("given", "environment"),
    [({"otlp_url": "http://127.0.0.1:9"}, {}), ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})],
)
def test_the_setting_or_opentelemetrys_own_variable_turns_traces_on(
    given: Mapping[str, Any], environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert parts.tracing_of(load()) is None
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert isinstance(parts.tracing_of(load(**given)), Telemetry)


def test_a_missing_package_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise ModuleNotFoundError(name="opentelemetry")

    monkeypatch.setattr(parts, "import_module", missing)
    with pytest.raises(WrongSetting, match=r"needs the package opentelemetry; pip install 'vet-hub\[otel\]'"):
        parts.tracing_of(load(otlp_url="http://127.0.0.1:4318"))

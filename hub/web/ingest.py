"""`POST /v1/events`: CloudEvents come in, one or many, in three modes. 202 means stored.

A plain route over the raw body: it runs for every event, so it builds nothing that it does not need.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from events.catalogue import EVENTS
from events.codec import Item, from_http, is_batch
from events.envelope import Envelope
from events.errors import EventError
from hub.access import Sender
from hub.errors import HubError, ServiceAway
from hub.ingest import Receipt
from hub.metrics import EVENTS_IN, REFUSED, Meter
from hub.parts import Hub
from hub.tracing import trace_of, under
from hub.web import body
from hub.web.door import admit, buckets_of, hub_of
from hub.web.problems import Refuse, dumped, refusal_of

log = structlog.get_logger()
PATH = "/v1/events"
SCOPES = ("events:write", "import")
JSON = "application/json"
TRACEPARENT = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
LONGEST_TRACESTATE = 512  # characters
ANSWER_LIMIT = 10.0  # seconds a post waits for the database


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one event."""

    status: int
    source: str = ""
    id: str = ""
    duplicate: bool = False
    refusal: Refuse | None = None


async def post_events(request: Request) -> Response:
    """Take events in."""
    request.scope["vet_hub.route"] = PATH
    meter: Meter = request.app.state.meter
    try:
        answers, many = await _take(request)
    except (Refuse, EventError, HubError) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        meter.count(REFUSED, str(refusal.status))
        return refusal.response()
    _note(answers, meter)
    return _many(answers) if many else _one(answers[0])


async def _take(request: Request) -> tuple[list[Answer], bool]:
    async with _in_time():
        sender = await admit(request, *SCOPES)
    buckets = buckets_of(request)
    buckets.spend(sender.key_id, 1)
    many = is_batch(request.headers.get("content-type", ""))
    read = await body.body_of(request, body.BATCH if many else body.EVENT)
    items = from_http(request.headers.items(), read)
    buckets.spend(sender.key_id, len(items) - 1)
    async with _in_time():
        return await _judged(hub_of(request), items, sender, _trace(request)), many


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Raise ServiceAway when what is inside takes too long: a partner is told soon that a service is silent."""
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            yield
    except TimeoutError:
        raise ServiceAway(f"the database has not answered within {ANSWER_LIMIT:.0f} s") from None


async def _judged(hub: Hub, items: Sequence[Item], sender: Sender, trace: Mapping[str, str]) -> list[Answer]:
    refused = {item.index: refusal for item in items if (refusal := _unfit(item)) is not None}
    good = [_traced(item.envelope, trace) for item in items if item.envelope and item.index not in refused]
    receipts = iter(await _accepted_by(hub, good, sender) if good else ())
    return [
        Answer(refused[item.index].status, refusal=refused[item.index])
        if item.index in refused
        else _answer(next(receipts))
        for item in items
    ]


async def _accepted_by(hub: Hub, envelopes: Sequence[Envelope], sender: Sender) -> Sequence[Receipt]:
    if hub.tracing is None:
        return await hub.ingest.accept(envelopes, sender)
    spans = [
        hub.tracing.begin("take in", trace_of(envelope), "server", type=_type(envelope), org=sender.org)
        for envelope in envelopes
    ]
    receipts = await hub.ingest.accept([under(*each) for each in zip(envelopes, spans, strict=True)], sender)
    for span, receipt in zip(spans, receipts, strict=True):
        span.end("refused" if receipt.refusal else "duplicate" if receipt.duplicate else "accepted")
    return receipts


def _type(envelope: Envelope) -> str:
    # What is no type of ours could be anything.
    return envelope.short_type if envelope.short_type in EVENTS else "unknown"


def _unfit(item: Item) -> Refuse | None:
    if item.envelope is None:
        return Refuse(422, errors=item.problems)
    return body.too_large(body.EVENT) if _size(item.envelope) > body.EVENT else None


def _size(envelope: Envelope) -> int:
    # Only a batch can bring a larger one; its attributes count as characters, which is near enough.
    return len(envelope.data) + sum(len(name) + len(value) for name, value in envelope.extensions.items())


def _answer(receipt: Receipt) -> Answer:
    refusal = receipt.refusal
    if refusal is None:
        return Answer(202, receipt.source, receipt.id, receipt.duplicate)
    return Answer(refusal.status, refusal=Refuse(refusal.status, refusal.title, refusal.problems))


def _one(answer: Answer) -> Response:
    return answer.refusal.response() if answer.refusal else _accepted([answer])


def _many(answers: Sequence[Answer]) -> Response:
    if not any(answer.refusal for answer in answers):
        return _accepted(answers)
    results = [{"index": index, "status": answer.status, **_outcome(answer)} for index, answer in enumerate(answers)]
    return Response(dumped({"results": results}), 207, media_type=JSON)


def _outcome(answer: Answer) -> dict[str, Any]:
    return {"problem": answer.refusal.document()} if answer.refusal else {"duplicate": answer.duplicate}


def _accepted(answers: Sequence[Answer]) -> Response:
    accepted = [{"source": each.source, "id": each.id, "duplicate": each.duplicate} for each in answers]
    return Response(dumped({"accepted": accepted}), 202, media_type=JSON)


def _note(answers: Sequence[Answer], meter: Meter) -> None:
    refused = Counter(str(answer.status) for answer in answers if answer.refusal)
    for status, count in refused.items():
        meter.count(REFUSED, status, by=count)
    for answer in answers:
        if not answer.refusal:
            meter.count(EVENTS_IN, "duplicate" if answer.duplicate else "accepted")
    if refused:
        log.info("ingest.refused", events=len(answers), refused=dict(refused))


def _trace(request: Request) -> Mapping[str, str]:
    """Return the trace context of the request, if it is a decent one."""
    parent = request.headers.get("traceparent")
    if parent is None or not TRACEPARENT.fullmatch(parent):
        return {}
    state = request.headers.get("tracestate", "")
    decent = state.isascii() and state.isprintable() and 0 < len(state) <= LONGEST_TRACESTATE
    return {"traceparent": parent, "tracestate": state} if decent else {"traceparent": parent}


def _traced(envelope: Envelope, trace: Mapping[str, str]) -> Envelope:
    """Give an event the request's trace context, unless it brings its own."""
    if not trace or "traceparent" in envelope.extensions:
        return envelope
    return replace(envelope, extensions={**envelope.extensions, **trace})

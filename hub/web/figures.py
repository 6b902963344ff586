"""`GET /metrics`: what this process counted, and what the store says at this moment. No personal data, so it is open."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from hub import metrics, rows
from hub.clock import instant
from hub.errors import ServiceAway
from hub.metrics import Meter, Reading
from hub.parts import Hub
from hub.store import history, inbox, jobs, nouns, parked
from hub.store.session import Session

RELEASE = version("vet-hub")
THIS_RELEASE = Reading(metrics.BUILD, (RELEASE,), 1)
DATABASE_LIMIT = 3.0  # seconds a scrape waits for the database
MOST_COUNTERS = 10_000  # rows; one for each counted fact and partition

figures = APIRouter(tags=["health"])


@figures.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    meter: Meter = request.app.state.meter
    hub: Hub | None = request.app.state.hub
    known = [*in_process(hub), *await in_store(hub)] if hub is not None else [THIS_RELEASE]
    return Response(meter.text(known), media_type=CONTENT_TYPE_LATEST)


def in_process(hub: Hub) -> Iterator[Reading]:
    """Read what the parts of this process know of themselves."""
    yield THIS_RELEASE
    for name, runner in hub.runners.items():
        yield Reading(metrics.TROUBLE, (name,), float(runner.trouble is not None))
        if runner.last_done is not None:
            yield Reading(metrics.LAST_DONE, (name,), runner.last_done.timestamp())
        yield Reading(metrics.BATCHES, (name,), runner.executor.batches[name])
        for (group, outcome), count in runner.executor.outcomes.items():
            if group == name:
                yield Reading(metrics.HANDLED, (name, outcome), count)
    if hub.relay is not None:
        since = hub.relay.sending_since
        yield Reading(metrics.RELAY_ACTIVE, (), float(hub.relay.active))
        yield Reading(metrics.RELAY_SENT, (), hub.relay.sent)
        yield Reading(metrics.RELAY_HANGING, (), (hub.clock.now() - since).total_seconds() if since else 0)


async def in_store(hub: Hub) -> list[Reading]:
    """Read what the database knows; only that it does not answer, when it does not."""
    try:
        async with asyncio.timeout(DATABASE_LIMIT):
            found = await hub.store.read(_from_store, hub)
    except (ServiceAway, TimeoutError):
        return [Reading(metrics.READ_OK, (), 0)]
    return [*found, Reading(metrics.READ_OK, (), 1)]


async def _from_store(session: Session, hub: Hub) -> list[Reading]:
    now = hub.clock.now()
    unsent, oldest = await history.outbox_age(session)
    found = [
        Reading(metrics.OUTBOX, (), unsent),
        Reading(metrics.OUTBOX_SECONDS, (), _age(oldest, now)),
        *[Reading(metrics.PARKED, (row.grp, row.state), row.n) for row in await parked.counts(session)],
        *[Reading(metrics.JOBS, (state,), count) for state, count in (await jobs.counts(session)).items()],
        *await _facts(session),
    ]
    if hub.settings.embedded:
        found += await _lag(session, hub, now)
    return found


async def _facts(session: Session) -> list[Reading]:
    counted: Counter[str] = Counter()
    for row in await nouns.page(session, rows.Counter, limit=MOST_COUNTERS):
        counted[row.name] += row.count
    return [Reading(metrics.FACTS, (name,), count) for name, count in counted.items()]


async def _lag(session: Session, hub: Hub, now: datetime) -> list[Reading]:
    # Cheap where a cursor says up to where all is taken. On the cluster Kafka's own lag is the figure to watch.
    found: list[Reading] = []
    for name, runner in hub.runners.items():
        types = [f"eu.vethub.{heard}.v1" for heard in runner.group.by_type]
        waiting, oldest, _ = await inbox.untaken(session, grp=name, types=types)
        found += [
            Reading(metrics.LAG, (name,), waiting),
            Reading(metrics.LAG_SECONDS, (name,), _age(instant(oldest) if oldest else None, now)),
        ]
    return found


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0

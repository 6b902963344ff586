"""The console's pages with a hundred thousand needs in the store: what the server takes for one, and what it weighs.

Every page that needs nothing in its address is opened in turn, and with them one need; by an operator and by a
coordinator of one country. The clock runs around the application, so drawing and the store's questions are in it.
"""

import gzip
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import orjson

from events.envelope import Envelope
from events.needs import NeedPublished
from hub.app import opened
from hub.clock import SystemClock
from hub.parts import Hub
from hub.rows import Gap, Match, Need, Organisation, Row
from hub.settings import load
from hub.store import nouns
from hub.store.history import Entry
from hub.store.session import Session
from hub.visitors import COORDINATOR, OPERATOR, make_link
from hub.web.api import make_app
from hub.web.console import links
from schemas import gaps, matches, needs, organisations
from tests import builders
from tests.bench.harness import Bench, Figure, Ground, Samples

TIME = Figure("console_pages", "console pages with 100,000 needs, server time: p95", "ms", 50, 25, most=True)
WEIGHT = Figure("console_weight", "heaviest console page with its styles and scripts", "KB", 100, 60, most=True)
NEEDS = 100_000
LOT = 2_000  # rows saved at once
ROUNDS = 20  # times each page is opened a repeat
HOST = "https://hub.example"
PLACES = ("ES612", "PT11A", "RO213", "PL711", "IT322")
A_NEED = "betangible/N-000020"


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the slower reader's p95 over all pages, and the heaviest page."""
    settings = load(data=ground.folder / "hub")
    async with opened(settings, clock=SystemClock()) as (hub, _):
        await _plant(hub)
        readers = [await _reader(hub, "hub", OPERATOR), await _reader(hub, "cec", COORDINATOR)]
        for repeat in range(-1, ground.repeats):
            times = [await _times(reader) for reader in readers]
            if repeat >= 0:  # the first round warms templates and caches
                yield {TIME.name: max(_p95(each) for each in times), WEIGHT.name: await _heaviest(readers[0])}
        for reader in readers:
            await reader.aclose()


async def _plant(hub: Hub) -> None:
    company = organisations.Company.model_validate(builders.company(), strict=False)
    coordinator = organisations.Coordinator.model_validate(builders.coordinator(nuts=["ES"]), strict=False)
    await hub.store.write(
        _save,
        [
            Organisation(key="betangible", org="betangible", state="registered", version=1, company=company),
            Organisation(key="cec", org="cec", state="registered", version=1, coordinator=coordinator),
        ],
    )
    for start in range(0, NEEDS, LOT):
        entries = [_entry(n) for n in range(start, start + LOT)]
        await hub.store.write(hub.log.append, entries)
        rows = [row for n in range(start, start + LOT) for row in _rows(n)]
        await hub.store.write(_save, rows)


def _entry(n: int) -> Entry:
    at = SystemClock().now()
    envelope = Envelope(
        id=f"n-{n}",
        source="/companies/betangible",
        type=NeedPublished.wire_type(),
        subject=f"betangible/N-{n:06}",
        time=at,
        data=orjson.dumps(_told(n)),
        tenant="betangible",
        received_at=at,
        correlation_id=f"n-{n}",
        partition_key=f"betangible/N-{n:06}",
    )
    return Entry(envelope, NeedPublished.TOPIC)


def _told(n: int) -> dict[str, Any]:
    return builders.need(need_id=f"N-{n:06}", locations=[{"nuts": PLACES[n % len(PLACES)], "label": "There"}])


def _rows(n: int) -> list[Row]:
    key, told = f"betangible/N-{n:06}", needs.Need.model_validate(_told(n), strict=False)
    state = ("proposed", "gap", "agreed", "expired")[n % 4]
    match_id, gap_id = f"{n:08}-0000-5000-8000-000000000000", f"{n:08}-0000-5000-9000-000000000000"
    need = Need(
        key=key,
        org="betangible",
        state=state,
        version=1,
        told=told,
        told_seq=n + 1,
        match_id=match_id if state == "proposed" else None,
        gap_id=gap_id if state == "gap" else None,
    )
    rows: list[Row] = [need]
    if state == "proposed":
        rows.append(
            Match(
                key=match_id,
                org="betangible",
                state="open",
                version=1,
                about=key,
                candidates=(matches.Candidate.model_validate(builders.candidate(), strict=False),),
                ruleset_version="1",
                expires_at=SystemClock().now(),
            )
        )
    if state == "gap":
        told_gap = gaps.Gap.model_validate(builders.gap(gap_id=gap_id, need_ref=key), strict=False)
        rows.append(Gap(key=gap_id, org="betangible", state="open", version=1, about=key, told=told_gap))
    return rows


async def _save(session: Session, rows: Sequence[Row]) -> None:
    await nouns.tick(session)
    for kind in dict.fromkeys(type(row) for row in rows):
        await nouns.save(session, kind, [row for row in rows if type(row) is kind])


async def _reader(hub: Hub, org: str, role: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(make_app(hub), raise_app_exceptions=True)
    http = httpx.AsyncClient(transport=transport, base_url=HOST)
    secret = await make_link(hub.store, hub.clock, org=org, role=role)
    came = {"origin": HOST, "sec-fetch-site": "same-origin"}
    answer = await http.post("/console/sign-in", data={"link": secret}, headers=came)
    if answer.status_code != 303:
        raise AssertionError(f"the sign-in was answered {answer.status_code}")
    return http


def _pages(http: httpx.AsyncClient) -> list[str]:
    app: Any = http._transport.app  # type: ignore[attr-defined]
    plain = sorted(
        route.path
        for route in app.routes
        if getattr(route, "path", "").startswith(links.HOME)
        and "GET" in (getattr(route, "methods", None) or ())
        and "{" not in route.path
        and not route.path.endswith(("/sign-in", "/live"))
    )
    return [*plain, f"{links.HOME}/needs?state=gap", f"{links.HOME}/needs/{A_NEED}"]


async def _times(http: httpx.AsyncClient) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for page in _pages(http):
            began = perf_counter()
            answer = await http.get(page)
            if answer.status_code == 200:
                took.setdefault(page, []).append((perf_counter() - began) * 1000)
    return took


def _p95(took: dict[str, list[float]]) -> float:
    """Return the slowest page's 95th percentile: a quick page must not hide a slow one."""
    return max(sorted(each)[int(len(each) * 0.95) - 1] for each in took.values())


async def _heaviest(http: httpx.AsyncClient) -> float:
    static = Path(links.__file__).parent / "static"
    frame = sum(len(gzip.compress(file.read_bytes())) for file in static.iterdir())
    weights = [len(gzip.compress((await http.get(page)).content)) for page in _pages(http)]
    return (max(weights) + frame) / 1000


BENCHES = (Bench("console", (TIME, WEIGHT), measure),)

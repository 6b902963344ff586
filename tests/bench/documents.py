"""What an agreement's document costs, and that nobody waits for it: the event loop while 200 are drafted and pages asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import perf_counter, process_time
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp, Message

from events.envelope import Envelope
from hub.access import create_key
from hub.app import embedded, opened
from hub.clock import FixedClock, stamp
from hub.documents import CHANNEL, DocumentChannel
from hub.parts import Hub, spare_the_old
from hub.settings import load
from hub.store import history
from hub.store.jobs import JobRow
from hub.store.people import Person, put
from hub.visitors import OPERATOR, make_link
from hub.web.api import make_app
from hub.web.console import links
from tests import builders
from tests.bench.harness import Bench, Figure, Ground, Samples
from tests.bench.watch import held_during
from tests.rules.agreement_papers import PEOPLE, a_draft
from tests.story import ANYBODY, NOON, day

CPU = Figure("document_cpu", "agreement PDF: processor time of the courier", "ms", 80, 40, most=True)
DRAFTED = "longest hold of the loop while 200 agreements are drafted and pages asked"
HOLD = Figure("document_loop", DRAFTED, "ms", 20, 10, most=True)
OWN = Figure(
    "document_loop_own", "most that the loop's own thread computed meanwhile at a stretch", "ms", 20, 10, most=True
)
DOCUMENTS = 100  # in one repeat
NEEDS, LEARNERS = 8, 25  # 200 agreements
OK = 200
HOST = "hub.example"
PAGES = ("/v1/needs/betangible/N-1", "/v1/needs/betangible/N-1/matches", "/v1/curricula")
CONSOLE_PAGES = ("", "/needs", "/needs/betangible/N-1", "/requests", "/agreements", "/stream", "/mailbox", "/catalogue")
PATIENCE = 120.0  # seconds for the last agreement


async def measure_cpu(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the processor time, in all threads, that reading the people, rendering and storing one document takes."""
    settings = load(data=ground.folder / "hub")
    async with opened(settings, clock=FixedClock(NOON)) as (hub, _):
        for ref, person in PEOPLE.items():
            await _put(hub, ref, name=person.name, birth_date=person.birth_date)
        channel = DocumentChannel(hub.store)
        for repeat in range(-1, ground.repeats):
            jobs = [_job(DOCUMENTS * (repeat + 1) + n) for n in range(DOCUMENTS)]
            began = process_time()
            for job in jobs:
                await channel.carry(job, now=NOON)
            if repeat >= 0:  # the first turn warms the press
                yield {CPU.name: (process_time() - began) / DOCUMENTS * 1000}
        await channel.close()


async def measure_hold(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the longest time that the loop did not come round, and the most that its thread computed in such a time."""
    for repeat in range(ground.repeats):
        settings = load(data=ground.folder / f"hub-{repeat}")
        async with embedded(settings, clock=FixedClock(NOON)) as hub:
            matches = await _agreed(hub)
            app = make_app(hub)  # as a hub does before anybody asks
            spare_the_old()
            asking = asyncio.ensure_future(_asking(hub, app))
            held = await held_during(_drafted(hub, matches))
            if not asking.cancel():
                await asking  # says why it ended
        yield {HOLD.name: held.longest * 1000, OWN.name: held.most_computed * 1000}


async def _drafted(hub: Hub, matches: Sequence[str]) -> None:
    """Nominate everybody and wait until each has an agreement with its document."""
    for which, match_id in enumerate(matches):
        told = [(f"betangible/NOM-{which}-{n}", _nomination(match_id, which, n)) for n in range(LEARNERS)]
        await _say(hub, "learner.nominated", told)
    await _said(hub, "agreement.drafted", NEEDS * LEARNERS)


def _nomination(match_id: str, which: int, n: int) -> dict[str, Any]:
    days = {"start": day(20), "end": day(34), "learner_ref": f"p-{which}-{n}"}
    return builders.nomination(match_id=match_id, nomination_id=f"NOM-{which}-{n}", **days)


async def _agreed(hub: Hub) -> list[str]:
    """Bring every need as far as the company's yes, and everybody into the vault; returns the matches."""
    for ref in ("p-movex", "p-betangible", *(f"p-{which}-{n}" for which in range(NEEDS) for n in range(LEARNERS))):
        await _put(hub, ref)
    company, provider = builders.company(contact_ref="p-betangible"), builders.provider(contact_ref="p-movex")
    await _say(hub, "company.registered", [("betangible", company)])
    await _say(hub, "provider.registered", [("movex", provider)])
    await _say(hub, "curriculum.published", [("movex/C07", builders.curriculum())])
    seats = {"seats_total": 500, "seats_free": 500}
    session = builders.session(start=day(20), end=day(34), application_deadline=day(15), **seats)
    await _say(hub, "session.scheduled", [("movex/C07-1", session)])
    needs = [builders.need(need_id=f"N-{n}", headcount=LEARNERS) for n in range(NEEDS)]
    await _say(hub, "need.published", [(f"betangible/{need['need_id']}", need) for need in needs])
    matches = [one["match_id"] for one in await _said(hub, "match.proposed", NEEDS)]
    await _said(hub, "match.requested", NEEDS)
    answer = {"provider_id": "movex", "decision": "accepted"}
    await _say(hub, "match.answered", [(match, {"match_id": match, **answer}) for match in matches])
    decision = {"decision": "accepted", "candidate_id": "c1"}
    await _say(hub, "match.decided", [(match, {"match_id": match, **decision}) for match in matches])
    await _said(hub, "cooperation.agreed", NEEDS)
    return matches


async def _say(hub: Hub, short_type: str, told: Sequence[tuple[str, dict[str, Any]]]) -> None:
    envelopes = [
        Envelope(
            id=f"{short_type} {subject}",
            source="/companies/bench",
            type=f"eu.vethub.{short_type}.v1",
            subject=subject,
            time=NOON,
            data=orjson.dumps(data),
        )
        for subject, data in told
    ]
    for receipt in await hub.ingest.accept(envelopes, ANYBODY):
        if receipt.refusal is not None:
            raise AssertionError(f"{short_type} was refused: {receipt.refusal}")


async def _said(hub: Hub, short_type: str, count: int) -> list[dict[str, Any]]:
    """Wait until so many events of a type are stored, and return their data."""
    until = perf_counter() + PATIENCE
    types = [f"eu.vethub.{short_type}.v1"]
    while True:
        found = await hub.store.read(history.tail, after_seq=0, limit=count, types=types)
        if len(found) >= count:
            return [orjson.loads(envelope.data) for envelope in found]
        if perf_counter() > until:
            raise AssertionError(f"only {len(found)} of {count} {short_type} after {PATIENCE} s")
        await asyncio.sleep(0.1)


async def _asking(hub: Hub, app: ASGIApp) -> None:
    """Ask for pages for ever: the application itself, because a client on the same loop would be measured too."""
    key, _ = await create_key(hub.store, hub.clock, org="betangible", scopes=("read",), sources=())
    by_key = (b"authorization", f"Bearer {key}".encode())
    by_visit = (b"cookie", await _signed_in(hub, app))
    asked = [*((page, by_key) for page in PAGES), *((links.HOME + page, by_visit) for page in CONSOLE_PAGES)]
    while True:
        for page, header in asked:
            if await _ask(app, page, header) != OK:
                raise AssertionError(f"{page} was not answered")
            await asyncio.sleep(0.01)


async def _signed_in(hub: Hub, app: ASGIApp) -> bytes:
    """Sign an operator in; returns the cookie to send."""
    link = await make_link(hub.store, hub.clock, org="hub", role=OPERATOR)
    host = f"https://{HOST}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=host) as http:
        came = {"origin": host, "sec-fetch-site": "same-origin"}
        await http.post(links.HOME + "/sign-in", data={"link": link}, headers=came)
        return "; ".join(f"{name}={value}" for name, value in http.cookies.items()).encode()


async def _ask(app: ASGIApp, path: str, header: tuple[bytes, bytes]) -> int:
    statuses: list[int] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", HOST.encode()), header],
        "client": ("127.0.0.1", 1),
        "server": (HOST, 443),
        "root_path": "",
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


async def _put(hub: Hub, ref: str, *, name: str = "Ana Exemplo", birth_date: str | None = None) -> None:
    org = ref.partition("/")[0] if "/" in ref else "movex" if ref == "p-movex" else "betangible"
    email = f"{ref.replace('/', '.')}@people.example"
    person = Person(ref, org, "learner", name, email, "es", "Europe/Madrid", birth_date=birth_date)
    await hub.store.write(put, person)


def _job(n: int) -> JobRow:
    draft = a_draft("pt", agreement_id=f"3f1c7a52-8f0e-5c1d-9b7e-{n:012d}", about=f"belcinto/O-{n}")
    body, at = draft.model_dump(mode="json", exclude_defaults=True), stamp(NOON)
    return JobRow(f"job-{n}", f"document/{n}", CHANNEL, "eu-generic", body, "c", "e", "running", 1, at, at, None)


BENCHES = (
    Bench("document_cpu", (CPU,), measure_cpu),
    Bench("document_loop", (HOLD, OWN), measure_hold),
)

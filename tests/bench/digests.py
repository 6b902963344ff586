"""A thousand coordinators' mornings at one instant: from what the scheduler says to a mail job each.

Counted is the processor time of everything the hub does for them in this process: reading and saying what is due, and the
group that prepares the mails. The store holds two thousand needs that moved lately, among many more that are over.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import orjson

from events.envelope import Envelope
from hub.app import opened
from hub.clock import FixedClock
from hub.log.history import HistoryReader
from hub.parts import Hub
from hub.rows import Curriculum, Match, Need, Organisation, Request, Row
from hub.settings import load
from hub.store import jobs, nouns, people
from hub.store.history import Entry
from hub.store.people import Person
from hub.store.session import Session
from schemas import curricula, matches, needs, organisations
from tests import builders
from tests.bench.harness import Bench, Figure, Ground, Samples

DIGESTS = Figure("digests", "1,000 coordinators' digests, from stored changes to jobs", "s", 4.0, 2.0, most=True)
COORDINATORS = 1000
REGIONS = 250  # each looked after by one organisation with four people
NEEDS = 2000  # under way: matched lately, its provider asked
OVER = 10_000  # needs with a match that are done with
SEVEN = datetime(2026, 11, 24, 7, tzinfo=UTC)
YESTERDAY = SEVEN - timedelta(hours=18)
CHUNK = 1000


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the seconds of processor time that a thousand digests take."""
    for n in range(ground.repeats):
        (ground.folder / f"hub{n}").mkdir()
        yield {DIGESTS.name: await _repeat(ground.folder / f"hub{n}")}


async def _repeat(folder: Path) -> float:
    async with opened(load(data=folder), clock=FixedClock(SEVEN)) as (hub, log):
        await _plant(hub)
        reader = HistoryReader(hub.store, log, hub.runners["notifier"], batch=hub.settings.batch)
        while await reader.deliver():
            pass
        began = process_time()
        await hub.scheduler.say_due(SEVEN)
        while await reader.deliver():
            pass
        spent = process_time() - began
        await _require_all(hub)
        return spent


async def _require_all(hub: Hub) -> None:
    made = await hub.store.read(jobs.listing, channel="mail", limit=2 * COORDINATORS)
    if len(made) != COORDINATORS or not all(job.body["context"]["news"] for job in made):
        raise AssertionError(f"{len(made)} digests of {COORDINATORS}, or one without its news")


async def _plant(hub: Hub) -> None:
    await hub.store.write(_people)
    rows = [*_organisations(), *_curricula()]
    for n in range(NEEDS + OVER):
        rows += _under_way(n) if n < NEEDS else _over(n)
    for kind in dict.fromkeys(type(row) for row in rows):
        own = [row for row in rows if type(row) is kind]
        for start in range(0, len(own), CHUNK):
            await hub.store.write(_save, own[start : start + CHUNK])
    said = [_said(n, short) for n in range(NEEDS) for short in ("need.published", "match.proposed")]
    for start in range(0, len(said), CHUNK):
        await hub.store.write(hub.log.append, said[start : start + CHUNK])


async def _people(session: Session) -> None:
    for n in range(COORDINATORS):
        person = Person(f"p-{n:04}", _org(n), "coordinator", "Hanne", "h@x.example", "en", "Europe/Lisbon")
        await people.put(session, person)


async def _save(session: Session, rows: Sequence[Row]) -> None:
    await nouns.tick(session)
    await nouns.save(session, type(rows[0]), rows)


def _organisations() -> list[Organisation]:
    made = []
    for n in range(REGIONS):
        told = builders.coordinator(organisation_id=_org(n), nuts=[_region(n)])
        coordinator = organisations.Coordinator.model_validate(told, strict=False)
        made.append(Organisation(key=_org(n), org=_org(n), state="registered", version=1, coordinator=coordinator))
    company = organisations.Company.model_validate(builders.company(), strict=False)
    provider = organisations.Provider.model_validate(builders.provider(), strict=False)
    return [
        *made,
        Organisation(key="betangible", org="betangible", state="registered", version=1, company=company),
        Organisation(key="movex", org="movex", state="registered", version=1, provider=provider),
    ]


def _curricula() -> list[Curriculum]:
    told = curricula.Curriculum.model_validate(builders.curriculum(), strict=False)
    return [Curriculum(key="movex/C07", org="movex", state="published", version=1, told=told)]


def _under_way(n: int) -> list[Row]:
    asked = {**builders.EXAMPLES["match.requested"], "match_id": _match(n), "respond_by": "2026-11-26"}
    request = Request(
        key=f"{_match(n)}/movex",
        org="movex",
        state="asked",
        version=1,
        match_id=_match(n),
        about=_ref(n),
        told=matches.Request.model_validate(asked, strict=False),
    )
    return [_need(n, "proposed"), _proposal(n, "open"), request]


def _over(n: int) -> list[Row]:
    return [_need(n, "agreed"), _proposal(n, "closed")]


def _need(n: int, state: str) -> Need:
    places = [{"nuts": _region(n), "lat": 40.0, "lon": -8.0}]
    told = builders.need(need_id=_ref(n).partition("/")[2], locations=places)
    return Need(
        key=_ref(n),
        org="betangible",
        state=state,
        version=1,
        match_id=_match(n),
        told=needs.Need.model_validate(told, strict=False),
    )


def _proposal(n: int, state: str) -> Match:
    told = matches.Proposal.model_validate(builders.EXAMPLES["match.proposed"], strict=False)
    return Match(
        key=_match(n),
        org="betangible",
        state=state,
        version=1,
        about=_ref(n),
        candidates=told.candidates,
        ruleset_version="1",
        expires_at=SEVEN + timedelta(days=14),
    )


def _said(n: int, short_type: str) -> Entry:
    subject = _ref(n) if short_type == "need.published" else _match(n)
    envelope = Envelope(
        id=f"{short_type}-{n}",
        source="/hub",
        type=f"eu.vethub.{short_type}.v1",
        subject=subject,
        time=YESTERDAY,
        data=orjson.dumps(builders.EXAMPLES[short_type]),
        tenant="hub",
        received_at=YESTERDAY,
        correlation_id=f"c-{n}",
        partition_key=_ref(n),
    )
    return Entry(envelope, "bench")


def _ref(n: int) -> str:
    return f"betangible/N-{n:05}"


def _match(n: int) -> str:
    return f"00000000-0000-5000-8000-{n:012}"


def _org(n: int) -> str:
    return f"coordinator-{n % REGIONS}"


def _region(n: int) -> str:
    place = n % REGIONS
    return f"PT{place // 36 % 36:X}{'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'[place % 36]}0"[:5]


BENCHES = (Bench("digests", (DIGESTS,), measure),)

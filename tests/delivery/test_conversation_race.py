"""Two processes carry out decisions at the same moment, on both engines: one cooperation a match, and no seat sold twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from events.envelope import Envelope
from handlers.conversation import workflow
from hub.dispatch.router import bind
from hub.rows import Cooperation, Hold, Match, Need, Request, Row, Seats
from hub.store import nouns
from hub.store.port import Store
from hub.store.session import Session
from schemas import matches, needs
from tests import builders
from tests.delivery.toys import Bench, another

SESSION = "movex/C07-1"
BEFORE = -1
"""Number of an event before every other one."""
GROUP = bind([workflow])["workflow"]


@pytest.fixture
async def two(store: Store) -> AsyncIterator[tuple[Bench, Bench]]:
    """Two processes over one database, in which two needs have a yes for the same three seats."""
    await store.write(keep, Seats, [seats("betangible/N-1", "belcinto/N-2")])
    for ref in ("betangible/N-1", "belcinto/N-2"):
        await store.write(keep, Need, [need(ref)])
        await store.write(keep, Match, [match(ref)])
        await store.write(keep, Request, [request(ref)])
    other = another(store)
    if hasattr(other, "start"):
        await other.start()
    yield Bench(store), Bench(other)
    await other.stop()


async def keep(session: Session, kind: type[Row], made: list[Row]) -> None:
    await nouns.tick(session)
    await nouns.save(session, kind, made)


def match_of(ref: str) -> str:
    return f"{builders.MATCH_ID[:-1]}{ref[-1]}"


def seats(*refs: str) -> Seats:
    held = {f"{match_of(ref)}/movex": Hold(about=ref, seats=3, seq=BEFORE - 1) for ref in refs}
    row = {"org": "movex", "state": "open", "version": 1, "curriculum": "movex/C07", "told_free": 3, "told_seq": BEFORE}
    return Seats(key=SESSION, held=held, **row)


def need(ref: str) -> Need:
    company, _, need_id = ref.partition("/")
    told = needs.Need.model_validate(builders.need(company_id=company, need_id=need_id))
    return Need(key=ref, org=company, state="proposed", version=1, told=told, match_id=match_of(ref))


def match(ref: str) -> Match:
    told = matches.Proposal.model_validate(builders.proposal(match_id=match_of(ref), about=ref))
    return Match(
        key=match_of(ref), org=ref.partition("/")[0], state="open", version=1, about=ref, candidates=told.candidates,
        ruleset_version="1", expires_at=told.expires_at,
    )  # fmt: skip


def request(ref: str) -> Request:
    match_id = match_of(ref)
    told = matches.Request.model_validate(builders.request(match_id=match_id))
    answer = matches.Answer.model_validate(builders.without(builders.answer(match_id=match_id), "session_ref"))
    return Request(
        key=f"{match_id}/movex", org="movex", state="accepted", version=1, match_id=match_id, about=ref, told=told,
        answer=answer, holds=(SESSION,),
    )  # fmt: skip


def decision(ref: str, name: str) -> Envelope:
    company, match_id = ref.partition("/")[0], match_of(ref)
    made = replace(builders.example("match.decided"), received_at=builders.AT, correlation_id=name)
    data = made.data.replace(builders.MATCH_ID.encode(), match_id.encode())
    return replace(
        made, id=name, source=f"/companies/{company}", subject=match_id, data=data, tenant=company, partition_key=name
    )


async def race(two: tuple[Bench, Bench], *decisions: Envelope) -> tuple[list[str], list[str]]:
    """Let each process carry out one decision; returns what was agreed on, and why the other was turned down."""
    deliveries = await two[0].tell(*decisions)
    await asyncio.gather(*(bench.executor.run(GROUP, [one]) for bench, one in zip(two, deliveries, strict=True)))
    agreed = [envelope.subject for envelope in await two[0].said("cooperation.agreed")]
    rejected = [envelope.data.decode() for envelope in await two[0].said("event.rejected")]
    return agreed, rejected


@pytest.mark.parametrize("attempt", range(4))
async def test_two_needs_racing_for_the_last_seats_sell_them_once(two: tuple[Bench, Bench], attempt: int) -> None:
    agreed, rejected = await race(
        two, decision("betangible/N-1", f"a{attempt}"), decision("belcinto/N-2", f"b{attempt}")
    )

    assert len(agreed) == 1
    assert ["no_seats" in one for one in rejected] == [True]
    row = (await two[0].store.read(nouns.load, Seats, [SESSION]))[SESSION]
    assert (row.free, [hold.seats for hold in row.held.values() if hold.taken]) == (0, [3])
    assert len(await two[0].store.read(nouns.page, Cooperation)) == 1


@pytest.mark.parametrize("attempt", range(4))
async def test_two_racing_acceptances_give_one_cooperation(two: tuple[Bench, Bench], attempt: int) -> None:
    ref = "betangible/N-1"
    agreed, rejected = await race(two, decision(ref, f"a{attempt}"), decision(ref, f"b{attempt}"))

    assert agreed == [match_of(ref)]
    assert ["already_decided" in one for one in rejected] == [True]

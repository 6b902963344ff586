"""The work that is measured: needs stated anew, each about one of 2,000 rows, and the one handler that answers them.

The bare loops do the same by hand; `left_behind` is what both must have written.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from events.envelope import Envelope
from events.needs import NeedRematchDue, NeedUpdated
from hub.dispatch.delivery import Delivery
from hub.dispatch.router import Group, Router, bind
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Need, Organisation
from hub.store import nouns
from hub.store.port import Store
from hub.store.session import Session
from schemas import needs, organisations
from tests import builders

EVENTS = 10_000
KEYS = 2_000
BATCH = 200
COMPANY = "betangible"
BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HANDLER = "restate-need"
BECAUSE = "stated_anew"
ONE_IN = 200  # events of which one meets the bug

Handler = Callable[[NeedUpdated, UnitOfWork], Iterator[NeedRematchDue]]


def restate(event: NeedUpdated, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
    """Know the company, get one row, save it, say one event."""
    uow.get(Organisation, event.company_id)
    need = uow.get(Need, event.subject)
    uow.save(need.model_copy(update={"state": "open", "told_seq": uow.seq}))
    yield NeedRematchDue(need_ref=need.key, because=BECAUSE)


def restate_with_a_bug(event: NeedUpdated, uow: UnitOfWork) -> Iterator[NeedRematchDue]:
    """The same, but one event in 200 meets a bug."""
    if event.headcount == 1:
        raise ZeroDivisionError("the bug that the bench is about")
    yield from restate(event, uow)


def group(handler: Handler = restate, name: str = "bench") -> Group:
    """Bind the one handler as a consumer group."""
    router = Router(name)
    router.on(HANDLER)(handler)
    return bind([router])[name]


def ref(n: int) -> str:
    """Name the row of the n-th event."""
    return f"{COMPANY}/N-{n % KEYS:05}"


def envelope(n: int) -> Envelope:
    """Make the n-th event, as the log brings it: about 900 bytes of data."""
    at = BEGAN + timedelta(milliseconds=n)
    buggy = n % ONE_IN == ONE_IN // 2
    data = builders.need(need_id=ref(n).partition("/")[2], headcount=1 if buggy else 2 + n % 7, notes="x" * 150)
    return Envelope(
        id=f"need-{n:06}",
        source=f"/companies/{COMPANY}",
        type=NeedUpdated.wire_type(),
        subject=ref(n),
        time=at,
        data=orjson.dumps(data),
        seq=n + 1,
        tenant=COMPANY,
        key_id="0123456789abcdef",
        received_at=at,
        correlation_id=f"need-{n:06}",
        partition_key=ref(n),
    )


def envelopes(count: int = EVENTS) -> list[Envelope]:
    """Make the events of one repeat, in order."""
    return [envelope(n) for n in range(count)]


def deliveries(said: list[Envelope]) -> list[Delivery]:
    """Bring events as the embedded log does."""
    return [Delivery("history", one.seq or 0, one) for one in said]


async def plant(store: Store) -> None:
    """Save the rows that the events are about."""
    told = needs.Need.model_validate(builders.need(notes="x" * 150), strict=False)
    rows = [Need(key=ref(n), org=COMPANY, state="open", version=1, told=told) for n in range(KEYS)]
    company = organisations.Company.model_validate(builders.company(), strict=False)
    await store.write(
        _plant, rows, Organisation(key=COMPANY, org=COMPANY, state="registered", version=1, company=company)
    )


async def _plant(session: Session, rows: list[Need], company: Organisation) -> None:
    await nouns.tick(session)
    await nouns.save(session, Need, rows)
    await nouns.save(session, Organisation, [company])


async def left_behind(session: Session) -> list[Any]:
    """Return everything that the work wrote, save instants, in an order that two databases share."""
    rows = await session.rows("SELECT key, org, state, version, body FROM needs ORDER BY key")
    said = await session.rows(
        "SELECT source, id, type, subject, partition_key, topic, tenant, correlation_id, causation_id, handler, data "
        "FROM history ORDER BY seq"
    )
    taken = await session.rows("SELECT grp, epoch, source, id, outcome FROM inbox ORDER BY source, id")
    sent = await session.rows("SELECT count(*) AS n FROM outbox")
    needs_now = [(row.key, row.org, row.state, row.version, orjson.loads(row.body)) for row in rows]
    return [needs_now, [tuple(row) for row in said], [tuple(row) for row in taken], sent[0].n]

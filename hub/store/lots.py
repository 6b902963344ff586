"""Lots: what operators try again together, at a rate. A snapshot is taken once, and each row is given its own moment.

The moments are in the parked rows themselves, so the hub's usual look at what is due does the work: it goes on after a
crash or an upgrade, and whoever started it need not stay. Rows of a lot that have not come up yet belong to no other lot,
so two operators who do the same do it once. A lot's number is that of its row in the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hub.clock import instant, stamp
from hub.store import audit
from hub.store.audit import Deed
from hub.store.parked import Which
from hub.store.session import Session, each, spread

RETRY, STOP = "parked.retry-all", "parked.stop"
FREE = "p.seq IS NOT NULL AND (p.lot IS NULL OR p.attempts > 0)"
LATER = timedelta(hours=1)  # when what waits is looked at again after its lot was stopped


@dataclass(frozen=True, slots=True)
class Lot:
    """How far a lot is: of its events some are still to come up, some failed or wait again, the rest went through."""

    number: int
    at: str
    who: str
    which: Mapping[str, Any]
    rate: float
    events: int
    due: int
    failed: int
    stopped: int
    last_at: str | None
    """When the last of them comes up."""

    @property
    def through(self) -> int:
        """How many went through (or were skipped or edited meanwhile)."""
        return self.events - self.due - self.failed - self.stopped

    def as_json(self) -> dict[str, Any]:
        """Return it as commands print it."""
        names = ("at", "who", "rate", "events", "due", "through", "failed", "stopped", "last_at")
        return {"lot": self.number, "which": dict(self.which), **{name: getattr(self, name) for name in names}}


async def matching(session: Session, which: Which) -> int:
    """Return how many events a lot would have."""
    only, given = which.sql()
    return int((await session.rows(f"SELECT count(*) AS n FROM parked p WHERE {only} AND {FREE}", **given))[0].n)


async def start(session: Session, deed: Deed, which: Which, *, rate: float) -> int | None:
    """Take everything that matches at this moment, the oldest event first; returns the lot's number, None for nothing."""
    only, given = which.sql()
    lock = "FOR UPDATE" if session.engine == "postgresql" else ""
    rows = await session.rows(
        f"SELECT p.parked_id FROM parked p WHERE {only} AND {FREE} ORDER BY p.seq {lock}", **given
    )
    if not rows:
        return None
    detail = {**which.words(), "rate": rate, "events": len(rows)}
    number = await audit.note(session, replace(deed, what=RETRY, detail=detail))
    now = instant(deed.at)
    await session.run(
        "UPDATE parked SET lot = :lot, next_at = t.next_at, attempts = 0, "
        "state = CASE WHEN blocks = 1 THEN 'retrying' ELSE 'waiting' END "
        f"FROM {each(session.engine, parked_id='text', next_at='text')} WHERE parked.parked_id = t.parked_id",
        lot=number,
        **spread(
            session.engine,
            parked_id=[row.parked_id for row in rows],
            next_at=[stamp(now + timedelta(seconds=n / rate)) for n in range(len(rows))],
        ),
    )
    return number


async def find(session: Session, number: int) -> Lot | None:
    """Return a lot; None where no lot has the number."""
    begun = await audit.find(session, number)
    if begun is None or begun.act != RETRY:
        return None
    (now,) = await session.rows(
        "SELECT count(*) AS n, coalesce(sum(CASE WHEN attempts = 0 THEN 1 ELSE 0 END), 0) AS due, "
        "max(CASE WHEN attempts = 0 THEN next_at END) AS last_at FROM parked WHERE lot = :lot",
        lot=number,
    )
    halts = await audit.newest(session, limit=100, act=STOP, about=str(number))
    detail = dict(begun.detail)
    return Lot(
        number=number,
        at=begun.at,
        who=begun.who,
        rate=float(detail.pop("rate")),
        events=int(detail.pop("events")),
        which=detail,
        due=int(now.due),
        failed=int(now.n) - int(now.due),
        stopped=sum(int(halt.detail["events"]) for halt in halts),
        last_at=now.last_at,
    )


async def running(session: Session) -> list[Lot]:
    """Return the lots of which something is still to come up, the oldest first."""
    rows = await session.rows("SELECT DISTINCT lot FROM parked WHERE lot IS NOT NULL AND attempts = 0 ORDER BY lot")
    return [lot for row in rows if (lot := await find(session, int(row.lot))) is not None]


async def stop(session: Session, deed: Deed, number: int) -> int:
    """Leave what has not come up yet as it was before, more or less: failed for an operator, waiting for its row."""
    halted = await session.run(
        "UPDATE parked SET lot = NULL, next_at = CASE WHEN blocks = 1 THEN NULL ELSE :later END, "
        "state = CASE WHEN blocks = 1 THEN 'needs_operator' ELSE 'waiting' END WHERE lot = :lot AND attempts = 0",
        lot=number,
        later=stamp(instant(deed.at) + LATER),
    )
    if halted:
        await audit.note(session, replace(deed, what=STOP, about=str(number), detail={"events": halted}))
    return halted

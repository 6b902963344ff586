"""Replays: a group's rows are emptied and made anew from the history, under a new epoch of its inbox.

The epoch does the whole work: live events and replayed ones are claimed under the same new epoch, so each is handled once,
whichever way it comes. Batches of such a group hold a shared lock while they run, and a replay begins with the whole one:
none that counted under the old epoch can end after it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.store import audit, cursors, epochs, history
from hub.store.audit import Deed
from hub.store.inbox import EventKey
from hub.store.session import Session, each, listed, spread, values

RUNNING, DONE, STOPPED = "running", "done", "stopped"
START = "replay.start"


@dataclass(frozen=True, slots=True)
class Span:
    """Events after one number, up to another."""

    after: int
    upto: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay would do: events by type, rows it empties by table, what is parked and tried anew, what is left out."""

    span: Span
    by_type: Mapping[str, int]
    rows: Mapping[str, int]
    parked: int
    left_out: int

    @property
    def events(self) -> int:
        """How many events the group would handle."""
        return sum(self.by_type.values())


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay and how far it is."""

    group: str
    epoch: int
    at: str
    who: str
    state: str
    span: Span
    position: int
    events: int
    handled: int
    rate: int | None
    ended_at: str | None

    def as_json(self) -> dict[str, Any]:
        """Return it as commands print it."""
        names = ("group", "epoch", "at", "who", "state", "position", "events", "handled", "rate", "ended_at")
        return {**{name: getattr(self, name) for name in names}, "from": self.span.after + 1, "to": self.span.upto}


async def span_of(session: Session, *, since: str = "", until: str = "") -> Span:
    """Return the numbers of what was stored between two instants; all of it without."""
    after = "SELECT coalesce(max(seq), 0) AS seq FROM history WHERE received_at < :at"
    upto = "SELECT coalesce(max(seq), 0) AS seq FROM history WHERE received_at <= :at"
    return Span(
        int((await session.rows(after, at=since))[0].seq) if since else 0,
        int((await session.rows(upto, at=until))[0].seq) if until else await history.last_seq(session),
    )


async def plan(session: Session, grp: str, span: Span, *, types: Sequence[str], tables: Sequence[str]) -> Plan:
    """Count what a replay would do."""
    heard = await session.rows(
        "SELECT type, CASE WHEN seq > :after AND seq <= :upto THEN 1 ELSE 0 END AS within, count(*) AS n FROM history "
        f"WHERE type IN {listed(session.engine, 'types')} "
        "GROUP BY type, CASE WHEN seq > :after AND seq <= :upto THEN 1 ELSE 0 END",
        after=span.after,
        upto=span.upto,
        types=values(session.engine, list(types)),
    )
    parked = await session.rows(
        "SELECT count(*) AS n FROM parked WHERE grp = :grp AND seq > :after AND seq <= :upto",
        grp=grp,
        after=span.after,
        upto=span.upto,
    )
    rows = {table: (await session.rows(f"SELECT count(*) AS n FROM {table}"))[0].n for table in tables}
    return Plan(
        span=span,
        by_type=Counter({row.type: int(row.n) for row in sorted(heard) if row.within}),
        rows={table: int(n) for table, n in rows.items()},
        parked=int(parked[0].n),
        left_out=sum(int(row.n) for row in heard if not row.within),
    )


async def begin(
    session: Session, deed: Deed, grp: str, span: Span, *, types: Sequence[str], tables: Sequence[str], rate: int | None
) -> Replay | None:
    """Empty the group's rows and begin its next epoch; None while another replay of the group runs."""
    before = await epochs.closed(session, grp)
    if await session.rows("SELECT 1 FROM replays WHERE grp = :grp AND state = :state", grp=grp, state=RUNNING):
        return None
    counted = await plan(session, grp, span, types=types, tables=tables)
    for table in tables:
        await session.run(f"DELETE FROM {table}")
    await _unpark(session, grp, span, before)
    begun = Replay(
        group=grp,
        epoch=before + 1,
        at=deed.at,
        who=deed.who,
        state=RUNNING,
        span=span,
        position=span.after,
        events=counted.events,
        handled=0,
        rate=rate,
        ended_at=None,
    )
    await session.run(
        "INSERT INTO replays (grp, epoch, at, who, state, after, upto, position, events, handled, rate) "
        "VALUES (:grp, :epoch, :at, :who, :state, :after, :upto, :after, :events, 0, :rate)",
        grp=grp,
        epoch=begun.epoch,
        at=deed.at,
        who=deed.who,
        state=RUNNING,
        after=span.after,
        upto=span.upto,
        events=begun.events,
        rate=rate,
    )
    if session.engine == "postgresql":
        # What is left out on purpose does not wait; what the stream has still to bring may be shown a little late.
        await cursors.move(session, grp, await history.last_seq(session))
    detail = {"epoch": begun.epoch, "events": begun.events, "from": span.after + 1, "to": span.upto, "rate": rate}
    await audit.note(session, replace(deed, what=START, about=grp, detail=detail))
    return begun


async def _unpark(session: Session, grp: str, span: Span, before: int) -> None:
    """Forget the parked events that are handled anew; the others stay parked, in the next epoch."""
    await session.run(
        "DELETE FROM parked WHERE grp = :grp AND seq > :after AND seq <= :upto",
        grp=grp,
        after=span.after,
        upto=span.upto,
    )
    await session.run(
        "UPDATE inbox SET epoch = epoch + 1 WHERE grp = :grp AND epoch = :before AND (source, id) IN "
        "(SELECT p.source, p.id FROM parked p WHERE p.grp = :grp)",
        grp=grp,
        before=before,
    )
    await session.run("UPDATE parked SET epoch = :epoch WHERE grp = :grp", grp=grp, epoch=before + 1)


async def move(
    session: Session, replay: Replay, events: Sequence[EventKey], *, to: int, now: str, lease: str, token: int
) -> bool:
    """Write down how far a replay is, and forget what the group did with these events in epochs before.

    False, and nothing written, where somebody else goes on with it or stopped it.
    """
    done = to >= replay.span.upto
    moved = await session.run(
        "UPDATE replays SET position = :to, handled = handled + :handled, state = :state, ended_at = :ended_at "
        "WHERE grp = :grp AND epoch = :epoch AND state = 'running' "
        "AND EXISTS (SELECT 1 FROM leases WHERE name = :lease AND token = :token)",
        to=min(to, replay.span.upto),
        handled=len(events),
        state=DONE if done else RUNNING,
        ended_at=now if done else None,
        grp=replay.group,
        epoch=replay.epoch,
        lease=lease,
        token=token,
    )
    if not moved:
        return False
    if events:
        await session.run(
            "DELETE FROM inbox WHERE grp = :grp AND epoch < :epoch AND (source, id) IN "
            f"(SELECT t.source, t.id FROM {each(session.engine, source='text', id='text')})",
            grp=replay.group,
            epoch=replay.epoch,
            **spread(session.engine, source=[name[0] for name in events], id=[name[1] for name in events]),
        )
    return True


async def turn(session: Session, deed: Deed, grp: str, *, state: str) -> int:
    """Stop a running replay where it is, or let a stopped one go on."""
    before = STOPPED if state == RUNNING else RUNNING
    turned = await session.run(
        "UPDATE replays SET state = :state WHERE grp = :grp AND state = :before "
        "AND epoch = (SELECT max(r.epoch) FROM replays r WHERE r.grp = :grp)",
        state=state,
        grp=grp,
        before=before,
    )
    if turned:
        what = "replay.resume" if state == RUNNING else "replay.stop"
        await audit.note(session, replace(deed, what=what, about=grp))
    return turned


async def newest(session: Session, *, grp: str = "", state: str = "", limit: int = 20) -> list[Replay]:
    """Return replays, the newest first."""
    wanted = ["true", *(["grp = :grp"] if grp else []), *(["state = :state"] if state else [])]
    given = {name: value for name, value in (("grp", grp), ("state", state)) if value}
    rows = await session.rows(
        f"SELECT * FROM replays WHERE {' AND '.join(wanted)} ORDER BY at DESC, grp, epoch DESC LIMIT :limit",
        limit=limit,
        **given,
    )
    return [_replay(row) for row in rows]


def _replay(row: Any) -> Replay:
    return Replay(
        group=row.grp,
        epoch=int(row.epoch),
        at=row.at,
        who=row.who,
        state=row.state,
        span=Span(int(row.after), int(row.upto)),
        position=int(row.position),
        events=int(row.events),
        handled=int(row.handled),
        rate=row.rate,
        ended_at=row.ended_at,
    )

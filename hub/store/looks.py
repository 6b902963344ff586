"""Looks for the console: lists that begin with what moved last and go on from a cursor, and how much there is of what.

Every list is read along an index and cut, so that a page costs the same with ten needs and with a hundred thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from events.envelope import Envelope
from hub.rows import Agreement, Curriculum, Gap, Need, Offer, Organisation, Request, Row
from hub.rows import Session as Sitting
from hub.store.history import NAMES, envelope
from hub.store.recent import row_of
from hub.store.session import Session, listed, values

R = TypeVar("R", bound=Row)
MANY = 2000  # places in a reader's regions from which on the newest rows are looked at first
Regions = Sequence[str] | None
"""NUTS prefixes a reader looks after; None for a reader who sees everything."""


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """One row of a list with the clock of its last change, which its cursor is made of."""

    row: R
    clock: int

    @property
    def cursor(self) -> str:
        """Where the next page goes on."""
        return f"{self.clock}~{self.row.key}"


def cursor_of(text: str) -> tuple[int, str] | None:
    """Read a cursor; None where it is none, so that a mangled address shows the first page."""
    clock, mark, key = text.partition("~")
    return (int(clock), key) if mark and clock.isdecimal() and len(clock) < 19 and key else None


async def newest(
    session: Session,
    kind: type[R],
    *,
    limit: int,
    state: str | Sequence[str] = "",
    org: str = "",
    regions: Regions = None,
    before: tuple[int, str] | None = None,
) -> list[Found[R]]:
    """Return rows, last changed first, after a cursor; of a state or several, an organisation, or regions only."""
    wanted, given = ["true"], dict[str, Any](limit=limit)
    if isinstance(state, str) and state:
        wanted, given = [*wanted, "t.state = :state"], given | {"state": state}
    elif state:
        wanted += [f"t.state IN {listed(session.engine, 'states')}"]
        given |= {"states": values(session.engine, list(state))}
    if org:
        wanted, given = [*wanted, "t.org = :org"], given | {"org": org}
    if before:
        wanted += ["(t.clock, t.key) < (:clock, :key)"]
        given |= {"clock": before[0], "key": before[1]}
    source = f"{kind.TABLE} t"
    if regions is not None and "" not in regions:
        place, only = await _placed(session, kind, regions)
        source, wanted = place + source, [*wanted, only]
        given |= {"regions": values(session.engine, list(regions))}
    rows = await session.rows(
        f"SELECT t.key, t.body, t.clock FROM {source} WHERE {' AND '.join(wanted)} "
        "ORDER BY t.clock DESC, t.key DESC LIMIT :limit",
        **given,
    )
    return [Found(row_of(kind, row.key, row.body), int(row.clock)) for row in rows]


async def _placed(session: Session, kind: type[Row], regions: Sequence[str]) -> tuple[str, str]:
    """Spell «in one of the regions»: what to join before the table, and a condition.

    Where few things are in the regions, the way goes from the regions to the rows, which are then sorted. Where many
    are, it goes from the newest row backwards, and soon has enough.
    """
    about = "t.key" if kind in PLACED else "t.about"
    here = f"region IN {listed(session.engine, 'regions')}"
    rows = await session.rows(
        f"SELECT count(*) AS n FROM (SELECT 1 FROM places WHERE {here} LIMIT {MANY}) AS found",
        regions=values(session.engine, list(regions)),
    )
    if rows[0].n < MANY:
        # A cross join keeps SQLite to this order.
        return f"(SELECT DISTINCT key FROM places WHERE {here}) AS p CROSS JOIN ", f"{about} = p.key"
    return "", f"EXISTS (SELECT 1 FROM places p WHERE p.key = {about} AND p.{here})"


PLACED: tuple[type[Row], ...] = (Need, Offer)
"""Nouns that are somewhere themselves; the others are about one of these."""
OF_REGIONS: tuple[type[Row], ...] = (Need, Offer, Gap, Request, Agreement)
OF_EVERYBODY: tuple[type[Row], ...] = (Curriculum, Organisation)


async def counts_for(session: Session, *, regions: Regions = None) -> dict[str, dict[str, int]]:
    """Return how many there are of each noun, by state."""
    found = {kind.TABLE: await _counts(session, kind, regions) for kind in OF_REGIONS}
    return found | {kind.TABLE: await _counts(session, kind, None) for kind in OF_EVERYBODY}


async def _counts(session: Session, kind: type[Row], regions: Regions) -> dict[str, int]:
    source, given = f"{kind.TABLE} t", dict[str, Any]()
    if regions is not None and "" not in regions:
        about = "t.key" if kind in PLACED else "t.about"
        here = f"SELECT DISTINCT key FROM places WHERE region IN {listed(session.engine, 'regions')}"
        source = f"({here}) AS p CROSS JOIN {kind.TABLE} t WHERE {about} = p.key"
        given = {"regions": values(session.engine, list(regions))}
    rows = await session.rows(f"SELECT t.state, count(*) AS n FROM {source} GROUP BY t.state", **given)
    return {row.state: int(row.n) for row in rows}


async def due_soonest(session: Session, kinds: Sequence[str], *, limit: int) -> list[Any]:
    """Return what falls due first of some kinds: kind, about, at."""
    return await session.rows(
        f"SELECT kind, about, at FROM due WHERE kind IN {listed(session.engine, 'kinds')} ORDER BY at, about LIMIT :limit",
        kinds=values(session.engine, list(kinds)),
        limit=limit,
    )


async def answered(session: Session, match_ids: Sequence[str], states: Sequence[str]) -> set[str]:
    """Return those of the matches about which some provider's request is in one of the states."""
    rows = await session.rows(
        f"SELECT DISTINCT match_id FROM requests WHERE match_id IN {listed(session.engine, 'ids')} "
        f"AND state IN {listed(session.engine, 'states')}",
        ids=values(session.engine, list(match_ids)),
        states=values(session.engine, list(states)),
    )
    return {row.match_id for row in rows}


async def failed_jobs(session: Session, *, limit: int) -> list[Any]:
    """Return jobs of couriers that failed for good, newest first."""
    return await session.rows(
        "SELECT job_id, kind, answer, created_at FROM jobs WHERE state = 'failed' ORDER BY due_at DESC LIMIT :limit",
        limit=limit,
    )


async def event_at(session: Session, seq: int) -> Envelope | None:
    """Return the event of a number."""
    rows = await session.rows(f"SELECT h.seq, {NAMES} FROM history h WHERE h.seq = :seq", seq=seq)
    return envelope(rows[0]) if rows else None


async def sessions_of(session: Session, curricula: Sequence[str], *, today: date) -> dict[str, list[Sitting]]:
    """Return the sessions to come of courses, next first; every course is there."""
    rows = await session.rows(
        f"SELECT key, body FROM sessions WHERE curriculum IN {listed(session.engine, 'refs')} AND state = 'scheduled'",
        refs=values(session.engine, list(curricula)),
    )
    found: dict[str, list[Sitting]] = {ref: [] for ref in curricula}
    for row in rows:
        sitting = row_of(Sitting, row.key, row.body)
        if sitting.told.start >= today:
            found[sitting.curriculum].append(sitting)
    for sittings in found.values():
        sittings.sort(key=lambda sitting: sitting.told.start)
    return found


async def parked_counts(session: Session) -> dict[str, int]:
    """Return how many events are parked, by state."""
    rows = await session.rows("SELECT state, count(*) AS n FROM parked GROUP BY state")
    return {row.state: int(row.n) for row in rows}


async def names(session: Session, orgs: Sequence[str]) -> dict[str, str]:
    """Return the names under which organisations are known; one that is not registered is missing."""
    told = ", ".join(_field(session, role) for role in ("company", "provider", "coordinator"))
    rows = await session.rows(
        f"SELECT t.key, coalesce({told}) AS name FROM organisations t WHERE t.key IN {listed(session.engine, 'orgs')}",
        orgs=values(session.engine, sorted(set(orgs))),
    )
    return {row.key: row.name for row in rows if row.name}


def _field(session: Session, role: str) -> str:
    if session.engine == "sqlite":
        return f"t.body ->> '$.{role}.legal_name'"
    return f"CAST(t.body AS json) #>> '{{{role},legal_name}}'"


async def told_at(session: Session, seqs: Sequence[int]) -> dict[int, str]:
    """Return when events were stored, by their numbers."""
    rows = await session.rows(
        f"SELECT seq, received_at FROM history WHERE seq IN {listed(session.engine, 'seqs', 'bigint')}",
        seqs=values(session.engine, list(seqs)),
    )
    return {int(row.seq): row.received_at for row in rows}

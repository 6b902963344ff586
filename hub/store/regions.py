"""What digests ask the store: everything that is under way at once, in the few columns they need.

Rows as a whole would be dear: a thousand readers look at tens of thousands of rows, and each wants a title or a day of it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from hub.store.session import Session, listed, values


class Said(NamedTuple):
    """One event, without what it says."""

    seq: int
    type: str
    subject: str
    partition_key: str


class Matter(NamedTuple):
    """A need or offer: whose it is, where it stands, what it is called, in which NUTS regions it is."""

    ref: str
    org: str
    state: str
    match_id: str | None
    title: str | dict[str, str]
    nuts: tuple[str, ...]
    is_offer: bool


class Asked(NamedTuple):
    """A question to a provider that is still open or was answered well; dates as text."""

    match_id: str
    about: str
    org: str
    state: str
    respond_by: str
    company_asks: bool


class Proposed(NamedTuple):
    """An open match: until when it stands, and the score of its first candidate."""

    about: str
    expires_at: str
    score: float


class Failed(NamedTuple):
    """A mail that did not arrive, by the organisation of whom it was for, and the event that told so."""

    about: str
    org: str
    seq: int


async def said_between(session: Session, after: int, until: int, *, types: Sequence[str]) -> list[Said]:
    """Return the events of some types after one number, up to another one."""
    rows = await session.rows(
        "SELECT seq, type, subject, partition_key FROM history "
        f"WHERE seq > :after AND seq <= :until AND type IN {listed(session.engine, 'types')} ORDER BY seq",
        after=after,
        until=until,
        types=values(session.engine, types),
    )
    return [Said(*row) for row in rows]


async def last_until(session: Session, at: str) -> int:
    """Return the number of the newest event that was stored at an instant or before, 0 when there is none."""
    rows = await session.rows("SELECT seq FROM history WHERE received_at <= :at ORDER BY seq DESC LIMIT 1", at=at)
    return int(rows[0].seq) if rows else 0


async def asked(session: Session) -> list[Asked]:
    """Return the questions to providers that are not over."""
    respond_by, asks = _field(session, "told", "respond_by"), _field(session, "company_asks")
    rows = await session.rows(
        f"SELECT match_id, about, org, state, {respond_by} AS respond_by, {asks} IS NOT NULL AS asks FROM requests "
        "WHERE state NOT IN ('closed', 'expired', 'declined')"
    )
    return [Asked(row.match_id, row.about, row.org, row.state, row.respond_by, bool(row.asks)) for row in rows]


async def proposed(session: Session) -> dict[str, Proposed]:
    """Return the open matches by their ids."""
    expires_at, score = _field(session, "expires_at"), _field(session, "candidates", 0, "score")
    rows = await session.rows(
        f"SELECT key, about, {expires_at} AS expires_at, {score} AS score FROM matches WHERE state = 'open'"
    )
    return {row.key: Proposed(row.about, row.expires_at, float(row.score)) for row in rows}


async def failed(session: Session, since: int) -> list[Failed]:
    """Return the mails that failed for good because of an event after a number."""
    rows = await session.rows(
        f"SELECT about, org, {_field(session, 'told_seq')} AS seq FROM notifications WHERE state = 'failed'"
    )
    return [found for found in (Failed(row.about, row.org, int(row.seq)) for row in rows) if found.seq > since]


async def abouts(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return the need or offer that matches and agreements are about, by their ids."""
    wanted = listed(session.engine, "ids")
    rows = await session.rows(
        f"SELECT key, about FROM matches WHERE key IN {wanted} "
        f"UNION ALL SELECT key, about FROM agreements WHERE key IN {wanted}",
        ids=values(session.engine, sorted(set(ids))),
    )
    return {row.key: row.about for row in rows}


async def matters(session: Session, refs: Sequence[str]) -> dict[str, Matter]:
    """Return needs and offers by their refs."""
    found: dict[str, Matter] = {}
    for table, where in (("needs", "locations"), ("offers", "location")):
        rows = await session.rows(
            f"SELECT key, org, state, {_field(session, 'match_id')} AS match_id, "
            f"{_json(session, 'told', 'title')} AS title, {_json(session, 'told', where)} AS places "
            f"FROM {table} WHERE key IN {listed(session.engine, 'refs')}",
            refs=values(session.engine, sorted(set(refs))),
        )
        for row in rows:
            places = orjson.loads(row.places)
            nuts = tuple(place["nuts"] for place in (places if where == "locations" else [places]))
            title = orjson.loads(row.title)
            found[row.key] = Matter(row.key, row.org, row.state, row.match_id, title, nuts, table == "offers")
    return found


def _field(session: Session, *path: str | int) -> str:
    """SQL for a field of a row's body as text."""
    if session.engine == "sqlite":
        return f"body ->> '{_sqlite_path(path)}'"
    return f"CAST(body AS json) #>> '{{{','.join(map(str, path))}}}'"


def _json(session: Session, *path: str | int) -> str:
    """SQL for a part of a row's body as JSON."""
    if session.engine == "sqlite":
        return f"body -> '{_sqlite_path(path)}'"
    return f"CAST(CAST(body AS json) #> '{{{','.join(map(str, path))}}}' AS text)"


def _sqlite_path(path: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)

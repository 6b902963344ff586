"""What is still to be sent to partners on `out.<tenant>`: which event, to whom, and whether whole or a provider's part."""

from collections.abc import Sequence
from typing import NamedTuple

from events.envelope import Envelope
from hub.store.history import NAMES, envelope
from hub.store.session import Bulk, Session, each, listed, spread, values

COLUMNS = (("seq", "bigint"), ("tenant", "text"), ("part", "integer"))
PUT = Bulk("INSERT INTO shares", COLUMNS, "ON CONFLICT (seq, tenant) DO NOTHING")


class Share(NamedTuple):
    """One event for one partner; `part` is 1 where only what a provider may know before agreement is sent."""

    seq: int
    tenant: str
    part: int = 0


async def put(session: Session, shares: Sequence[Share]) -> None:
    """Leave events for partners, in the open transaction."""
    await session.many(PUT, {name: [getattr(share, name) for share in shares] for name, _ in COLUMNS})


async def put_said(session: Session, said: Sequence[tuple[str, str, str]]) -> None:
    """Leave events just appended, named by (source, id), each for one partner, whole."""
    sources, ids, orgs = ([one[place] for one in said] for place in range(3))
    columns = each(session.engine, source="text", id="text", org="text")
    await session.run(
        f"INSERT INTO shares (seq, tenant, part) SELECT h.seq, t.org, 0 FROM {columns} "
        "JOIN history h ON h.source = t.source AND h.id = t.id ON CONFLICT (seq, tenant) DO NOTHING",
        **spread(session.engine, source=sources, id=ids, org=orgs),
    )


async def unsent(session: Session, *, limit: int, without: Sequence[str] = ()) -> list[tuple[Share, Envelope]]:
    """Return the oldest events still to be sent, save those of some partners."""
    rows = await session.rows(
        f"SELECT s.tenant AS sent_to, s.part, h.seq, {NAMES} FROM shares s JOIN history h ON h.seq = s.seq "
        f"WHERE s.tenant NOT IN {listed(session.engine, 'without')} ORDER BY s.seq LIMIT :limit",
        limit=limit,
        without=values(session.engine, without),
    )
    return [(Share(row.seq, row.sent_to, row.part), envelope(row)) for row in rows]


async def sent(session: Session, shares: Sequence[Share], *, lease: str, token: int) -> int:
    """Forget sent events, but only while the lease still carries our token."""
    tenants, seqs = [share.tenant for share in shares], [share.seq for share in shares]
    return await session.run(
        f"DELETE FROM shares WHERE (seq, tenant) IN (SELECT t.seq, t.org FROM "
        f"{each(session.engine, seq='bigint', org='text')}) "
        "AND EXISTS (SELECT 1 FROM leases WHERE name = :lease AND token = :token)",
        lease=lease,
        token=token,
        **spread(session.engine, seq=seqs, org=tenants),
    )

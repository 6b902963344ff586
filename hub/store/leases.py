"""Leases: who is the one active relay. Each new holder gets a higher token, which fences the one before."""

from hub.store.session import Session

NOW = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', :ahead)",
    "postgresql": "to_char((clock_timestamp() + CAST(CAST(:ahead AS text) AS interval)) AT TIME ZONE 'UTC', "
    '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')',
}


async def hold(session: Session, name: str, *, holder: str, seconds: float) -> int | None:
    """Take or keep a lease by the database's clock; returns its token, None while somebody else holds it."""
    now, until = _at(session, "zero"), _at(session, "ahead")
    rows = await session.rows(
        f"INSERT INTO leases (name, holder, token, until) VALUES (:name, :holder, 1, {until}) "
        "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, "
        "token = CASE WHEN leases.holder = excluded.holder THEN leases.token ELSE leases.token + 1 END "
        f"WHERE leases.holder = excluded.holder OR leases.until < {now} RETURNING token",
        name=name,
        holder=holder,
        ahead=f"{seconds:.3f} seconds",
        zero="0 seconds",
    )
    return int(rows[0].token) if rows else None


async def leave(session: Session, name: str, *, holder: str) -> None:
    """Give a lease up, so that the successor need not wait."""
    await session.run(
        f"UPDATE leases SET until = {_at(session, 'ahead')} WHERE name = :name AND holder = :holder",
        name=name,
        holder=holder,
        ahead="-1 seconds",
    )


def _at(session: Session, parameter: str) -> str:
    return NOW[session.engine].replace(":ahead", f":{parameter}")

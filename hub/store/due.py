"""What falls due when. One row a (kind, about); the last word wins."""

from collections.abc import Sequence
from typing import Any

from hub.store.session import Bulk, Session

COLUMNS = tuple((name, "text") for name in ("kind", "about", "at", "partition_key", "correlation_id", "event_id"))
UPSERT = Bulk(
    "INSERT INTO due",
    COLUMNS,
    "ON CONFLICT (kind, about) DO UPDATE SET at = excluded.at, partition_key = excluded.partition_key, "
    "correlation_id = excluded.correlation_id, event_id = excluded.event_id",
)


async def put(session: Session, rows: Sequence[dict[str, str]]) -> None:
    """Set reminders."""
    last = {(row["kind"], row["about"]): row for row in rows}
    ordered = [last[place] for place in sorted(last)]
    if ordered:
        await session.many(UPSERT, {name: [row[name] for row in ordered] for name, _ in COLUMNS})


async def take(session: Session, *, now: str, limit: int) -> list[Any]:
    """Take what is due, oldest first; the taker says it in the same transaction."""
    skip = "FOR UPDATE SKIP LOCKED" if session.engine == "postgresql" else ""
    # Materialised: in a plain IN (… LIMIT) PostgreSQL may ask again for each row, and then takes more than the limit.
    rows = await session.rows(
        "WITH taken AS MATERIALIZED (SELECT kind, about FROM due WHERE at <= :now "
        f"ORDER BY at, kind, about LIMIT :limit {skip}) "
        "DELETE FROM due WHERE (kind, about) IN (SELECT kind, about FROM taken) "
        "RETURNING kind, about, at, partition_key, correlation_id, event_id",
        now=now,
        limit=limit,
    )
    return sorted(rows, key=lambda row: (row.at, row.kind, row.about))


async def next_at(session: Session) -> str | None:
    """Return when the next thing falls due."""
    rows = await session.rows("SELECT min(at) AS at FROM due")
    return rows[0].at if rows else None

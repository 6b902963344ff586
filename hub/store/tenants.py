"""Partners who speak Kafka: what each may say on `in.<tenant>`, and what it wants to hear on `out.<tenant>`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class TenantRow:
    """One partner: its organisation's slug, its scopes and further sources, the patterns of types it subscribed to."""

    org: str
    scopes: tuple[str, ...]
    sources: tuple[str, ...]
    types: tuple[str, ...]
    created_at: str


async def put(session: Session, tenant: TenantRow) -> None:
    """Store a partner, or what changed about it; the instant it joined stays."""
    await session.run(
        "INSERT INTO tenants (org, scopes, sources, types, created_at) "
        "VALUES (:org, :scopes, :sources, :types, :created_at) ON CONFLICT (org) DO UPDATE "
        "SET scopes = excluded.scopes, sources = excluded.sources, types = excluded.types",
        org=tenant.org,
        scopes=_kept(tenant.scopes),
        sources=_kept(tenant.sources),
        types=_kept(tenant.types),
        created_at=tenant.created_at,
    )


async def listing(session: Session) -> list[TenantRow]:
    """Return all partners; they are few."""
    return [_tenant(row) for row in await session.rows("SELECT * FROM tenants ORDER BY org")]


async def find(session: Session, org: str) -> TenantRow | None:
    """Return one partner, None when there is none."""
    rows = await session.rows("SELECT * FROM tenants WHERE org = :org", org=org)
    return _tenant(rows[0]) if rows else None


async def remove(session: Session, org: str) -> int:
    """Forget a partner; what was still to be sent to it is forgotten too."""
    await session.run("DELETE FROM shares WHERE tenant = :org", org=org)
    return await session.run("DELETE FROM tenants WHERE org = :org", org=org)


def _kept(words: Sequence[str]) -> str:
    return orjson.dumps(list(words)).decode()


def _tenant(row: Any) -> TenantRow:
    scopes, sources, types = (tuple(orjson.loads(words)) for words in (row.scopes, row.sources, row.types))
    return TenantRow(row.org, scopes, sources, types, row.created_at)

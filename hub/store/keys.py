"""API keys. The secret is shown once and kept as a SHA-256 hash: it is 256 random bits, so no slow hash is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key: its organisation, what it may do, and the source prefixes it may speak for."""

    key_id: str
    secret_hash: str
    org: str
    scopes: tuple[str, ...]
    sources: tuple[str, ...]
    created_at: str
    revoked_at: str | None


async def put(
    session: Session,
    *,
    key_id: str,
    secret_hash: str,
    org: str,
    scopes: Sequence[str],
    sources: Sequence[str],
    now: str,
) -> None:
    """Store a new key."""
    await session.run(
        "INSERT INTO keys (key_id, secret_hash, org, scopes, sources, created_at) "
        "VALUES (:key_id, :secret_hash, :org, :scopes, :sources, :now)",
        key_id=key_id,
        secret_hash=secret_hash,
        org=org,
        scopes=orjson.dumps(list(scopes)).decode(),
        sources=orjson.dumps(list(sources)).decode(),
        now=now,
    )


async def find(session: Session, key_id: str) -> KeyRow | None:
    """Return a key that was not revoked, None otherwise."""
    rows = await session.rows("SELECT * FROM keys WHERE key_id = :key_id AND revoked_at IS NULL", key_id=key_id)
    return _key(rows[0]) if rows else None


async def known(session: Session, key_id: str) -> bool:
    """Return whether a key of this id was ever made."""
    return bool(await session.rows("SELECT 1 FROM keys WHERE key_id = :key_id", key_id=key_id))


async def listing(session: Session) -> list[KeyRow]:
    """Return all keys, revoked ones too."""
    return [_key(row) for row in await session.rows("SELECT * FROM keys ORDER BY org, created_at, key_id")]


async def revoke(session: Session, key_id: str, *, now: str) -> int:
    """Make a key useless from now on."""
    return await session.run(
        "UPDATE keys SET revoked_at = :now WHERE key_id = :key_id AND revoked_at IS NULL", key_id=key_id, now=now
    )


def _key(row: Any) -> KeyRow:
    return KeyRow(
        row.key_id,
        row.secret_hash,
        row.org,
        tuple(orjson.loads(row.scopes)),
        tuple(orjson.loads(row.sources)),
        row.created_at,
        row.revoked_at,
    )

"""Rendered documents: written once per agreement and version, and served as stored ever after. They hold names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it was stored first. `unfilled` holds pairs of a field and the reason why it stayed empty."""

    agreement_id: str
    version: int
    sha256: str
    created_at: str
    unfilled: tuple[tuple[str, str], ...]
    body: bytes


async def put(
    session: Session,
    *,
    agreement_id: str,
    version: int,
    sha256: str,
    at: str,
    unfilled: Sequence[tuple[str, str]],
    body: bytes,
) -> Document:
    """Store a document unless there is one; returns the one that is there now, which may be an earlier other one."""
    await session.run(
        "INSERT INTO documents (agreement_id, version, sha256, created_at, unfilled, body) "
        "VALUES (:agreement_id, :version, :sha256, :at, :unfilled, :body) ON CONFLICT DO NOTHING",
        agreement_id=agreement_id,
        version=version,
        sha256=sha256,
        at=at,
        unfilled=orjson.dumps(list(unfilled)).decode(),
        body=body,
    )
    kept = await find(session, agreement_id, version)
    if kept is None:
        raise LookupError(f"document {agreement_id} version {version} is gone right after it was stored")
    return kept


async def find(session: Session, agreement_id: str, version: int) -> Document | None:
    """Return a version's document, None while there is none."""
    rows = await session.rows(
        "SELECT * FROM documents WHERE agreement_id = :agreement_id AND version = :version",
        agreement_id=agreement_id,
        version=version,
    )
    return _document(rows[0]) if rows else None


async def versions(session: Session, agreement_id: str) -> list[tuple[int, str, str]]:
    """Return (version, SHA-256, when it was made) of an agreement's documents, newest first; their bytes stay put."""
    rows = await session.rows(
        "SELECT version, sha256, created_at FROM documents WHERE agreement_id = :agreement_id ORDER BY version DESC",
        agreement_id=agreement_id,
    )
    return [(int(row.version), row.sha256, row.created_at) for row in rows]


async def newest(session: Session, agreement_id: str) -> Document | None:
    """Return the document of an agreement's newest version that has one."""
    rows = await session.rows(
        "SELECT * FROM documents WHERE agreement_id = :agreement_id ORDER BY version DESC LIMIT 1",
        agreement_id=agreement_id,
    )
    return _document(rows[0]) if rows else None


def _document(row: Any) -> Document:
    unfilled = tuple((field, reason) for field, reason in orjson.loads(row.unfilled))
    return Document(row.agreement_id, row.version, row.sha256, row.created_at, unfilled, bytes(row.body))

"""Sign-in links and console sessions. What stands in a link or a cookie is 256 random bits; only its hash is kept here."""

from dataclasses import dataclass
from typing import Any

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class VisitRow:
    """Who a link lets in, or who a session is: organisation, role (operator, coordinator), and the person if known."""

    org: str
    role: str
    person_ref: str | None
    created_at: str
    seen_at: str
    expires_at: str


async def put_link(
    session: Session, *, link_hash: str, org: str, role: str, person_ref: str | None, now: str, expires_at: str
) -> None:
    """Store a link, and forget those that ended long ago."""
    await session.run("DELETE FROM sign_in_links WHERE expires_at <= :now", now=now)
    await session.run(
        "INSERT INTO sign_in_links (link_hash, org, role, person_ref, created_at, expires_at) "
        "VALUES (:link_hash, :org, :role, :person_ref, :now, :expires_at)",
        link_hash=link_hash,
        org=org,
        role=role,
        person_ref=person_ref,
        now=now,
        expires_at=expires_at,
    )


async def link_is_good(session: Session, link_hash: str, *, now: str) -> bool:
    """Return whether a link would still let somebody in; looking at it does not use it up."""
    rows = await session.rows(
        "SELECT 1 FROM sign_in_links WHERE link_hash = :link_hash AND used_at IS NULL AND expires_at > :now",
        link_hash=link_hash,
        now=now,
    )
    return bool(rows)


async def enter(session: Session, *, link_hash: str, session_hash: str, now: str, expires_at: str) -> bool:
    """Use a link up and open a session with it; False when it was used, has ended, or never was."""
    used = await session.rows(
        "UPDATE sign_in_links SET used_at = :now WHERE link_hash = :link_hash AND used_at IS NULL "
        "AND expires_at > :now RETURNING org, role, person_ref",
        link_hash=link_hash,
        now=now,
    )
    if not used:
        return False
    await session.run("DELETE FROM console_sessions WHERE expires_at <= :now", now=now)
    await session.run(
        "INSERT INTO console_sessions (session_hash, org, role, person_ref, created_at, seen_at, expires_at) "
        "VALUES (:session_hash, :org, :role, :person_ref, :now, :now, :expires_at)",
        session_hash=session_hash,
        org=used[0].org,
        role=used[0].role,
        person_ref=used[0].person_ref,
        now=now,
        expires_at=expires_at,
    )
    return True


async def find(session: Session, session_hash: str, *, now: str) -> VisitRow | None:
    """Return a session that has not ended, None otherwise."""
    rows = await session.rows(
        "SELECT * FROM console_sessions WHERE session_hash = :session_hash AND expires_at > :now",
        session_hash=session_hash,
        now=now,
    )
    return _visit(rows[0]) if rows else None


async def seen(session: Session, session_hash: str, *, now: str, expires_at: str) -> None:
    """Move a session's end, because its owner is there; an ended session stays ended."""
    await session.run(
        "UPDATE console_sessions SET seen_at = :now, expires_at = :expires_at "
        "WHERE session_hash = :session_hash AND expires_at > :now",
        session_hash=session_hash,
        now=now,
        expires_at=expires_at,
    )


async def leave(session: Session, session_hash: str) -> None:
    """End a session."""
    await session.run("DELETE FROM console_sessions WHERE session_hash = :session_hash", session_hash=session_hash)


def _visit(row: Any) -> VisitRow:
    return VisitRow(row.org, row.role, row.person_ref, row.created_at, row.seen_at, row.expires_at)

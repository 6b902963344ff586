"""The local mailbox: mails kept here, as sent, when no mail server is set."""

from collections.abc import Sequence

from hub.store.session import Session, listed, values

HEAD = 3000  # bytes of a mail that hold its headers
UUID_LENGTH = 36  # characters


async def keep(session: Session, *, message_id: str, at: str, source: bytes) -> None:
    """Keep a mail; the same Message-ID again is the same mail."""
    await session.run(
        "INSERT INTO mailbox (message_id, at, source) VALUES (:message_id, :at, :source) ON CONFLICT DO NOTHING",
        message_id=message_id,
        at=at,
        source=source,
    )


async def find(session: Session, message_id: str) -> bytes | None:
    """Return a mail's source, None when it left the building instead (or was never sent)."""
    rows = await session.rows("SELECT source FROM mailbox WHERE message_id = :message_id", message_id=message_id)
    return bytes(rows[0].source) if rows else None


async def heads(session: Session, message_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the beginnings of mails, with their headers, for lists; those that left the building are missing."""
    rows = await session.rows(
        f"SELECT message_id, substr(source, 1, {HEAD}) AS head FROM mailbox "
        f"WHERE message_id IN {listed(session.engine, 'ids')}",
        ids=values(session.engine, message_ids),
    )
    return {row.message_id: bytes(row.head) for row in rows}


async def forget(session: Session, notification_ids: Sequence[str]) -> int:
    """Take the mails of some notifications out; a Message-ID begins with its notification's id. Returns how many."""
    return await session.run(
        f"DELETE FROM mailbox WHERE substr(message_id, 2, {UUID_LENGTH}) IN {listed(session.engine, 'ids')}",
        ids=values(session.engine, notification_ids),
    )

"""The local mailbox: mails kept here, as sent, when no mail server is set."""

from hub.store.session import Session


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

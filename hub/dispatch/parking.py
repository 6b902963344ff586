"""Parking: when an event that failed or waits is looked at again, and the row that says so to operators."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hub.clock import instant, stamp
from hub.dispatch.delivery import Delivery
from hub.dispatch.outcomes import Waiting
from hub.ids import parked_id
from hub.store.parked import ParkedRow
from hub.store.session import storable

BUG_DELAYS = (5, 30, 120, 600, 3600)  # seconds; after the last one it needs an operator
WAIT_DELAYS = (1, 5, 30, 120, 600, 3600)  # seconds; the last one repeats. A saver may commit between load and park.
WAIT_LIMIT = timedelta(hours=24)  # then it needs an operator, and is still released when the row comes
ERROR_LENGTH = 500  # characters kept of an exception's words


class Place(NamedTuple):
    """What a parked row repeats of its event, so that operators can read the list without the history."""

    source: str
    id: str
    type: str
    partition_key: str
    seq: int | None


def place(delivery: Delivery) -> Place:
    """Name a delivery; a record nobody can read is named by where it lies in the log."""
    envelope = delivery.envelope
    if envelope is None:
        where = f"{delivery.partition}@{delivery.position}"
        return Place("/unreadable", where, "unreadable", f"unreadable {where}", None)
    return Place(envelope.source, envelope.id, envelope.type, envelope.partition_key or "", envelope.seq)


def name_of(delivery: Delivery) -> tuple[str, str]:
    """Return the (source, id) that the inbox knows a delivery by."""
    envelope = delivery.envelope
    return (envelope.source, envelope.id) if envelope else place(delivery)[:2]


def waiting(delivery: Delivery, why: Waiting, *, grp: str, epoch: int, now: datetime) -> ParkedRow:
    """Park an event until the row it names is saved."""
    attempts, first_at = _counted(delivery, now)
    patient = now - instant(first_at) < WAIT_LIMIT
    delay = WAIT_DELAYS[min(attempts - 1, len(WAIT_DELAYS) - 1)]
    return _row(
        delivery,
        grp=grp,
        epoch=epoch,
        state="waiting" if patient else "needs_operator",
        waits_for=why.waits_for,
        attempts=attempts,
        first_at=first_at,
        next_at=stamp(now + timedelta(seconds=delay)),
        reason=f"waits for {why.noun} {why.key}: {why.detail}",
    )


def failed(
    delivery: Delivery, error: BaseException, *, grp: str, epoch: int, now: datetime, waits_for: str | None = None
) -> ParkedRow:
    """Park an event whose handler failed; later events of its key will stand behind it."""
    attempts, first_at = _counted(delivery, now, restart=delivery.parked is None or delivery.parked.state == "waiting")
    again = attempts <= len(BUG_DELAYS)
    return _row(
        delivery,
        grp=grp,
        epoch=epoch,
        state="retrying" if again else "needs_operator",
        blocks=1,
        waits_for=waits_for,
        attempts=attempts,
        first_at=first_at,
        next_at=stamp(now + timedelta(seconds=BUG_DELAYS[attempts - 1])) if again else None,
        reason=f"{type(error).__name__} in a handler",
        error=_words(error),
    )


def unreadable(delivery: Delivery, *, grp: str, epoch: int, now: datetime) -> ParkedRow:
    """Keep a record nobody can read, with its bytes; only an operator can do something about it."""
    return _row(
        delivery,
        grp=grp,
        epoch=epoch,
        state="needs_operator",
        attempts=1,
        first_at=stamp(now),
        reason=f"unreadable: {delivery.problem}",
        raw=delivery.raw,
    )


def behind(delivery: Delivery, *, grp: str, epoch: int, now: datetime) -> ParkedRow:
    """Park an event behind an earlier one of its key that failed."""
    attempts, first_at = (delivery.parked.attempts, delivery.parked.first_at) if delivery.parked else (0, stamp(now))
    return _row(
        delivery,
        grp=grp,
        epoch=epoch,
        state="behind",
        blocks=1,
        attempts=attempts,
        first_at=first_at,
        next_at=first_at,
        reason="an earlier event of the same key failed",
    )


def _counted(delivery: Delivery, now: datetime, *, restart: bool = False) -> tuple[int, str]:
    if delivery.parked is None:
        return 1, stamp(now)
    return (1 if restart else delivery.parked.attempts + 1), delivery.parked.first_at


def _row(
    delivery: Delivery,
    *,
    grp: str,
    epoch: int,
    state: str,
    attempts: int,
    first_at: str,
    reason: str,
    blocks: int = 0,
    waits_for: str | None = None,
    next_at: str | None = None,
    error: str | None = None,
    raw: bytes | None = None,
) -> ParkedRow:
    at = place(delivery)
    return ParkedRow(
        parked_id=parked_id(grp, epoch, at.source, at.id),
        grp=grp,
        epoch=epoch,
        partition_name=delivery.partition,
        partition_key=at.partition_key,
        seq=at.seq,
        source=at.source,
        id=at.id,
        type=at.type,
        state=state,
        blocks=blocks,
        waits_for=waits_for,
        attempts=attempts,
        first_at=first_at,
        next_at=next_at,
        reason=storable(reason),
        error=error and storable(error),
        raw=raw,
    )


def _words(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" ({frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno})" if frame else ""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH] + where

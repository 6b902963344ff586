"""How anybody is told anything: a notification and a job for a courier; the person is a ref until the mail leaves.

`told_companies`, `told_providers`, `told_decisions` and `told_parties` say who is told what. Hears what couriers report.
"""

from collections.abc import Iterator

from events.notifications import NotificationDelivered, NotificationFailed, NotificationRequested
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.rows import Notification

notifier = Router("notifier")


@notifier.on("note-delivery")
def note_delivery(event: NotificationDelivered, uow: UnitOfWork) -> None:
    """A message left the hub."""
    row = uow.get(Notification, event.notification_id)
    uow.save(row.model_copy(update={"state": "delivered", "attempts": event.attempt}))


@notifier.on("note-failure")
def note_failure(event: NotificationFailed, uow: UnitOfWork) -> None:
    """A message could not be delivered; the reason is shown to coordinators and operators."""
    row = uow.get(Notification, event.notification_id)
    if row.state != "delivered":
        change = {"state": "failed", "reason": event.detail or event.reason_code, "attempts": event.attempt}
        uow.save(row.model_copy(update={**change, "told_seq": uow.seq}))


def mail(
    kind: str,
    context: kinds.MailContext,
    *,
    recipient_ref: str | None,
    org: str,
    about: str,
    dedupe_key: str,
    uow: UnitOfWork,
) -> Iterator[NotificationRequested]:
    """Ask for one mail; where `org` has named nobody to get it, that is noted as a failure that coordinators see."""
    row = Notification(
        key=uow.new_id(),
        org=org,
        state="requested",
        about=about,
        kind=kind,
        channel="email",
        recipient_ref=recipient_ref or "",
        dedupe_key=dedupe_key,
        told_seq=uow.seq,
    )
    if recipient_ref is None:
        uow.save(row.model_copy(update={"state": "failed", "reason": f"{org} has named nobody who gets this mail"}))
        return
    uow.save(row)
    body = {
        "notification_id": row.key,
        "recipient_ref": recipient_ref,
        "about": about,
        "context": context.model_dump(mode="json", exclude_none=True),
        "at": uow.now.isoformat(),
    }
    uow.job(channel="mail", kind=kind, body=body, dedupe_key=dedupe_key)
    yield NotificationRequested(
        notification_id=row.key,
        recipient_ref=recipient_ref,
        kind=kind,
        channel="email",
        dedupe_key=dedupe_key,
        about=about,
    )


def was_told(about: str, dedupe_key: str, uow: UnitOfWork) -> bool:
    """Whether this very mail was asked for before."""
    return any(row.dedupe_key == dedupe_key for row in uow.all(Notification, about=about))

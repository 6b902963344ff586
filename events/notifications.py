"""What is said about messages to people."""

from events.base import Event
from events.topics import NOTIFICATION
from schemas.notifications import Attempted, Digest, Erasure, Failure, NotificationRequest, OfNotification


class AboutNotifications(Event, OfNotification):
    """A fact about a message; the subject is its id, order is kept by the recipient."""

    TOPIC = NOTIFICATION
    NOUN = "notification"

    def own_subject(self) -> str:
        """Return the notification's id."""
        return self.notification_id

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the recipient decides
        """Return the recipient's ref."""
        return self.recipient_ref


class NotificationRequested(AboutNotifications, NotificationRequest):
    """Somebody is to be told something."""

    TYPE = "notification.requested"


class NotificationDelivered(AboutNotifications, Attempted):
    """A message left the hub."""

    TYPE = "notification.delivered"


class NotificationFailed(AboutNotifications, Failure):
    """A message could not be delivered."""

    TYPE = "notification.failed"


class DigestPrepared(AboutNotifications, Digest):
    """A coordinator's morning mail was put together."""

    TYPE = "digest.prepared"


class SubjectErased(Event, Erasure):
    """A person was taken out of the vault."""

    TYPE = "subject.erased"
    TOPIC = NOTIFICATION
    NOUN = "person"

    def own_subject(self) -> str:
        """Return the person's ref."""
        return self.subject_ref

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the person decides
        """Return the person's ref."""
        return self.subject_ref

"""Messages to people: asked for, delivered, failed. People appear as refs, never by name or address."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import JsonValue

from schemas.strictness import Listed, Whole
from schemas.values import Day, Instant, Label, Noun, Payload, PersonRef, Ref, Uuid

RecipientRef = Annotated[PersonRef, Noun("person")]
NotificationId = Annotated[Uuid, Noun("notification")]
Channel = Annotated[str, Listed("email", "webhook", "console")]


class OfNotification(Payload):
    """Names a message and whom it is for."""

    notification_id: NotificationId
    recipient_ref: RecipientRef


class NotificationRequest(OfNotification):
    """Somebody is to be told something."""

    kind: Label
    """Which message: the name of its template folder."""
    channel: Channel
    dedupe_key: Label
    """Two requests with one key are one message."""
    about: Ref | Uuid | None = None
    send_at: Instant | None = None
    """Not before; at once when missing."""
    params: Mapping[str, JsonValue] = {}
    """What the template needs; refs and figures, no personal data."""


class Attempted(OfNotification):
    """What is known after an attempt to deliver."""

    kind: Label
    channel: Channel
    dedupe_key: Label
    at: Instant
    attempt: Annotated[int, Whole(1, 1000)] = 1
    provider_code: Label | None = None
    """What the mail server or webhook receiver answered, as a code."""


class Failure(Attempted):
    """An attempt that failed for good."""

    reason_code: Label
    detail: Label | None = None


class Digest(OfNotification):
    """A coordinator's morning mail was put together; one for each person and local date."""

    local_date: Day
    items: Mapping[str, Annotated[int, Whole(0, 1_000_000)]]
    """How many things each part lists."""


class Erasure(Payload):
    """A person was taken out of the vault; whoever holds the ref forgets it."""

    subject_ref: PersonRef

"""What is told to a sender whose event was not taken, and what the scheduler says."""

from events.base import Event, Seen
from events.topics import COOPERATION, OUTBOX
from schemas.refusals import Due, Refusal, Rejection


class EventRefused(Event, Refusal):
    """An event that came by Kafka was not accepted; goes to the sender's own topic. The subject is the sender's slug."""

    TYPE = "event.refused"
    TOPIC = OUTBOX
    NOUN = "organisation"


class EventRejected(Event, Rejection):
    """An accepted event can no longer apply. Subject and partition key are those of the rejected event."""

    TYPE = "event.rejected"
    TOPIC = COOPERATION
    NOUN = "event"
    SEEN = Seen.SENDER
    BEFORE_AGREEMENT = ("source", "id", "type", "reason_code", "detail")


class ReminderDue(Event, Due):
    """A moment that a handler asked for has come; said by the scheduler, never sent outside."""

    TYPE = "reminder.due"
    TOPIC = COOPERATION
    NOUN = "reminder"

    def own_subject(self) -> str:
        """Return what it is about."""
        return self.about

"""What the next release may say and this one does not know. Imported before the catalogue looks for event types."""

from events.needs import FromHub


class NeedCelebrated(FromHub):
    """People are glad about a need."""

    TYPE = "need.celebrated"

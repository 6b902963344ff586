"""What is said about needs."""

from events.base import COMPANY, Event, Seen
from events.topics import COOPERATION
from schemas.gaps import Gap
from schemas.needs import AboutNeed, Need, Rematch, Withdrawal


class AboutNeeds(Event):
    """A fact about a need: the subject is the need's ref, and so is what order is kept by."""

    TOPIC = COOPERATION
    NOUN = "need"
    SEEN = Seen.OWNER

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the need decides, whatever the cause
        """Return the need's ref."""
        return self.subject


class FromCompany(AboutNeeds, Need):
    """A whole need, as its company states it."""

    SAID_BY = frozenset({COMPANY})
    OWNER = "company_id"

    def whereabouts(self) -> tuple[str, ...]:
        """Return where people would learn."""
        return tuple(place.nuts for place in self.locations)

    def own_subject(self) -> str:
        """Return the need's ref."""
        return f"{self.company_id}/{self.need_id}"


class FromHub(AboutNeeds, AboutNeed):
    """Something the hub found out about a need."""

    def own_subject(self) -> str:
        """Return the need's ref."""
        return self.need_ref


class NeedPublished(FromCompany):
    """A company looks for training."""

    TYPE = "need.published"


class NeedUpdated(FromCompany):
    """A company states a need anew, as a whole."""

    TYPE = "need.updated"


class NeedWithdrawn(AboutNeeds, Withdrawal):
    """A company no longer looks for this training."""

    TYPE = "need.withdrawn"
    SAID_BY = frozenset({COMPANY})


class NeedExpired(FromHub):
    """The last day of a need has passed."""

    TYPE = "need.expired"


class NeedRematchDue(FromHub, Rematch):
    """Something changed that may give a need another match."""

    TYPE = "need.rematch-due"
    SEEN = Seen.NOBODY


class NeedUnmatched(AboutNeeds, Gap):
    """Nothing in the catalogue meets a need; with the reasons and the nearest misses."""

    TYPE = "need.unmatched"

    def own_subject(self) -> str:
        """Return the need's ref."""
        return self.need_ref

"""What is said about placements that companies offer."""

from events.base import COMPANY, Event, Seen
from events.topics import COOPERATION
from schemas.placements import PlacementEnd, PlacementOffer


class AboutOffers(Event):
    """A fact about a placement offer: the subject is the offer's ref, and so is what order is kept by."""

    TOPIC = COOPERATION
    NOUN = "offer"
    SEEN = Seen.OWNER
    SAID_BY = frozenset({COMPANY})

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the offer decides, whatever the cause
        """Return the offer's ref."""
        return self.subject


class WholeOffer(AboutOffers, PlacementOffer):
    """A whole offer, as its company states it."""

    OWNER = "company_id"

    def whereabouts(self) -> tuple[str, ...]:
        """Return where learners would work."""
        return (self.location.nuts,)

    def own_subject(self) -> str:
        """Return the offer's ref."""
        return f"{self.company_id}/{self.offer_id}"


class PlacementOffered(WholeOffer):
    """A company offers places."""

    TYPE = "placement.offered"


class PlacementUpdated(WholeOffer):
    """A company states an offer anew, as a whole."""

    TYPE = "placement.updated"


class PlacementWithdrawn(AboutOffers, PlacementEnd):
    """A company no longer offers these places."""

    TYPE = "placement.withdrawn"

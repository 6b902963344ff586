"""What is said about matches: proposed, asked, answered, over."""

from events.base import COMPANY, COORDINATOR, PROVIDER, Event, Seen
from events.needs import AboutNeeds
from events.topics import COOPERATION
from schemas.matches import AboutMatch, Answer, CompanyDecision, OfMatch, Override, Proposal, Request, RequestOutcome


class AboutMatches(Event, OfMatch):
    """A fact about a match; the subject is its id.

    Order is kept by the need or offer: a fact that does not name it takes its cause's key, and the match id while
    nobody knows better.
    """

    TOPIC = COOPERATION
    NOUN = "match"
    SEEN = Seen.OWNER

    def own_subject(self) -> str:
        """Return the match id."""
        return self.match_id

    def partition_key(self, *, cause_key: str | None) -> str:
        """Return the need's or offer's ref, else the cause's key, else the match id."""
        return getattr(self, "about", None) or cause_key or self.match_id


class MatchProposed(AboutMatches, Proposal):
    """Candidates were found for a need or offer."""

    TYPE = "match.proposed"


class MatchRequested(AboutMatches, Request):
    """One provider is asked."""

    TYPE = "match.requested"
    BEFORE_AGREEMENT = (
        "match_id",
        "provider_id",
        "candidates",
        "respond_by",
        "region",
        "headcount",
        "levels",
        "skills",
        "start_window",
        "placement",
        "reminder",
    )

    def told_to(self) -> tuple[str, ...]:
        """Return the provider that is asked."""
        return (self.provider_id,)


class MatchAnswered(AboutMatches, Answer):
    """One provider answers, or a coordinator of the region records what it was told."""

    TYPE = "match.answered"
    SAID_BY = frozenset({PROVIDER, COORDINATOR})
    OWNER = "provider_id"
    BEFORE_AGREEMENT = (
        "match_id",
        "provider_id",
        "decision",
        "reason_code",
        "candidate_id",
        "session_ref",
        "seats_offered",
        "price",
        "valid_until",
        "message",
    )

    def told_to(self) -> tuple[str, ...]:
        """Return the provider that answers."""
        return (self.provider_id,)


class MatchDecided(AboutMatches, CompanyDecision):
    """The company decides, or a coordinator of the region records what it was told."""

    TYPE = "match.decided"
    SAID_BY = frozenset({COMPANY, COORDINATOR})


class MatchExpired(AboutMatches, AboutMatch):
    """Nobody decided in time."""

    TYPE = "match.expired"


class MatchSuperseded(AboutMatches, AboutMatch):
    """A newer match takes the place of this one."""

    TYPE = "match.superseded"


class MatchExcluded(AboutNeeds, Override):
    """A coordinator takes a curriculum out for one need, whatever match stands; so it is about the need."""

    TYPE = "match.excluded"
    SAID_BY = frozenset({COORDINATOR})

    def own_subject(self) -> str:
        """Return the need's ref."""
        return self.about


class RequestAnswered(AboutMatches, RequestOutcome):
    """The question to one provider has an outcome: an answer, or silence."""

    TYPE = "request.answered"
    BEFORE_AGREEMENT = (
        "match_id",
        "provider_ids",
        "decision",
        "candidate_id",
        "reason_code",
        "session_ref",
        "seats_offered",
        "price",
        "valid_until",
    )

    def told_to(self) -> tuple[str, ...]:
        """Return the provider that was asked."""
        return self.provider_ids

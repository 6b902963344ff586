"""What is said about learners and their agreements."""

from events.base import COMPANY, COORDINATOR, PROVIDER, Event, Seen
from events.topics import COOPERATION
from schemas.agreements import Draft, Nomination, OfAgreement, Rendered


class LearnerNominated(Event, Nomination):
    """A company or provider names a learner, by ref; the subject is `<organisation>/<nomination id>`.

    A coordinator of the region may record what it was told; the subject's organisation stays the one that names.
    """

    TYPE = "learner.nominated"
    TOPIC = COOPERATION
    NOUN = "nomination"
    SEEN = Seen.OWNER
    SAID_BY = frozenset({COMPANY, PROVIDER, COORDINATOR})

    @property
    def placed_by(self) -> str:
        """The match: the learner goes where that one is."""
        return self.match_id

    def partition_key(self, *, cause_key: str | None) -> str:
        """Return the match id while nobody has looked up what it is about."""
        return cause_key or self.match_id


class AboutAgreements(Event, OfAgreement):
    """A fact about an agreement; the subject is its id. Order is kept by the need or offer that led to it."""

    TOPIC = COOPERATION
    NOUN = "agreement"

    def own_subject(self) -> str:
        """Return the agreement's id."""
        return self.agreement_id

    def partition_key(self, *, cause_key: str | None) -> str:
        """Return the cause's key, and the agreement's id where a courier reports."""
        return cause_key or self.agreement_id


class DocumentRendered(AboutAgreements, Rendered):
    """The document of an agreement was made."""

    TYPE = "document.rendered"


class AgreementDrafted(AboutAgreements, Draft):
    """An agreement was drafted, and its document can be read."""

    TYPE = "agreement.drafted"
    SEEN = Seen.OWNER

    def told_to(self) -> tuple[str, ...]:
        """Return the organisations that the agreement is between, and the learner's employer, who signs it too."""
        employer = [self.current_employer_id] if self.current_employer_id else []
        return (self.parties.company_id, self.parties.provider_id, *employer)

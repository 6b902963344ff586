"""What a provider answered, told to the company that may now decide."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, Self

from hub.mail.kinds import samples
from hub.mail.kinds.base import Count, Course, Entry, Id, entries_of, event_to_send
from hub.mail.kinds.proposals import ToCompany
from schemas.values import Price, Title


class AnswerToCompany(ToCompany):
    """Tells a company what a provider answered, and what it can do now."""

    match_id: Id
    provider_name: str
    decision: Literal["accepted", "interested", "counter_offer", "declined", "expired"]
    """`expired` is silence: the provider did not answer in time."""
    candidate_id: Id | None = None
    """The candidate that it can choose now; none while others of the same candidate have not answered."""
    courses: tuple[Course, ...] = ()
    """The provider's part, as it offers it now."""
    seats: Count | None = None
    price: Price | None = None
    valid_until: date | None = None
    reason_code: str | None = None
    message: Title | None = None
    """The provider's own words."""
    missing: tuple[str, ...] = ()
    """Providers of the same candidate whose answer is still to come."""
    open: Count = 0
    """Other providers that have not answered yet."""
    expires_on: date

    @property
    def offers(self) -> bool:
        """Whether the company can take the provider at its word."""
        return self.decision in ("accepted", "counter_offer")

    @property
    def decision_event(self) -> str:
        """The event that chooses the candidate, ready to be sent."""
        return event_to_send(
            "match.decided",
            source=f"/companies/{self.company_id}",
            id_=f"{self.match_id}-decision-1",
            subject=self.match_id,
            data={"match_id": self.match_id, "decision": "accepted", "candidate_id": self.candidate_id},
        )

    def entries(self) -> tuple[Entry, ...]:
        """The sessions that are offered."""
        return entries_of(self.courses) if self.offers else ()

    @classmethod
    def sample(cls) -> Self:
        """A provider accepts, and the company can choose it."""
        return cls(
            hub_url=samples.HUB,
            company_id="betangible",
            company_name="Betangible",
            about="betangible/N-002",
            title=samples.WISH,
            headcount=3,
            match_id=samples.MATCH,
            provider_name="MOVEX",
            decision="accepted",
            candidate_id="c1",
            courses=(samples.CUTTING,),
            seats=3,
            open=1,
            expires_on=date(2026, 12, 1),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """Each kind of answer; and an acceptance that needs another provider's, and a placement."""
        accepted = cls.sample()
        counter = {
            "decision": "counter_offer",
            "courses": (samples.CUTTING.model_copy(update={"price": None}),),
            "seats": 2,
            "price": Price(amount=Decimal("440.00"), currency="EUR", per="group"),
            "valid_until": date(2026, 11, 28),
            "message": "Podemos recibir a dos personas en diciembre y a una tercera en enero.",
        }
        nothing = {"candidate_id": None, "courses": (), "seats": None}
        return {
            "": accepted,
            "counter-offer": accepted.model_copy(update=counter),
            "waiting": accepted.model_copy(update={"candidate_id": None, "missing": ("Gheorghe Asachi",), "open": 0}),
            "interested": accepted.model_copy(update={**nothing, "decision": "interested"}),
            "declined": accepted.model_copy(
                update={**nothing, "decision": "declined", "reason_code": "no_capacity", "open": 0}
            ),
            "silent": accepted.model_copy(update={**nothing, "decision": "expired"}),
            "placement": accepted.model_copy(
                update={
                    "about": "belcinto/O-001",
                    "company_id": "belcinto",
                    "company_name": "Belcinto",
                    "title": {"pt": "Operador manual de marroquinaria"},
                    "headcount": 2,
                    "provider_name": "CTCP",
                    "placement": True,
                    "courses": (),
                    "seats": 2,
                    "open": 0,
                    "page_path": "/matches/5b0c",
                }
            ),
        }

"""What a company is told when its need or offer was ranked: who fits, or why nobody does."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import Field

from hub.mail.kinds import samples
from hub.mail.kinds.base import Id, MailContext, People, Proposed, Region
from schemas.matches import Reason
from schemas.values import Payload, Title, Window


class ToCompany(MailContext):
    """What every mail to a company is about: its own need or offer."""

    company_id: Id
    company_name: str
    about: Id
    """Ref of the need or offer."""
    title: Title
    headcount: People
    placement: bool = False
    """Whether the company offers places, and does not look for training."""


class ProposalsToCompany(ToCompany):
    """Tells a company who can train its people, or who could send learners, and that they are being asked."""

    match_id: Id
    region: Region
    start_window: Window
    options: Annotated[tuple[Proposed, ...], Field(min_length=1)]
    asked: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of the providers that are asked now."""
    respond_by: date
    expires_on: date
    """The last day on which it stands."""

    @classmethod
    def sample(cls) -> Self:
        """Two candidates, the second of two providers and with something it leaves out."""
        return cls(
            hub_url=samples.HUB,
            company_id="betangible",
            company_name="Betangible",
            about="betangible/N-002",
            title=samples.WISH,
            headcount=3,
            match_id=samples.MATCH,
            region=samples.UBRIQUE,
            start_window=samples.WINTER,
            options=samples.PROPOSED,
            asked=("Gheorghe Asachi", "MOVEX"),
            respond_by=date(2026, 11, 30),
            expires_on=date(2026, 12, 1),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """A need; and a placement, whose candidates are providers without courses."""
        school = Proposed(
            candidate_id="c1",
            providers=("CTCP",),
            score=73.5,
            reasons=(
                Reason(code="teaches_of_placement", params={"taught": 1, "asked": 2}),
                Reason(code="your_first_language", params={"language": "pt"}),
            ),
            uncovered=("apply stitching techniques",),
        )
        changes = {
            "about": "belcinto/O-001",
            "company_id": "belcinto",
            "company_name": "Belcinto",
            "title": {"pt": "Operador manual de marroquinaria"},
            "headcount": 2,
            "placement": True,
            "region": Region(code="PT11A"),
            "options": (school,),
            "asked": ("CTCP",),
        }
        return {"": cls.sample(), "placement": cls.sample().model_copy(update=changes)}


class Miss(Payload):
    """What came closest, and what stands against it: notes with their figures, or the codes of filters."""

    providers: Annotated[tuple[str, ...], Field(min_length=1)]
    courses: Annotated[tuple[Title, ...], Field(min_length=1)]
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1)]


class GapToCompany(ToCompany):
    """Tells a company that nothing fits yet, what came closest and what would have to change."""

    reason_codes: Annotated[tuple[str, ...], Field(min_length=1)]
    misses: tuple[Miss, ...] = ()
    unclear: tuple[Title, ...] = ()
    """What the company asked for in words that no skill of ESCO is known for."""

    @classmethod
    def sample(cls) -> Self:
        """Two near misses with figures."""
        return cls(
            hub_url=samples.HUB,
            company_id="belcinto",
            company_name="Belcinto",
            about="belcinto/N-003",
            title={"pt": "Modelação com inteligência artificial", "en": "Pattern making with artificial intelligence"},
            headcount=4,
            reason_codes=("language", "too_far"),
            misses=(
                Miss(
                    providers=("Gheorghe Asachi",),
                    courses=({"en": "AI supporting design and pattern making", "ro": "IA în design"},),
                    reasons=(
                        Reason(code="held_in", params={"language": "ro"}),
                        Reason(code="beyond_radius", params={"km": 3012, "radius_km": 50}),
                    ),
                ),
                Miss(
                    providers=("MOVEX", "CTCP"),
                    courses=("CAD grading and nesting", "Sensors on the shop floor"),
                    reasons=(
                        Reason(code="over_your_limit", params={"amount": 20.0, "currency": "EUR"}),
                        Reason(code="seats_short", params={"free": 1, "headcount": 4}),
                        Reason(code="provider_declined"),
                    ),
                ),
            ),
        )

    @classmethod
    def faces(cls) -> Mapping[str, Self]:
        """And a need that nothing came close to, in words that nobody knew."""
        unclear = {
            "about": "belcinto/N-005",
            "title": {"pt": "Reparação de artigos de marroquinaria"},
            "headcount": 1,
            "reason_codes": ("unresolved_skills",),
            "misses": (),
            "unclear": ("reparação de artigos de marroquinaria",),
        }
        return {"": cls.sample(), "unclear": cls.sample().model_copy(update=unclear)}

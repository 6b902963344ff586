"""Invented courses and people's wishes that the samples of several mails share; all of it is made up."""

from datetime import date
from decimal import Decimal

from hub.mail.kinds.base import Course, Proposed, Region, Session, Skill
from schemas.matches import Reason
from schemas.values import Money, Price, Window

HUB = "https://hub.example"
MATCH = "5b0c3c3e-8f4e-5d0a-9c1c-1f2a7f6d9e10"
UBRIQUE = Region(code="ES612", label="Cádiz")
WINTER = Window(earliest=date(2026, 12, 3), latest=date(2027, 1, 22))
WISH = {"en": "Three automatic cutting operators", "es": "Tres operarios de corte automático"}

CUTTING = Course(
    ref="movex/C07",
    title={"en": "Automatic cutting operator", "es": "Operador de corte automático"},
    hours=30,
    session=Session(
        ref="movex/C07-1",
        start=date(2026, 12, 13),
        end=date(2026, 12, 27),
        mode="workplace",
        language="es",
        seats_free=8,
        place="Ubrique",
    ),
    price=Price(amount=Decimal("220.00"), currency="EUR", per="learner"),
)
BY_MACHINE = Course(ref="movex/C06", title="Corte a máquina", hours=24)
DIGITAL = Course(
    ref="movex/C09",
    title={"en": "Digital cutting", "pt": "Corte digital"},
    hours=48,
    price=Price(amount=Decimal("1760.00"), currency="EUR", per="group"),
)
SKILLS = (
    Skill(label="operate automatic cutting systems for footwear and leather goods", must=True),
    Skill(
        label={
            "en": "machine cutting techniques",
            "pt": "técnicas de corte à máquina",
            "es": "técnicas de corte a máquina",
        },
        must=False,
    ),
)


def of_provider(course: Course, name: str) -> Course:
    """Return the course as a company reads it: with its provider's name."""
    return course.model_copy(update={"provider_name": name})


PROPOSED = (
    Proposed(
        candidate_id="c1",
        providers=("MOVEX",),
        courses=(of_provider(CUTTING, "MOVEX"),),
        score=94.2,
        reasons=(
            Reason(code="teaches", params={"taught": 3, "asked": 3}),
            Reason(code="at_your_site"),
            Reason(code="starts_after_earliest", params={"start": "2026-12-13", "days": 10}),
            Reason(code="level_fits", params={"eqf": 4}),
            Reason(code="under_your_limit", params={"amount": 30.0, "currency": "EUR"}),
            Reason(code="your_first_language", params={"language": "es"}),
            Reason(code="no_record_yet"),
        ),
        hours=30,
        cost=Money(amount=Decimal("220.00"), currency="EUR"),
    ),
    Proposed(
        candidate_id="c2",
        providers=("MOVEX", "Gheorghe Asachi"),
        courses=(of_provider(BY_MACHINE, "MOVEX"), of_provider(DIGITAL, "Gheorghe Asachi")),
        score=70.0,
        reasons=(
            Reason(code="teaches", params={"taught": 2, "asked": 3}),
            Reason(code="distance", params={"km": 12.4}),
            Reason(code="also_teaches", params={"others": 1}),
        ),
        uncovered=("mantenimiento básico de las máquinas de corte",),
        hours=72,
        cost=Money(amount=Decimal("1260.50"), currency="EUR"),
    ),
)

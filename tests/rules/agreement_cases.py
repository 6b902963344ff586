"""An agreement to be, in order in every respect, and the short hands that agreement tests change it with."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hub.agreements.arrangement import Arrangement, Commitment

TODAY = date(2026, 11, 23)


def day(offset: int) -> date:
    """Return the date so many days after the tests' today."""
    return TODAY + timedelta(days=offset)


def an_arrangement(**changes: Any) -> Arrangement:
    """Return a grown-up learner's twelve weeks with everybody named."""
    orderly = Arrangement(
        start=day(60),
        end=day(60 + 12 * 7 - 1),
        weekly_hours=30,
        age_band="18+",
        learner_ref="ctcp/learner",
        company_id="belcinto",
        country="PT",
        today=TODAY,
        company_signatory_ref="belcinto/signatory",
        provider_signatory_ref="ctcp/signatory",
        tutor_ref="belcinto/tutor",
        most_weeks=104,
    )
    return replace(orderly, **changes)


def a_minors(**changes: Any) -> Arrangement:
    """Return the same of a learner of 16 with one guardian."""
    return an_arrangement(**{"age_band": "15-17", "guardian_refs": ("ctcp/guardian",)} | changes)


def beside(start: int, end: int, weekly_hours: float = 10, *, replaced: bool = False) -> Commitment:
    """Return another agreement of the learner."""
    return Commitment("11111111-0000-5000-8000-000000000001", day(start), day(end), weekly_hours, replaced)

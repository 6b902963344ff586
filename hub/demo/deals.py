"""How the story goes on once providers are asked: the placement, who says yes to what, and who is nominated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.demo.organisations import PLACES
from hub.demo.skills import SKILLS
from hub.rows import Match
from schemas.matches import Candidate

Data = dict[str, Any]

MANUAL_OPERATOR = "http://data.europa.eu/esco/occupation/24e9f120-eae8-411a-8daf-c48e8ae2f5f6"
WEEKS = 12


@dataclass(frozen=True, slots=True)
class Deal:
    """What a company and a provider agree on: the need or offer, the course chosen for it, and the learner.

    The days of learning are counted from the day of the play.
    """

    about: str
    company: str
    provider: str
    curriculum: str
    nominated_by: str
    nomination_id: str
    days: tuple[int, int]
    weekly_hours: int
    seats: int | None = None
    learner: tuple[str, str] = ("employed", "18+")
    employer: str | None = None


DEALS = (
    Deal(
        "betangible/N-002",
        company="betangible",
        provider="movex",
        curriculum="movex/C07",
        nominated_by="betangible",
        nomination_id="L-001",
        days=(20, 34),
        weekly_hours=15,
        seats=3,
        employer="betangible",
    ),
    Deal(
        "belcinto/O-001",
        company="belcinto",
        provider="ctcp",
        curriculum="ctcp/C09",
        nominated_by="ctcp",
        nomination_id="L-001",
        days=(60, 60 + 7 * WEEKS - 1),
        weekly_hours=30,
        learner=("pupil", "15-17"),
    ),
)
LAST = f"{DEALS[-1].nominated_by}/{DEALS[-1].nomination_id}"
"""The last thing that anybody says in the story."""


def placement(today: date, *, tutor_ref: str) -> Data:
    """Return the data of Belcinto's `placement.offered`."""
    earliest, latest = (today + timedelta(days=offset) for offset in (60, 90))
    return {
        "offer_id": "O-001",
        "company_id": "belcinto",
        "title": {"en": "Learning to stitch leather goods", "pt": "Aprender a costurar marroquinaria"},
        "esco_occupation": MANUAL_OPERATOR,
        "skills": [{"uri": SKILLS[name], "must": True} for name in ("S15", "S16")],
        "places": 2,
        "location": PLACES["sjm"],
        "start_window": {"earliest": earliest.isoformat(), "latest": latest.isoformat()},
        "weeks": WEEKS,
        "weekly_hours": 30,
        "tasks": [
            {"en": "Skive, fold and glue parts of a bag", "pt": "Facear, dobrar e colar peças de uma mala"},
            {"en": "Stitch straight seams under guidance", "pt": "Fazer costuras retas com acompanhamento"},
        ],
        "languages": ["pt"],
        "min_age": 15,
        "scheme": "fct",
        "tutor_ref": tutor_ref,
        "tutor_count": 1,
    }


def chosen(deal: Deal, match: Match) -> Candidate:
    """Return the candidate that a deal is made on; raises LookupError where the match has none."""
    for each in match.candidates:
        if deal.provider in each.provider_ids and deal.curriculum in each.curriculum_refs:
            return each
    raise LookupError(f"{deal.curriculum} is no candidate for {deal.about}")


def answer(deal: Deal, match: Match) -> Data:
    """Return the data of the provider's `match.answered`."""
    said: Data = {"match_id": match.key, "provider_id": deal.provider, "decision": "accepted"}
    said["candidate_id"] = chosen(deal, match).candidate_id
    return said if deal.seats is None else {**said, "seats_offered": deal.seats}


def decision(deal: Deal, match: Match) -> Data:
    """Return the data of the company's `match.decided`."""
    return {"match_id": match.key, "decision": "accepted", "candidate_id": chosen(deal, match).candidate_id}


def nomination(deal: Deal, match: Match, today: date, people: Mapping[str, str]) -> Data:
    """Return the data of `learner.nominated`; `people` are refs by kind, of who nominates."""
    start, end = (today + timedelta(days=offset) for offset in deal.days)
    status, age_band = deal.learner
    data: Data = {
        "nomination_id": deal.nomination_id,
        "match_id": match.key,
        "learner_ref": people["learner"],
        "learner_status": status,
        "age_band": age_band,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "weekly_hours": deal.weekly_hours,
    }
    if age_band != "18+":
        data["guardian_refs"] = [people["guardian"]]
    if deal.employer is not None:
        data["current_employer_id"] = deal.employer
    return data

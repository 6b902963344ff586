"""What one provider is asked: its own part of a proposal, and of the need or offer only what it may know."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from events.matches import MatchProposed
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Need, Offer, Organisation
from hub.skills.pack import label
from schemas import matches, needs, placements

FRIDAY = 4
HIDDEN = "…"


def question(event: MatchProposed, provider_id: str, uow: UnitOfWork) -> matches.Request:
    """Make the question to one provider; names neither the company nor the need or offer."""
    offer = uow.find(Offer, event.about)
    told = offer.told if offer else uow.get(Need, event.about).told
    return matches.Request(
        match_id=event.match_id,
        provider_id=provider_id,
        candidates=tuple(_own_part(each, provider_id) for each in event.candidates if provider_id in each.provider_ids),
        respond_by=working_days_after(uow.now.date(), uow.terms.respond_by_days),
        start_window=told.start_window,
        **(_of_offer(told) if isinstance(told, placements.PlacementOffer) else _of_need(told)),
    )


def working_days_after(day: date, days: int) -> date:
    """Return the day so many working days later, Monday to Friday, without holidays."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() <= FRIDAY
    return day


def previous_working_day(day: date) -> date:
    """Return the working day before."""
    day -= timedelta(days=1)
    while day.weekday() > FRIDAY:
        day -= timedelta(days=1)
    return day


def unnamed(words: str | Mapping[str, str], company: Organisation) -> str | dict[str, str]:
    """Return a company's words to a provider that must not know who asks: without its name, slug and VAT number."""
    told = company.company
    names = [company.key, *((told.legal_name, told.vat_id or "") if told else ())]
    spelled = [re.escape(name).replace("\\-", r"[-\s]") for name in sorted(names, key=len, reverse=True) if name]
    named = re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)
    if isinstance(words, str):
        return named.sub(HIDDEN, words)
    return {language: named.sub(HIDDEN, text) for language, text in words.items()}


def _of_need(told: needs.Need) -> dict[str, object]:
    return {
        "region": told.locations[0].nuts,
        "headcount": told.headcount,
        "levels": matches.Levels(eqf_min=told.eqf_min, eqf_max=told.eqf_max),
        "skills": tuple(_skill(skill) for skill in told.skills),
    }


def _of_offer(told: placements.PlacementOffer) -> dict[str, object]:
    return {
        "region": told.location.nuts,
        "headcount": told.places,
        "levels": matches.Levels(),
        "skills": tuple(_skill(skill) for skill in told.skills or ()),
        "placement": matches.PlacementTerms(
            scheme=told.scheme, weeks=told.weeks, weekly_hours=told.weekly_hours, min_age=told.min_age
        ),
    }


def _own_part(candidate: matches.Candidate, provider_id: str) -> matches.AskedCandidate:
    prefix = f"{provider_id}/"
    return matches.AskedCandidate(
        candidate_id=candidate.candidate_id,
        curriculum_refs=tuple(ref for ref in candidate.curriculum_refs if ref.startswith(prefix)),
        session_refs=tuple(ref for ref in candidate.session_refs if ref.startswith(prefix)),
    )


def _skill(skill: needs.AskedSkill) -> matches.RequestedSkill:
    words = skill.text or (label(skill.uri) if skill.uri else None) or "ESCO skill"
    return matches.RequestedSkill(uri=skill.uri, label=words, must=skill.must)

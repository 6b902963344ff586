"""The story's events as each organisation posts them. Their ids carry the day, so that tomorrow's play says new events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import orjson

from events.envelope import TYPE_PREFIX, Envelope
from hub.demo import courses, deals, organisations, wishes
from hub.demo.deals import Deal
from hub.demo.organisations import ORGANISATIONS, Role
from hub.rows import Match

NOBODYS_MATCH = "00000000-0000-7000-8000-000000000000"
"""A match that does not exist."""
PeopleRefs = Mapping[str, Mapping[str, str]]
"""Refs of people, by organisation and kind."""
FOLDERS: Mapping[Role, str] = {"company": "companies", "provider": "providers", "coordinator": "coordinators"}


@dataclass(frozen=True, slots=True)
class Post:
    """What one organisation posts at once."""

    org: str
    envelopes: tuple[Envelope, ...]


def catalogue(today: date, people_refs: PeopleRefs) -> list[Post]:
    """Return who takes part and what is taught."""
    said: dict[str, list[Envelope]] = {}
    for each in ORGANISATIONS:
        data = organisations.registration(each, people_refs[each.slug])
        said[each.slug] = [_envelope(today, each.slug, f"{each.role}.registered", data, local_id="")]
    for data in courses.curricula():
        org = data["provider_id"]
        said[org].append(_envelope(today, org, "curriculum.published", data, local_id=data["curriculum_id"]))
    for org, data in courses.sessions(today):
        said[org].append(_envelope(today, org, "session.scheduled", data, local_id=data["session_id"]))
    return [Post(org, tuple(envelopes)) for org, envelopes in said.items()]


def needs(today: date) -> list[Post]:
    """Return what the companies ask for."""
    return [Post(wish.company, (need(wish, today),)) for wish in wishes.WISHES]


def offer(today: date, people_refs: PeopleRefs) -> Post:
    """Return what Belcinto offers: places for learners."""
    data = deals.placement(today, tutor_ref=people_refs["belcinto"]["tutor"])
    return Post("belcinto", (_envelope(today, "belcinto", "placement.offered", data, local_id=data["offer_id"]),))


def need(wish: wishes.Wish, today: date) -> Envelope:
    """Return the event of one need."""
    return _envelope(today, wish.company, "need.published", wishes.need(wish, today), local_id=wish.need_id)


def repeated(today: date) -> Post:
    """Return an event that was posted before."""
    return Post(wishes.REPEATED.company, (need(wishes.REPEATED, today),))


def broken(today: date) -> Post:
    """Return an event that must be refused."""
    data = wishes.broken(today)
    return Post("betangible", (_envelope(today, "betangible", "need.published", data, local_id=data["need_id"]),))


def lost_answer(today: date) -> Post:
    """Return MOVEX's answer about a match that nobody has heard of."""
    data = {"match_id": NOBODYS_MATCH, "provider_id": "movex", "decision": "accepted"}
    said = _envelope(today, "movex", "match.answered", data, local_id="lost-answer", subject=NOBODYS_MATCH)
    return Post("movex", (said,))


def answered(today: date, deal: Deal, match: Match) -> Post:
    """Return the yes of a deal's provider."""
    data = deals.answer(deal, match)
    return Post(deal.provider, (_about_match(today, deal.provider, "match.answered", deal, match, data),))


def decided(today: date, deal: Deal, match: Match) -> Post:
    """Return the yes of a deal's company."""
    data = deals.decision(deal, match)
    return Post(deal.company, (_about_match(today, deal.company, "match.decided", deal, match, data),))


def nominated(today: date, deal: Deal, match: Match, people_refs: PeopleRefs) -> Post:
    """Return who learns."""
    org = deal.nominated_by
    data = deals.nomination(deal, match, today, people_refs[org])
    return Post(org, (_envelope(today, org, "learner.nominated", data, local_id=data["nomination_id"]),))


def _about_match(today: date, org: str, short_type: str, deal: Deal, match: Match, data: dict[str, Any]) -> Envelope:
    local_id = f"{deal.about.replace('/', '.')}.{short_type.partition('.')[2]}"
    return _envelope(today, org, short_type, data, local_id=local_id, subject=match.key)


def _envelope(
    today: date, org: str, short_type: str, data: dict[str, Any], *, local_id: str, subject: str = ""
) -> Envelope:
    role = next(each.role for each in ORGANISATIONS if each.slug == org)
    return Envelope(
        id=".".join(filter(None, (f"demo-{today}", org, local_id))),
        source=f"/{FOLDERS[role]}/{org}",
        type=f"{TYPE_PREFIX}{short_type}.v1",
        subject=subject or "/".join(filter(None, (org, local_id))),
        time=datetime.combine(today, time(), UTC),
        data=orjson.dumps(data),
    )

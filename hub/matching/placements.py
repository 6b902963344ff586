"""Which providers could fill a placement that a company offers, in which order and why.

The matcher calls `rank_schools` for each offer. A provider is proposed for what it teaches, not for a course: every one
that fits is a candidate, and there is no cut-off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from hub.matching.criteria import UNKNOWN, track_record
from hub.matching.distance import HERE, Distance, between, covers
from hub.matching.filters import ANY_KIND
from hub.matching.model import Course, History, Place
from hub.matching.outcome import Candidate, Note

WEIGHTS: Mapping[str, float] = MappingProxyType({"skills": 60, "distance": 20, "language": 10, "record": 10})
HALF_AT = 400.0  # km at which a provider whose regions contain the site has lost half of its points for distance
MAX_CANDIDATES = 5
MAX_COURSES = 4  # named for one candidate

INITIAL = frozenset({"ivet", ANY_KIND})
# Schemes for pupils; any other scheme is open to every kind of training.
KINDS: Mapping[str, frozenset[str]] = MappingProxyType({"fct": INITIAL, "apprenticeship": INITIAL, "dual": INITIAL})


@dataclass(frozen=True, slots=True)
class Offer:
    """A placement ready for matching; `skills` are its own concepts or the essential ones of its occupation."""

    ref: str
    skills: tuple[str, ...]
    place: Place
    languages: tuple[str, ...]
    scheme: str
    start: date
    excluded: frozenset[str] = frozenset()  # provider ids
    declined: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class School:
    """A provider with everything it teaches."""

    provider_id: str
    languages: tuple[str, ...]
    reach: tuple[str, ...]
    courses: tuple[Course, ...]
    place: Place | None = None
    history: History | None = None


class Teaching(NamedTuple):
    """What a school could do for an offer: the offer's skills it teaches, and the courses it teaches them in."""

    school: School
    skills: tuple[str, ...]
    courses: tuple[Course, ...]
    way: Distance


def rank_schools(offer: Offer, schools: Iterable[School]) -> tuple[Candidate, ...]:
    """Providers that fit this offer, best first: by score, then the shorter way, then the id."""
    able = [teaching(offer, school) for school in schools if may_be_asked(offer, school)]
    found = [propose(offer, each) for each in able if each.skills]
    found.sort(key=lambda each: (-each.score, each.distance_km, each.provider_ids))
    return tuple(found[:MAX_CANDIDATES])


def may_be_asked(offer: Offer, school: School) -> bool:
    """It shares a language, comes to the site, and nobody has ruled it out."""
    if school.provider_id in offer.excluded | offer.declined | offer.silent:
        return False
    return not set(offer.languages).isdisjoint(school.languages) and covers(school.reach, offer.place.nuts)


def teaching(offer: Offer, school: School) -> Teaching:
    """What the school teaches of the offer's skills to learners of the offer's scheme."""
    kinds = KINDS.get(offer.scheme)
    asked = set(offer.skills)
    courses = [each for each in school.courses if asked & each.concepts and (kinds is None or each.kind in kinds)]
    courses.sort(key=lambda each: (-len(asked & each.concepts), each.ref))
    taught = frozenset().union(*(each.concepts for each in courses))
    way = between(offer.place, school.place) if school.place else HERE
    return Teaching(school, tuple(skill for skill in offer.skills if skill in taught), tuple(courses), way)


def propose(offer: Offer, found: Teaching) -> Candidate:
    """The school as a candidate, with its points and why."""
    share = len(found.skills) / len(offer.skills)
    first = offer.languages[0] in found.school.languages
    record = track_record(found.school.history)
    shares = {
        "skills": share,
        "distance": 1 - min(1.0, found.way.km / HALF_AT) / 2,
        "language": float(first),
        "record": UNKNOWN if record is None else record,
    }
    points = {name: shares[name] * weight for name, weight in WEIGHTS.items()}
    return Candidate(
        curriculum_refs=tuple(each.ref for each in found.courses[:MAX_COURSES]),
        session_refs=(),
        provider_ids=(found.school.provider_id,),
        score=round(sum(points.values()), 1),
        coverage=round(share, 4),
        breakdown={name: round(each, 2) for name, each in points.items()},
        explanation=notes(offer, found, record),
        uncovered_skills=tuple(skill for skill in offer.skills if skill not in found.skills),
        total_hours=0,
        total_cost=None,
        distance_km=round(found.way.km, 1),
        start=offer.start,
        end=None,
        application_deadline=None,
    )


def notes(offer: Offer, found: Teaching, record: float | None) -> tuple[Note, ...]:
    """Why this school."""
    shared = next(each for each in offer.languages if each in found.school.languages)
    language = "your_first_language" if shared == offer.languages[0] else "another_of_your_languages"
    return (
        Note("teaches_of_placement", {"taught": len(found.skills), "asked": len(offer.skills)}),
        Note("distance_estimated" if found.way.estimated else "distance", {"km": round(found.way.km)}),
        Note(language, {"language": shared}),
        Note("no_record_yet") if record is None else Note("record", {"percent": round(100 * record)}),
    )

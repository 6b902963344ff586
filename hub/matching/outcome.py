"""What matching says: candidates with their scores, or a gap with its nearest misses, and a note for each reason.

The handlers make match.proposed and need.unmatched of these, the console and the API show them as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from hub.matching.model import Money

Param = str | int | float
NO_PARAMS: Mapping[str, Param] = MappingProxyType({})


class Note(NamedTuple):
    """One thing to tell people about a score: a code that `explain.sentence` turns into English."""

    code: str
    params: Mapping[str, Param] = NO_PARAMS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal: which courses and sittings, how good, and why. Cost is that of one learner."""

    curriculum_refs: tuple[str, ...]
    session_refs: tuple[str, ...]
    provider_ids: tuple[str, ...]
    score: float
    coverage: float
    breakdown: Mapping[str, float]
    explanation: tuple[Note, ...]
    uncovered_skills: tuple[str, ...]
    total_hours: int
    total_cost: Money | None
    distance_km: float
    start: date
    end: date | None
    application_deadline: date | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A proposal that nearly was: what failed, and in `why` the same codes with the figures behind them."""

    curriculum_refs: tuple[str, ...]
    score: float
    coverage: float
    failed: tuple[str, ...]
    why: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A course that is not proposed, with the codes of what fails at the sitting that fails least."""

    curriculum_ref: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What ranking one need came to: either candidates, or a gap with its reason codes."""

    ref: str
    ruleset_version: str
    candidates: tuple[Candidate, ...] = ()
    weak: tuple[Candidate, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    gap: tuple[str, ...] | None = None
    nearest_misses: tuple[Miss, ...] = ()
    best_score: float = 0.0
    uncovered_skills: tuple[str, ...] = ()

"""A fit in points: the weighted sum of the criteria, and the order of proposals that follows from it."""

from datetime import date
from typing import NamedTuple

from hub.matching.criteria import CRITERIA
from hub.matching.fit import Fit
from hub.matching.outcome import Note


class Scored(NamedTuple):
    """A fit with its score, the points of each criterion and the notes that explain them."""

    fit: Fit
    score: float
    breakdown: dict[str, float]
    notes: tuple[Note, ...]


def score(fit: Fit) -> Scored:
    """Points of each criterion, scaled so that all weights together are a hundred.

    The score is rounded here and not where it is shown: what looks equal to people is a tie for the hub too.
    """
    weights = fit.search.rules.weights
    scale = 100 / sum(weights.values())
    total = 0.0
    breakdown: dict[str, float] = {}
    notes: list[Note] = []
    for name, _, judge in CRITERIA:
        if name in weights:
            share, said = judge(fit)
            breakdown[name] = points = share * weights[name] * scale
            total += points
            notes += said
    return Scored(fit, round(total, 1), breakdown, tuple(notes))


def by_merit(scored: Scored) -> tuple[float, date, float, int, str, str]:
    """Order of proposals: score, then earlier start, shorter way, fewer learners already placed, id."""
    fit = scored.fit
    session = fit.sitting.ref if fit.sitting else ""
    return -scored.score, fit.start, fit.distance.km, fit.course.placed, fit.course.ref, session

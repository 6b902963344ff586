"""One course before a need: on which of its sittings it speaks best for itself, and which filters it fails there."""

from datetime import date
from typing import NamedTuple

from hub.matching.filters import failed
from hub.matching.fit import Cover, Fit, Search, cover_of, fit_of, free_seats, on_demand
from hub.matching.model import Course, Sitting
from hub.matching.score import by_merit, score

PASSED: tuple[str, ...] = ()
ONLY_SEATS = ("no_seats",)


class Judged(NamedTuple):
    """A course on one sitting, and the codes of the filters it fails."""

    fit: Fit
    failed: tuple[str, ...]


def judge(search: Search, course: Course) -> Judged:
    """The course on its best sitting: of those that pass the one with the highest score, else the one that fails least.

    It runs on demand only where no planned session is good enough to be proposed: a session with more seats must not
    take a course off the list. A cancelled session is as good as none.
    """
    cover = cover_of(search, course.concepts)
    judged = [held_against(search, course, each, cover) for each in course.sittings if not each.cancelled]
    if len(judged) > 1:
        judged = [split(each, judged) for each in judged]
    if course.on_demand and not any(proposable(each) for each in judged):
        judged += [held_against(search, course, each, cover) for each in on_demand(search, course)]
    if not judged:
        return held_against(search, course, None, cover)
    if len(judged) == 1:
        return judged[0]
    passing = [each for each in judged if not each.failed]
    return best(passing) if passing else min(judged, key=by_failures)


def held_against(search: Search, course: Course, sitting: Sitting | None, cover: Cover) -> Judged:
    """The need held against one sitting of the course."""
    fit = fit_of(search, course, sitting=sitting, cover=cover)
    return Judged(fit, failed(fit))


def proposable(judged: Judged) -> bool:
    """Whether it passes every filter with a score that is proposed."""
    return not judged.failed and score(judged.fit).score >= judged.fit.search.rules.propose


def best(passing: list[Judged]) -> Judged:
    """The one with the highest score."""
    if len(passing) == 1:
        return passing[0]
    return min(passing, key=lambda each: by_merit(score(each.fit)))


def by_failures(judged: Judged) -> tuple[int, date, str]:
    """Order of sittings of which none passes: fewest failed filters, then the earliest."""
    fit = judged.fit
    return len(judged.failed), fit.start, fit.sitting.ref if fit.sitting else ""


def split(short: Judged, judged: list[Judged]) -> Judged:
    """A sitting that lacks only seats, joined by others of the course where both allow the group to be split."""
    fit = short.fit
    if short.failed != ONLY_SEATS or not (fit.sitting and fit.sitting.split_allowed):
        return short
    for companion in companions(fit.sitting, judged, fit.search.ask.ref)[: fit.search.rules.max_split - 1]:
        fit = fit._replace(companions=(*fit.companions, companion))
        if free_seats(fit) >= fit.search.ask.headcount:
            return Judged(fit, failed(fit))
    return short


def companions(sitting: Sitting, judged: list[Judged], ref: str) -> list[Sitting]:
    """Other sittings that could take a part of the group, those with most seats first."""
    usable = [each.fit.sitting for each in judged if each.fit.sitting and each.failed in (PASSED, ONLY_SEATS)]
    able = [each for each in usable if each.split_allowed and each.free_for(ref) and each is not sitting]
    return sorted(able, key=lambda each: (-each.free_for(ref), each.start, each.ref))

"""Which courses answer a need, in which order and why; or, when none does, what kind of gap it is.

The matcher calls `rank` for each need with the courses its index found; the console and `POST /v1/match` call it for a
need that nobody has published. It reads nothing and keeps nothing: the same arguments give the same ranking.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from operator import attrgetter

from hub.matching import gaps
from hub.matching.fit import NO_RATES, Cost, Fit, Rates, Search, search
from hub.matching.judge import Judged, judge
from hub.matching.model import NO_LINKS, Ask, Course, Links, Money, RuleSet
from hub.matching.outcome import Candidate, Miss, Note, Ranking, Rejected
from hub.matching.rulesets import CURRENT
from hub.matching.score import Scored, by_merit, score

CENT = Decimal("0.01")


def rank(
    ask: Ask,
    courses: Iterable[Course],
    *,
    today: date,
    ruleset: RuleSet = CURRENT,
    links: Links = NO_LINKS,
    rates: Rates = NO_RATES,
) -> Ranking:
    """Rank these courses for this need, each with its best sitting."""
    looking = search(ask, today=today, rules=ruleset, links=links, rates=rates)
    ordered = sorted(courses, key=attrgetter("ref"))
    if not looking.resolved_musts:
        return nothing_understood(looking, ordered)
    judged = [judge(looking, course) for course in ordered]
    passed = sorted([score(each.fit) for each in judged if not each.failed], key=by_merit)
    good = [each for each in passed if each.score >= ruleset.propose]
    ranking = Ranking(
        ref=ask.ref,
        ruleset_version=ruleset.version,
        candidates=tuple([candidate(each) for each in good[: ruleset.max_candidates]]),
        weak=tuple([candidate(each) for each in passed if ruleset.weak <= each.score < ruleset.propose]),
        rejected=tuple(rejections(judged, good)),
        best_score=passed[0].score if passed else 0.0,
    )
    return ranking if good else with_gap(ranking, judged, looking)


def near_misses(
    ask: Ask,
    courses: Iterable[Course],
    *,
    today: date,
    most: int,
    ruleset: RuleSet = CURRENT,
    links: Links = NO_LINKS,
    rates: Rates = NO_RATES,
) -> tuple[Miss, ...]:
    """Say why courses that teach some of it are not proposed, nearest first, each with the figures of what fails."""
    looking = search(ask, today=today, rules=ruleset, links=links, rates=rates)
    judged = [judge(looking, course) for course in sorted(courses, key=attrgetter("ref"))]
    scores = {each.fit.course.ref: score(each.fit).score for each in judged if each.fit.cover.coverage}
    missed = [
        (each.fit, each.failed)
        for each in judged
        if each.fit.cover.coverage and (each.failed or scores[each.fit.course.ref] < ruleset.propose)
    ]
    near = gaps.nearest(missed)[:most]
    return tuple([gaps.miss(fit, codes, score=scores[fit.course.ref]) for fit, codes in near])


def nothing_understood(looking: Search, courses: list[Course]) -> Ranking:
    """No must of the need is known to ESCO: nothing can be found until somebody says what the statements mean."""
    codes = (gaps.UNRESOLVED,)
    return Ranking(
        ref=looking.ask.ref,
        ruleset_version=looking.rules.version,
        rejected=tuple([Rejected(course.ref, codes) for course in courses]),
        gap=codes,
        uncovered_skills=every_skill(looking.ask),
    )


def with_gap(ranking: Ranking, judged: list[Judged], looking: Search) -> Ranking:
    """The ranking of a need that nothing answers: its reason codes, and the misses they are taken from."""
    near = gaps.nearest([(each.fit, each.failed) for each in judged if each.fit.cover.coverage])
    misses = [gaps.miss(fit, codes, score=score(fit).score) for fit, codes in near[: looking.rules.max_misses]]
    return replace(
        ranking,
        gap=gaps.reason_codes(near),
        nearest_misses=tuple(misses),
        best_score=max([ranking.best_score, *(each.score for each in misses)]),
        uncovered_skills=near[0][0].uncovered if near else every_skill(looking.ask),
    )


def rejections(judged: list[Judged], good: list[Scored]) -> Iterator[Rejected]:
    """Every course that is not good enough, with what fails; in the order of the refs."""
    proposable = {each.fit.course.ref for each in good}
    for fit, codes in judged:
        if fit.course.ref not in proposable:
            yield Rejected(fit.course.ref, codes or (gaps.LOW_SCORE,))


def every_skill(ask: Ask) -> tuple[str, ...]:
    """All that the need asks for."""
    return tuple([skill.name for skill in ask.skills])


def candidate(scored: Scored) -> Candidate:
    """A scored fit as it is proposed."""
    fit = scored.fit
    sittings = fit.sittings
    ends = [each.end for each in sittings if each.end]
    deadlines = [each.application_deadline for each in sittings if each.application_deadline]
    return Candidate(
        curriculum_refs=(fit.course.ref,),
        session_refs=tuple([each.ref for each in sittings if each.ref]),
        provider_ids=(fit.course.provider_id,),
        score=scored.score,
        coverage=round(fit.cover.coverage, 4),
        breakdown={name: round(points, 2) for name, points in scored.breakdown.items()},
        explanation=(*scored.notes, *asides(fit)),
        uncovered_skills=fit.uncovered,
        total_hours=fit.course.hours,
        total_cost=money(fit.cost),
        distance_km=round(fit.distance.km, 1),
        start=sittings[0].start,
        end=max(ends, default=None),
        application_deadline=min(deadlines, default=None),
    )


def asides(fit: Fit) -> Iterator[Note]:
    """What people should know about a proposal although it earns no points."""
    if fit.companions:
        yield Note("split_over_sessions", {"sessions": len(fit.sittings)})
    if fit.course.prerequisites:
        yield Note("prerequisites", {"courses": ", ".join(fit.course.prerequisites)})


def money(cost: Cost) -> Money | None:
    """The cost in whole cents."""
    return None if cost.amount is None else Money(cost.amount.quantize(CENT), cost.currency)

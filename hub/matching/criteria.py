"""The soft criteria: how well a course answers a need, each as a share from 0 to 1 with what to tell people about it.

`rank` multiplies the shares by the weights of a rule set. A criterion is one function; the decorator gives its name,
its place in the breakdown and its default weight. The codes of its notes have their sentences in `explain`.
"""

from collections.abc import Callable
from typing import NamedTuple

from hub.matching.fit import ONLINE, WORKPLACE, Fit, levels_outside
from hub.matching.model import History
from hub.matching.outcome import Note

# What a criterion says where nothing is known either way: neither a reward nor a punishment.
UNKNOWN = 0.5
LEVEL_UNSTATED, ONE_LEVEL_OUTSIDE = 0.75, 0.5
OTHER_LANGUAGE = 0.5

Verdict = tuple[float, tuple[Note, ...]]


class Criterion(NamedTuple):
    """A line of the breakdown: its name, its default weight and the function that judges."""

    name: str
    weight: float
    judge: Callable[[Fit], Verdict]


CRITERIA: list[Criterion] = []


def criterion(weight: float) -> Callable[[Callable[[Fit], Verdict]], Callable[[Fit], Verdict]]:
    """Add a function to CRITERIA under its own name."""

    def declare(judge: Callable[[Fit], Verdict]) -> Callable[[Fit], Verdict]:
        CRITERIA.append(Criterion(judge.__name__, weight, judge))
        return judge

    return declare


@criterion(40)
def skills(fit: Fit) -> Verdict:
    """The weighted share of the asked skills that it teaches; a concept beside the asked one counts half."""
    asked = fit.search.ask.skills
    notes = [Note("teaches", {"taught": len(asked) - len(fit.uncovered), "asked": len(asked)})]
    for skill, credit in zip(asked, fit.cover.credits, strict=True):
        if not skill.uri:
            notes.append(Note("skill_not_understood", {"skill": skill.words}))
        elif not credit:
            notes.append(Note("skill_missing", {"skill": skill.words}))
        elif credit < 1:
            notes.append(Note("skill_related", {"skill": skill.words}))
    return fit.cover.coverage, tuple(notes)


@criterion(12)
def distance(fit: Fit) -> Verdict:
    """Best at the company's own site, then near, online in between."""
    if fit.sitting is None:
        return 0.0, ()
    if fit.sitting.mode == WORKPLACE:
        return 1.0, (Note("at_your_site"),)
    if fit.sitting.mode == ONLINE:
        return fit.search.rules.online_share, (Note("online"),)
    km, radius = fit.distance.km, fit.search.radius_km
    share = 1 - km / radius if radius else float(km == 0)
    code = "distance_estimated" if fit.distance.estimated else "distance"
    return max(0.0, share), (Note(code, {"km": round(km)}),)


@criterion(12)
def date(fit: Fit) -> Verdict:
    """Near the preferred start, else early in the window."""
    ask, sitting = fit.search.ask, fit.sitting
    if sitting is None:
        return 0.0, ()
    length = (ask.latest - ask.earliest).days
    demand = () if sitting.ref else (Note("on_demand"),)
    if ask.preferred_start is not None:
        off = abs((sitting.start - ask.preferred_start).days)
        code = "starts_off_preferred" if off else "starts_as_preferred"
        return part_left(off, length), (Note(code, {"start": sitting.start.isoformat(), "days": off}), *demand)
    after = max(0, (sitting.start - ask.earliest).days)
    code = "starts_after_earliest" if after else "starts_at_earliest"
    return part_left(after / 2, length), (Note(code, {"start": sitting.start.isoformat(), "days": after}), *demand)


@criterion(8)
def level(fit: Fit) -> Verdict:
    """Inside the EQF levels asked for, or one beside."""
    eqf, outside = fit.course.eqf, levels_outside(fit)
    if eqf is None:
        return LEVEL_UNSTATED, (Note("level_not_stated"),)
    if outside is None:
        return 1.0, ()
    if outside == 0:
        return 1.0, (Note("level_fits", {"eqf": eqf}),)
    if outside == 1:
        return ONE_LEVEL_OUTSIDE, (Note("level_close", {"eqf": eqf}),)
    return 0.0, ()


@criterion(6)
def focus(fit: Fit) -> Verdict:
    """The share of what it teaches that the need asks for."""
    taught = fit.course.concepts
    if not taught:
        return 0.0, ()
    beside = len(taught - fit.search.asked)
    notes = (Note("also_teaches", {"others": beside}),) if beside else (Note("teaches_nothing_else"),)
    return 1 - beside / len(taught), notes


@criterion(6)
def cost(fit: Fit) -> Verdict:
    """The cheaper the better: full points when free, half of them at the ceiling."""
    ceiling, paid = fit.search.ask.max_cost, fit.cost
    if ceiling is None:
        return 1.0, ()
    if paid.amount is None:
        return UNKNOWN, (Note("price_not_stated"),)
    if paid.compared is None:
        return UNKNOWN, (Note("cost_not_compared", {"currency": paid.currency}),)
    left = ceiling.amount - paid.compared
    if left < 0:
        return 0.0, ()
    share = 1 - float(paid.compared / ceiling.amount) / 2 if ceiling.amount else 1.0
    if left == 0:
        return share, (Note("at_your_limit"),)
    return share, (Note("under_your_limit", {"amount": float(round(left, 2)), "currency": ceiling.currency}),)


@criterion(4)
def language(fit: Fit) -> Verdict:
    """The need's first language before its others."""
    asked, sitting = fit.search.ask.languages, fit.sitting
    if sitting is None:
        return 0.0, ()
    if sitting.language not in asked:
        return 0.0, (Note("not_your_language", {"language": sitting.language}),)
    if sitting.language == asked[0]:
        return 1.0, (Note("your_first_language", {"language": sitting.language}),)
    return OTHER_LANGUAGE, (Note("another_of_your_languages", {"language": sitting.language}),)


@criterion(4)
def green_digital(fit: Fit) -> Verdict:
    """The share of the wishes for a green and a digital course that it meets."""
    ask, course = fit.search.ask, fit.course
    wishes = [
        (name, met)
        for name, wanted, met in (("green", ask.green, course.green), ("digital", ask.digital, course.digital))
        if wanted
    ]
    if not wishes:
        return 1.0, ()
    notes = tuple(Note("wish_met" if met else "wish_not_met", {"wish": name}) for name, met in wishes)
    return sum(met for _, met in wishes) / len(wishes), notes


@criterion(4)
def credential(fit: Fit) -> Verdict:
    """A credential for the learner, where one is wanted."""
    if not fit.search.ask.credential_wanted:
        return 1.0, ()
    if fit.course.credential:
        return 1.0, (Note("credential_offered"),)
    return 0.0, (Note("no_credential"),)


@criterion(4)
def record(fit: Fit) -> Verdict:
    """How the provider answered and finished so far; the middle for one without history."""
    share = track_record(fit.course.history)
    if share is None:
        return UNKNOWN, (Note("no_record_yet"),)
    return share, (Note("record", {"percent": round(100 * share)}),)


def track_record(history: History | None) -> float | None:
    """The mean of what is known of a provider; None for one without history."""
    if history is None:
        return None
    known = [each for each in (history.response_rate, history.completion) if each is not None]
    return sum(known) / len(known) if known else None


def part_left(days: float, length: int) -> float:
    """What is left of a window after so many days; in a window of one day only that day is good."""
    if length <= 0:
        return float(days == 0)
    return max(0.0, 1 - days / length)


DEFAULT_WEIGHTS = {each.name: each.weight for each in CRITERIA}

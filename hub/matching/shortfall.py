"""What would have to change: the notes with figures that the filters tell about a fit that fails them.

Only nearest misses are told, so nothing here is called while courses are sorted out.
"""

from hub.matching.fit import WORKPLACE, Fit, free_seats
from hub.matching.outcome import Note


def language(fit: Fit) -> Note:
    """Which language it is held in instead."""
    return Note("held_in", {"language": fit.sitting.language}) if fit.sitting else Note("language")


def mode(fit: Fit) -> Note:
    """How it is taught instead."""
    modes = (fit.sitting.mode,) if fit.sitting else fit.course.modes
    return Note("taught_as", {"mode": ", ".join(modes)})


def distance(fit: Fit) -> Note:
    """How far it is, or that nobody comes to the site."""
    if fit.sitting and fit.sitting.mode == WORKPLACE:
        return Note("site_not_covered")
    code = "beyond_radius_estimated" if fit.distance.estimated else "beyond_radius"
    return Note(code, {"km": round(fit.distance.km), "radius_km": round(fit.search.radius_km)})


def window(fit: Fit) -> Note:
    """On which side of the window it falls."""
    ask, sitting = fit.search.ask, fit.sitting
    if sitting is None:
        return Note("no_session_planned")
    if sitting.start < ask.earliest:
        return Note(
            "starts_too_early", {"start": sitting.start.isoformat(), "days": (ask.earliest - sitting.start).days}
        )
    if sitting.start > ask.latest:
        return Note("starts_too_late", {"start": sitting.start.isoformat(), "days": (sitting.start - ask.latest).days})
    ends = sitting.end or sitting.start
    if ask.needed_by is not None and ends > ask.needed_by:
        return Note("ends_too_late", {"end": ends.isoformat(), "days": (ends - ask.needed_by).days})
    return Note("too_late_to_apply", {"start": sitting.start.isoformat()})


def seats(fit: Fit) -> Note:
    """How many seats there are for how many learners."""
    return Note("seats_short", {"free": free_seats(fit), "headcount": fit.search.ask.headcount})


def level(fit: Fit) -> Note:
    """Which level it has."""
    return Note("level_far", {"eqf": fit.course.eqf or 0})


def skills(fit: Fit) -> Note:
    """Which musts it does not teach."""
    pairs = zip(fit.search.ask.skills, fit.cover.credits, strict=True)
    missing = [skill.words for skill, credit in pairs if skill.must and skill.uri and not credit]
    return Note("musts_missing", {"skills": "», «".join(missing)}) if missing else Note("skills")


def cost(fit: Fit) -> Note:
    """How much it is over the ceiling, in the ceiling's currency."""
    ceiling, cost = fit.search.ask.max_cost, fit.cost.compared
    if ceiling is None or cost is None:
        return Note("cost")
    return Note("over_your_limit", {"amount": float(round(cost - ceiling.amount, 2)), "currency": ceiling.currency})


def hours(fit: Fit) -> Note:
    """How many hours it takes too many."""
    return Note("hours_over", {"hours": fit.course.hours - (fit.search.ask.max_hours or 0)})

"""The hard filters: what makes a course no answer to a need, whatever its score.

`rank` asks `failed` for every sitting. A filter is a function that says whether a fit fails, and a row in FILTERS; the
codes come out in the table's order. `low_score`, `no_curriculum` and `unresolved_skills` are no filters: they say how a
whole ranking went, and `gaps` gives them.
"""

from collections.abc import Callable
from typing import NamedTuple

from hub.matching import shortfall
from hub.matching.distance import covers
from hub.matching.fit import ONLINE, WORKPLACE, Fit, first_day, free_seats, last_day, levels_outside
from hub.matching.outcome import Note

ANY_KIND = "both"
LEVELS_OUTSIDE_ALLOWED = 1


class Filter(NamedTuple):
    """A reason code, the test that gives it and, where figures help, what people are told would have to change."""

    code: str
    fails: Callable[[Fit], bool]
    tell: Callable[[Fit], Note] | None = None


def failed(fit: Fit) -> tuple[str, ...]:
    """Codes of all filters that this fit fails, in a fixed order."""
    return tuple([code for code, fails, _ in FILTERS if fails(fit)])


def why(fit: Fit) -> tuple[Note, ...]:
    """What fails, told with figures, for the few fits that people will read about."""
    return tuple(each.tell(fit) if each.tell else Note(each.code) for each in FILTERS if each.fails(fit))


def wrong_kind(fit: Fit) -> bool:
    """Initial and continuing training do not mix, and a learner must be old enough."""
    wanted, course = fit.search.ask.target_group, fit.course
    if wanted != course.kind and ANY_KIND not in (wanted, course.kind):
        return True
    age = fit.search.ask.learner_age
    return age is not None and course.min_age is not None and age < course.min_age


def wrong_language(fit: Fit) -> bool:
    """The sitting is held in none of the languages asked for."""
    ask, sitting = fit.search.ask, fit.sitting
    return sitting is not None and not ask.language_preferred_only and sitting.language not in ask.languages


def wrong_mode(fit: Fit) -> bool:
    """The way it is taught was not asked for; without a sitting the curriculum's own modes tell."""
    if fit.sitting is None:
        return fit.search.modes.isdisjoint(fit.course.modes)
    return fit.sitting.mode not in fit.search.modes


def too_far(fit: Fit) -> bool:
    """A workplace course needs a provider who covers the site, a class must be inside the radius, online needs neither."""
    if fit.sitting is None or fit.sitting.mode == ONLINE:
        return False
    if fit.sitting.mode == WORKPLACE:
        return not any(covers(fit.course.reach, site.nuts) for site in fit.search.ask.locations)
    return fit.distance.km > fit.search.radius_km


def out_of_window(fit: Fit) -> bool:
    """No sitting at all, one outside the window or too late for the need, or one that nobody can apply for in time."""
    ask, sitting = fit.search.ask, fit.sitting
    if sitting is None or sitting.cancelled:
        return True
    if not ask.earliest <= sitting.start <= ask.latest:
        return True
    if ask.needed_by is not None and (sitting.end or sitting.start) > ask.needed_by:
        return True
    return (sitting.application_deadline or sitting.start) < first_day(fit.search, fit.course)


def too_few_seats(fit: Fit) -> bool:
    """Fewer free seats than learners, the sittings of a split group taken together."""
    if fit.sitting is None or fit.sitting.seats_free is None:
        return False
    return free_seats(fit) < fit.search.ask.headcount


def wrong_level(fit: Fit) -> bool:
    """Two or more EQF levels outside the levels asked for."""
    outside = levels_outside(fit)
    return outside is not None and outside > LEVELS_OUTSIDE_ALLOWED


def skills_missing(fit: Fit) -> bool:
    """A resolved must that is not taught; or nothing of what is asked."""
    return not fit.cover.every_must


def too_expensive(fit: Fit) -> bool:
    """Above the ceiling; what cannot be compared passes, and its explanation says so."""
    ceiling, cost = fit.search.ask.max_cost, fit.cost.compared
    return ceiling is not None and cost is not None and cost > ceiling.amount


def too_long(fit: Fit) -> bool:
    """More hours than the company gives."""
    most = fit.search.ask.max_hours
    return most is not None and fit.course.hours > most


def not_accredited(fit: Fit) -> bool:
    """An accreditation is required, and none holds on the day the course ends."""
    if not fit.search.ask.accreditation_required:
        return False
    day = last_day(fit)
    return not any(each.valid_on(day) for each in fit.course.accreditations)


def excluded(fit: Fit) -> bool:
    """A coordinator took this curriculum out for this need."""
    return fit.course.ref in fit.search.ask.excluded


def provider_declined(fit: Fit) -> bool:
    """The provider said no to this need, and nothing has changed since."""
    return fit.course.provider_id in fit.search.ask.declined


def no_response(fit: Fit) -> bool:
    """The provider was asked about this need and never answered."""
    return fit.course.provider_id in fit.search.ask.silent


FILTERS: tuple[Filter, ...] = (
    Filter("kind", wrong_kind),
    Filter("language", wrong_language, shortfall.language),
    Filter("mode", wrong_mode, shortfall.mode),
    Filter("too_far", too_far, shortfall.distance),
    Filter("no_session_in_window", out_of_window, shortfall.window),
    Filter("no_seats", too_few_seats, shortfall.seats),
    Filter("level", wrong_level, shortfall.level),
    Filter("skills", skills_missing, shortfall.skills),
    Filter("cost", too_expensive, shortfall.cost),
    Filter("hours", too_long, shortfall.hours),
    Filter("accreditation", not_accredited),
    Filter("excluded", excluded),
    Filter("provider_declined", provider_declined),
    Filter("no_response", no_response),
)

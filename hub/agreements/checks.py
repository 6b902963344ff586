"""The legal checks of an agreement: each says ok, warning or failed, with the figures that made it say so.

A check is one function; the decorator gives its place in the list. The rules are data (`rulesets`), the sentences for the
notes are in `words/`; `tell` puts a verdict into a language. Nothing here is legal advice, and every document says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from hub.agreements.arrangement import Arrangement
from hub.agreements.rulesets import RuleSet, rules_for
from hub.agreements.words import speak

OK, WARNING, FAILED = "ok", "warning", "failed"
WORKING_DAYS = 5  # a week of the young has two days of rest (Directive 94/33/EC, article 10)

Figure = float | int | date


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: its status, the note that says why, and the note's figures."""

    status: str
    note: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding under its check's code, with the version of the rules that it was found by."""

    code: str
    finding: Finding
    rules: RuleSet

    @property
    def status(self) -> str:
        """Whether it is ok, a warning or failed."""
        return self.finding.status


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in words."""

    code: str
    status: str
    rule: str
    detail: str


Judge = Callable[[Arrangement, RuleSet], Finding]
CHECKS: dict[str, Judge] = {}


def check(code: str) -> Callable[[Judge], Judge]:
    """Add a function to CHECKS under the code that goes over the wire."""

    def declare(judge: Judge) -> Judge:
        CHECKS[code] = judge
        return judge

    return declare


def check_all(arrangement: Arrangement, rules: RuleSet | None = None) -> tuple[Verdict, ...]:
    """Return every check's verdict by the rules of the workplace's country on the first day."""
    # A first day that is past is a slip that `duration` tells; the rules of its time are not what it is about.
    rules = rules or rules_for(arrangement.country, max(arrangement.start, arrangement.today))
    return tuple(Verdict(code, judge(arrangement, rules), rules) for code, judge in CHECKS.items())


def tell(verdict: Verdict, language: str) -> Told:
    """Put a verdict into words; English when we do not write that language."""
    speech = speak(language)
    rule = getattr(verdict.rules, verdict.code)
    figures = rule.model_dump(exclude={"rule"}, exclude_none=True) | dict(verdict.finding.figures)
    return Told(
        code=verdict.code,
        status=verdict.status,
        rule=speech.fill(rule.rule[speech.code], figures),
        detail=speech.fill(speech.words["checks"][verdict.code][verdict.finding.note], figures),
    )


@check("minors_hours")
def minors_hours(arrangement: Arrangement, rules: RuleSet) -> Finding:
    """Whether a young learner's hours stay within a day's and a week's limit, other agreements counted in."""
    if not arrangement.of_a_minor:
        return Finding(OK, "adult")
    limit = rules.minors_hours
    week = busiest_week(arrangement)
    day = max(arrangement.daily_hours or 0, week / WORKING_DAYS)
    figures: dict[str, Figure] = {"weekly": week, "daily": day, "own": arrangement.weekly_hours}
    together = "_together" if week > arrangement.weekly_hours else ""
    if week > limit.most_weekly_hours:
        return Finding(FAILED, f"week_too_long{together}", figures | {"over": week - limit.most_weekly_hours})
    if day > limit.most_daily_hours:
        return Finding(FAILED, "day_too_long", figures | {"over": day - limit.most_daily_hours})
    if arrangement.other_employer_id:
        return Finding(WARNING, "employer_unknown", figures | {"left": limit.most_weekly_hours - week})
    return Finding(OK, f"within{together}", figures)


@check("guardian")
def guardian(arrangement: Arrangement, _rules: RuleSet) -> Finding:
    """Whether somebody may sign for a learner who is not yet of age."""
    if not arrangement.of_a_minor:
        return Finding(OK, "adult")
    if not arrangement.guardian_refs:
        return Finding(FAILED, "missing")
    named = len(set(arrangement.guardian_refs))
    return Finding(OK, "named" if named == 1 else "several", {"guardians": named})


@check("tutor")
def tutor(arrangement: Arrangement, rules: RuleSet) -> Finding:
    """Whether the company named a tutor; how experienced he or she is nobody has told the hub."""
    if arrangement.tutor_ref is None:
        return Finding(FAILED, "missing")
    if rules.tutor.experience_years:
        return Finding(WARNING, "experience_unknown")
    return Finding(OK, "named")


@check("tutor_ratio")
def tutor_ratio(arrangement: Arrangement, rules: RuleSet) -> Finding:
    """Whether the tutors at the workplace have time for this many learners: by the company's own number, else the rule's."""
    usual = rules.tutor_ratio.most_learners
    limit = arrangement.max_learners_per_tutor or usual
    tutors = max(1, arrangement.tutors)
    figures: dict[str, Figure] = {"learners": arrangement.learners, "tutors": tutors, "limit": limit}
    if arrangement.learners > limit * tutors:
        return Finding(FAILED, "too_many", figures)
    if arrangement.learners > usual * tutors:
        return Finding(WARNING, "many", figures)
    return Finding(OK, "within", figures)


@check("overlap")
def overlap(arrangement: Arrangement, _rules: RuleSet) -> Finding:
    """Whether the learner is bound elsewhere on the same days."""
    if not arrangement.beside:
        return Finding(OK, "free")
    first = min(arrangement.beside, key=lambda each: (each.start, each.agreement_id))
    figures: dict[str, Figure] = {"agreements": len(arrangement.beside), "start": first.start, "end": first.end}
    return Finding(FAILED, "bound" if len(arrangement.beside) == 1 else "bound_often", figures)


@check("duration")
def duration(arrangement: Arrangement, _rules: RuleSet) -> Finding:
    """Whether the days are in order, still to come, and as many as the template allows."""
    start, end = arrangement.start, arrangement.end
    weeks = ((end - start).days + 1) / 7
    figures: dict[str, Figure] = {"start": start, "end": end, "weeks": weeks, "today": arrangement.today}
    if end < start:
        return Finding(FAILED, "ends_before_it_begins", figures)
    if start < arrangement.today:
        return Finding(FAILED, "begun", figures)
    if weeks < arrangement.least_weeks:
        return Finding(FAILED, "too_short", figures | {"limit": arrangement.least_weeks})
    if arrangement.most_weeks is not None and weeks > arrangement.most_weeks:
        return Finding(FAILED, "too_long", figures | {"limit": arrangement.most_weeks})
    return Finding(OK, "within", figures)


def busiest_week(arrangement: Arrangement) -> float:
    """Return the most hours a week that the learner has on any day of the agreement, all agreements together."""
    beside = arrangement.beside
    # The sum can only grow on a day on which something begins.
    days = {arrangement.start, *(max(each.start, arrangement.start) for each in beside)}
    return max(
        arrangement.weekly_hours + sum(each.weekly_hours for each in beside if each.start <= day <= each.end)
        for day in days
    )

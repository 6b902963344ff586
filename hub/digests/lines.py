"""What one coordinator is told on a morning: what needs somebody, the best news, one figure. Pure; no line names a person.

A line is told when it is new, and again when its time is nearly over; what stands since long is in the console.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from events.agreements import AgreementDrafted
from events.cooperations import CooperationAgreed
from events.matches import MatchDecided, MatchProposed, RequestAnswered
from events.needs import NeedPublished, NeedUnmatched
from hub.digests.scene import Scene
from hub.mail.kinds.digests import Figure, Todo
from hub.mornings import is_working_day
from hub.store.regions import Asked, Matter

NEAR = 3  # working days before its end from which something is told again
MOST_TODO = 10  # lines; the count tells of the rest
MOST_NEWS = 5
WILLING = frozenset({"accepted", "interested", "counter_offered"})
ORDER = ("to_answer", "question", "to_decide", "expiring", "failed_mail", "agreement", "gap")
FAR = date.max
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pick:
    """A piece of news, before it is told in words: an agreement, or a new match."""

    matter: Matter
    match_id: str
    agreed: bool
    score: float


@dataclass(frozen=True, slots=True)
class Morning:
    """All that a reader is told; the counts are not cut."""

    todo: tuple[Todo, ...]
    todo_count: int
    news: tuple[Pick, ...]
    news_count: int
    figure: Figure | None

    @property
    def says_something(self) -> bool:
        """Whether it is worth a mail; a figure alone is not."""
        return bool(self.todo or self.news)


def morning(scene: Scene, nuts: Sequence[str], *, since: int, day: date) -> Morning:
    """Choose what is told to who looks after some regions and was last told up to the event `since`."""
    since = max(since, scene.week)
    matters = scene.within(nuts)
    near = _working_days_after(day, NEAR)
    todo = sorted((line for matter in matters for line in _todo(scene, matter, since, near)), key=_urgency)
    news = sorted((pick for matter in matters for pick in _news(scene, matter, since)), key=_worth)
    return Morning(
        todo=tuple(todo[:MOST_TODO]),
        todo_count=len(todo),
        news=tuple(news[:MOST_NEWS]),
        news_count=len(news),
        figure=_figure(scene, matters),
    )


def _todo(scene: Scene, matter: Matter, since: int, near: date) -> Iterator[Todo]:
    match_id = matter.match_id if matter.state == "proposed" else None
    if match_id in scene.proposed and match_id is not None:
        yield from _of_match(scene, matter, match_id, since, near)
    elif matter.state == "gap" and scene.seq(NeedUnmatched.TYPE, matter.ref) > since:
        yield _line("gap", matter, scene.name(matter.org))
    for org in sorted({one.org for one in scene.failed.get(matter.ref, ()) if one.seq > since}):
        yield _line("failed_mail", matter, scene.name(org))
    for agreement in scene.drafts.get(matter.ref, ()):
        flawed = agreement.unfilled or any(check.status == "failed" for check in agreement.told.checks)
        if agreement.state == "draft" and flawed and scene.seq(AgreementDrafted.TYPE, agreement.key) > since:
            yield _line("agreement", matter, scene.name(agreement.org))


def _of_match(scene: Scene, matter: Matter, match_id: str, since: int, near: date) -> Iterator[Todo]:
    requests = [one for one in scene.asked.get(matter.ref, ()) if one.match_id == match_id]
    for one in requests:
        until = date.fromisoformat(one.respond_by)
        if one.state == "asked" and until <= near:
            yield _line("to_answer", matter, scene.name(one.org), until)
    ends = _last_day(scene.proposed[match_id].expires_at)
    what, told = _awaited(scene, requests, match_id)
    if ends <= near or told > since:
        yield _line(what, matter, scene.name(matter.org), ends)


def _awaited(scene: Scene, requests: Sequence[Asked], match_id: str) -> tuple[str, int]:
    """Return what a match waits for, and the number of the event since which it does."""
    if any(one.company_asks for one in requests):
        return "question", scene.seq(MatchDecided.TYPE, match_id)
    if any(one.state in WILLING for one in requests):
        return "to_decide", scene.seq(RequestAnswered.TYPE, match_id)
    return "expiring", 0


def _news(scene: Scene, matter: Matter, since: int) -> Iterator[Pick]:
    cooperation = scene.agreed.get(matter.match_id or "")
    if matter.state == "agreed":
        if cooperation is not None and scene.seq(CooperationAgreed.TYPE, cooperation.key) > since:
            yield Pick(matter, cooperation.key, agreed=True, score=cooperation.candidate.score)
    elif matter.match_id is not None and scene.seq(MatchProposed.TYPE, matter.match_id) > since:
        match = scene.proposed.get(matter.match_id)
        if match is not None:
            yield Pick(matter, matter.match_id, agreed=False, score=match.score)


def _figure(scene: Scene, matters: Sequence[Matter]) -> Figure | None:
    """Return the share of the week's needs that found a course; without a new need, the learners agreed on."""
    since = scene.since.date()
    new = [matter for matter in matters if scene.seq(NeedPublished.TYPE, matter.ref)]
    if new:
        found = sum(matter.state in ("proposed", "agreed") for matter in new)
        return Figure(what="needs_matched", count=found, of=len(new), since=since)
    agreed = [scene.agreed.get(matter.match_id or "") for matter in matters if matter.state == "agreed"]
    learners = sum(cooperation.headcount for cooperation in agreed if cooperation is not None)
    return Figure(what="learners_agreed", count=learners, since=since) if learners else None


def _line(what: str, matter: Matter, who: str, until: date | None = None) -> Todo:
    return Todo.model_validate(
        {
            "what": what,
            "ref": matter.ref,
            "title": matter.title,
            "who": who,
            "until": until,
            "page_path": page_of(matter),
        }
    )


def page_of(matter: Matter) -> str | None:
    """Return the console's page about a need; an offer has none of its own yet."""
    return None if matter.is_offer else f"/console/needs/{matter.ref}"


def _urgency(line: Todo) -> tuple[int, date, str, str]:
    return ORDER.index(line.what), line.until or FAR, line.ref, line.who


def _worth(pick: Pick) -> tuple[bool, float, str]:
    return not pick.agreed, -pick.score, pick.matter.ref


def _last_day(end: str) -> date:
    return (datetime.fromisoformat(end) - INSTANT).date()


def _working_days_after(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day

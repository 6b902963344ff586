"""The overview: the thread of six steps with numbers that lead to their lists, and what needs somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from starlette.responses import Response

from events.needs import NeedRematchDue
from hub.clock import instant
from hub.rows import Agreement, Gap, Match, Need, Offer, Request, lies_in
from hub.store import looks, nouns, sieve
from hub.store import parked as put_aside
from hub.store.session import Session
from hub.web.console import links, tale, times, words
from hub.web.console.live import CLOCKWORK
from hub.web.console.pages.agreements import CHECKS
from hub.web.console.pages.gaps import Unmet, missing_skills
from hub.web.console.pages.needs import STANDING
from hub.web.console.pages.requests import ANSWERED
from hub.web.console.tale import Said
from hub.web.console.visit import Desk, Visit
from hub.web.sight import regions_seen

TASKS = 8  # things that need somebody
FALLING_DUE = 200  # reminders looked through for them
DRAFTS = 50  # newest drafts looked through for those that cannot be signed
LATEST = 7  # events of the small stream
IN_PASSING = (CLOCKWORK, NeedRematchDue.TYPE, "notification.", "digest.")  # events that the small stream leaves out
ANSWER, DECISION = "request-silence", "match-expiry"
YES = ("accepted", "counter_offered")

desk = Desk()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the thread: a number, what it counts, the list behind it, and one word more."""

    number: int
    what: str
    address: str
    more: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs somebody, by when, and where to do it."""

    tone: str
    kind: str
    sentence: str
    detail: str
    address: str
    button: str
    page: str = ""
    """The page it is about, where the button leads straight to a form."""


@dataclass(frozen=True, slots=True)
class Today:
    """What the overview reads from the store."""

    tasks: list[Task]
    unmet: Unmet
    latest: list[Said]


@desk.page("")
async def overview(visit: Visit) -> Response:
    """What is going on, and what needs somebody."""
    found = await visit.read(_today, visit)
    return await visit.draw("overview.html", steps=_steps(visit), found=found)


def _steps(visit: Visit) -> Sequence[Step]:
    of = visit.pulse.of
    waiting, gone = of("requests", "asked"), of("requests", "expired")
    answered = of("requests", *ANSWERED)
    return (
        Step(of("needs", *STANDING), "needs open", links.listed("needs", state="standing")),
        Step(of("needs", "proposed"), "matched", links.listed("needs", state="proposed")),
        Step(
            of("requests"),
            "providers asked",
            links.listed("requests"),
            f"{words.number(waiting)} not answered" if waiting else "",
            "warn",
        ),
        Step(
            answered,
            "answered",
            links.listed("requests", state="answered"),
            f"{words.number(gone)} never did" if gone else "",
            "bad",
        ),
        Step(of("agreements", "draft"), "agreements", links.listed("agreements", state="draft")),
        Step(of("gaps", "open"), "gaps", links.listed("gaps")),
    )


async def _today(session: Session, visit: Visit) -> Today:
    regions = await regions_seen(session, visit.visitor.sender)
    dated = [*await _falling_due(session, visit, regions), *await _unsignable(session, visit, regions)]
    tasks = [task for _, task in sorted(dated, key=itemgetter(0))]
    tasks += await _unanswerable(session, regions, most=TASKS - len(tasks))
    if visit.visitor.operates:
        tasks = [*await _for_operators(session), *tasks]
    latest: list[Said] = []
    if visit.visitor.operates:
        said, _ = await sieve.newest(session, limit=LATEST * 8)
        latest = await tale.tell(
            session, [each for each in said if not each.short_type.startswith(IN_PASSING)][:LATEST]
        )
    return Today(tasks[:TASKS], await missing_skills(session, regions), latest)


async def _for_operators(session: Session) -> list[Task]:
    parked = await put_aside.listing(session, limit=TASKS)
    tasks = [_stuck(row) for row in parked if row.state == "needs_operator"]
    return tasks + [_undelivered(row) for row in await looks.failed_jobs(session, limit=2)]


def _stuck(row: Any) -> Task:
    behind = (
        words.count(int(row.waiting_behind), "event") + " wait behind it"
        if row.waiting_behind
        else "nothing waits behind it"
    )
    return Task("bad", "parked", words.brief(row.reason), f"{row.grp} · {behind}", links.parked(row.parked_id), "Look")


def _undelivered(row: Any) -> Task:
    kind = row.kind.replace("_", " ")
    return Task(
        "bad",
        "not delivered",
        f"A mail could not be delivered: {kind}",
        row.answer or "",
        links.mail(row.job_id),
        "Look",
    )


async def _falling_due(session: Session, visit: Visit, regions: looks.Regions) -> list[tuple[str, Task]]:
    """Return open questions to providers and companies with their deadlines, the oldest first."""
    due = await looks.due_soonest(session, (ANSWER, DECISION), limit=FALLING_DUE)
    questions = await _questions(session, [(row.kind, row.about) for row in due])
    about = [each.about for each in questions.values()]
    stories: dict[str, Need | Offer] = {**await nouns.load(session, Offer, about)}
    stories |= await nouns.load(session, Need, about)
    seen = {key for key, story in stories.items() if regions is None or lies_in(story.places, regions)}
    asked = [(questions[row.about], row.at) for row in due if row.about in questions]
    shown = [(each, at) for each, at in asked if each.about in seen][:TASKS]
    names = await looks.names(session, [each.org for each, _ in shown])
    today = visit.now.date()
    return [(at, _task(each, stories[each.about], names.get(each.org, each.org), at, today)) for each, at in shown]


async def _unsignable(session: Session, visit: Visit, regions: looks.Regions) -> list[tuple[str, Task]]:
    """Return drafts that have not begun and cannot be signed, for a rule or an empty field, with their first days."""
    drafts = await looks.newest(session, Agreement, limit=DRAFTS, state="draft", regions=regions)
    today = visit.now.date()
    flawed = [each.row for each in drafts if each.row.told.start >= today and (_failed(each.row) or each.row.unfilled)]
    return [(row.told.start.isoformat(), _flawed(row, today)) for row in flawed]


async def _unanswerable(session: Session, regions: looks.Regions, *, most: int) -> list[Task]:
    """Return needs that nothing answers, the newest first: without a deadline, so they come last, as in the morning's mail."""
    if most <= 0:
        return []
    open_gaps = [each.row for each in await looks.newest(session, Gap, limit=most, state="open", regions=regions)]
    needs = await nouns.load(session, Need, [gap.about for gap in open_gaps])
    names = await looks.names(session, [gap.org for gap in open_gaps])
    return [_gap(gap, needs[gap.about], names.get(gap.org, gap.org)) for gap in open_gaps if gap.about in needs]


def _gap(gap: Gap, need: Need, who: str) -> Task:
    why = "; ".join(words.said(code) for code in gap.told.reason_codes)
    return Task(
        "warn",
        "gap",
        f"Nothing answers {need.key} of {who}",
        f"{words.plain(need.told.title)} · {why}",
        links.need(need.key),
        "See what is near",
    )


def _failed(row: Agreement) -> list[str]:
    return [check.code for check in row.told.checks if check.status == "failed"]


def _flawed(row: Agreement, today: date) -> Task:
    what = (
        [f"not in order: {', '.join(f'«{CHECKS.get(code, code)}»' for code in failed)}"]
        if (failed := _failed(row))
        else []
    )
    what += [f"{words.count(len(row.unfilled), 'field')} stayed empty"] if row.unfilled else []
    when = times.relative_day(row.told.start, today)
    return Task(
        "bad",
        "draft",
        f"The draft for {row.about} cannot be signed as it is",
        " · ".join([*what, f"it begins {when}"]),
        links.agreement(row.key),
        "See why",
    )


async def _questions(session: Session, due: Sequence[tuple[str, str]]) -> dict[str, Request | Match]:
    """Return requests nobody has answered, and matches that a company can decide because a provider wants them."""
    requests = await nouns.load(session, Request, [about for kind, about in due if kind == ANSWER])
    matches = await nouns.load(session, Match, [about for kind, about in due if kind == DECISION])
    answered = await looks.answered(session, [key for key, row in matches.items() if row.state == "open"], YES)
    found: dict[str, Request | Match] = {key: row for key, row in matches.items() if key in answered}
    return found | {key: row for key, row in requests.items() if row.state == "asked"}


def _task(found: Request | Match, story: Need | Offer, who: str, at: str, today: date) -> Task:
    title = words.plain(story.told.title)
    if isinstance(found, Request):
        when = times.relative_day(found.told.respond_by, today)
        return Task(
            "warn",
            "answer due",
            f"{who} has not answered {story.key}",
            f"{title} · {when} is the last day",
            links.act(found.match_id, "answer", found.org),
            "Record its answer",
            links.about(story),
        )
    when = times.relative_day(instant(at).date(), today)
    return Task(
        "info",
        "decision due",
        f"{who} can decide on {story.key}",
        f"{title} · the match ends {when}",
        links.act(found.key, "decide"),
        "Record its decision",
        links.about(story),
    )

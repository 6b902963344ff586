"""Replays: what one would do, counted; then, when somebody confirms, the replay itself and how far it is."""

from starlette.responses import Response

from hub import replay as replaying
from hub.dispatch.router import Group
from hub.errors import HubError
from hub.store import replays
from hub.store.replays import Span
from hub.visitors import OPERATOR
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

FASTEST = 100_000  # events a second
AGAIN = 3  # seconds after which the page is asked for anew while a replay runs

desk = Desk()


@desk.page("/replay", roles=(OPERATOR,))
async def list_replays(visit: Visit) -> Response:
    """Groups that can be replayed, and the replays so far."""
    found = await visit.read(replays.newest)
    answer = await visit.draw("replay.html", found=found, groups=visit.hub.replayer.groups)
    if any(each.state == replays.RUNNING for each in found):
        answer.headers["Refresh"] = str(AGAIN)
    return answer


@desk.page("/replay/plan", roles=(OPERATOR,))
async def plan_replay(visit: Visit) -> Response:
    """What a replay would do: nothing is done yet."""
    group = _group(visit, visit.asked("group"))
    zone = visit.now.tzinfo
    try:
        span = await replaying.span_between(visit.hub.store, visit.asked("from"), visit.asked("to"), zone)
    except HubError as wrong:
        raise Refuse(400, f"{wrong}.") from None
    plan = await replaying.planned(visit.hub.store, group, span)
    return await visit.draw("replay_plan.html", group=group.name, plan=plan, rate=_rate(visit.asked("rate")))


@desk.form("/replay/begin", roles=(OPERATOR,))
async def begin_replay(visit: Visit, form: Form) -> Response:
    """Begin the replay that was planned."""
    group = _group(visit, form.get("group", ""))
    span = Span(_seq(form.get("after", "")), _seq(form.get("upto", "")))
    act = visit.act(replays.START, group.name)
    try:
        await replaying.begun(visit.hub.store, act, group, span, rate=_rate(form.get("rate", "")))
    except HubError:
        return visit.back(links.listed("replay"), "replay_runs", group=group.name)
    return visit.back(links.listed("replay"), "replay_begun", group=group.name)


@desk.form("/replay/{group}/stop", roles=(OPERATOR,))
async def stop_replay(visit: Visit, _form: Form) -> Response:
    """Stop a replay where it is."""
    return await _turned(visit, replays.STOPPED)


@desk.form("/replay/{group}/resume", roles=(OPERATOR,))
async def resume_replay(visit: Visit, _form: Form) -> Response:
    """Let a stopped replay go on."""
    return await _turned(visit, replays.RUNNING)


async def _turned(visit: Visit, state: str) -> Response:
    group = _group(visit, visit.given("group")).name
    done = await visit.write(replays.turn, visit.act(replays.START, group), group, state=state)
    return visit.back(links.listed("replay"), f"replay_{state}" if done else "moved_on", group=group)


def _group(visit: Visit, name: str) -> Group:
    group = visit.hub.replayer.groups.get(name)
    if group is None:
        raise Refuse(404, f"Only groups that send nothing are replayed: {', '.join(visit.hub.replayer.groups)}.")
    return group


def _rate(word: str) -> int | None:
    if not word:
        return None
    if not (word.isascii() and word.isdecimal() and len(word) < 7 and 1 <= int(word) <= FASTEST):
        raise Refuse(400, f"Say how many events a second, from 1 to {FASTEST}, or nothing for no limit.")
    return int(word)


def _seq(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) < 19):
        raise Refuse(400, "The form is not whole; look at the plan again. Nothing was changed.")
    return int(word)

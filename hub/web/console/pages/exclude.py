"""Taking a course out for one need: a coordinator knows why it would not do, whatever the ranking says."""

from collections.abc import Iterable

from starlette.responses import Response

from events.matches import MatchExcluded
from hub.store.session import Session
from hub.web.console import acting, links
from hub.web.console.acting import Act, Drawn
from hub.web.console.dealing import Deal, deal_about
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.reads import ref_of, seen_need
from schemas.problems import Problem

desk = Desk()


@desk.page("/needs/{org}/{need_id}/exclude")
async def exclude(visit: Visit) -> Response:
    """The form that takes a course out for one need."""
    deal = await visit.read(_need_deal, visit)
    return await _exclusion_form(visit, deal, acting.fresh(_need_mark(deal), course=visit.asked("course")))


@desk.form("/needs/{org}/{need_id}/exclude")
async def record_exclusion(visit: Visit, form: Form) -> Response:
    """Record that a course is out for one need."""
    deal = await visit.read(_need_deal, visit)

    async def redraw(form: Form, wrong: Iterable[Problem]) -> Response:
        names = {"curriculum_ref": "course"}
        return await _exclusion_form(visit, deal, acting.again(form, _need_mark(deal), wrong, names))

    if not form.get("reason"):
        return await redraw(form, [Problem("/reason", "Say why; the reason stays in the need’s story.")])
    data = {"about": deal.about.key, "curriculum_ref": form.get("course", ""), "reason": form["reason"]}
    party = deal.names.get(deal.about.org, deal.about.org)
    what = f"{data['curriculum_ref']} is out"
    act = Act(MatchExcluded, deal.about.key, data, party, what, links.about(deal.about), _need_mark(deal))
    return await acting.record(visit, form, act, redraw)


async def _exclusion_form(visit: Visit, deal: Deal, drawn: Drawn) -> Response:
    return await visit.draw("act_exclude.html", status=422 if drawn.wrong else 200, deal=deal, drawn=drawn)


def _need_mark(deal: Deal) -> str:
    return f"{deal.about.state}.{deal.about.version}"


async def _need_deal(session: Session, visit: Visit) -> Deal:
    ref = ref_of(visit.given("org"), visit.given("need_id"))
    return await deal_about(session, await seen_need(session, ref, visit.visitor.sender))

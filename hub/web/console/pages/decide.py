"""What a company told somebody by phone: whom it takes, that it takes nobody, or what it wants to know first."""

from collections.abc import Iterable

from starlette.responses import Response

from events.matches import MatchDecided
from hub.web.console import acting, links
from hub.web.console.acting import Act, Drawn
from hub.web.console.dealing import Deal, seen_deal
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from schemas.problems import Problem

desk = Desk()


@desk.page("/matches/{match_id}/decide")
async def decide(visit: Visit) -> Response:
    """The form for what a company decides."""
    deal = await visit.read(seen_deal, visit.given("match_id"), visit.visitor.sender)
    return await _decision_form(visit, deal, acting.fresh(_standing(deal)))


@desk.form("/matches/{match_id}/decide")
async def record_decision(visit: Visit, form: Form) -> Response:
    """Record a company's decision."""
    deal = await visit.read(seen_deal, visit.given("match_id"), visit.visitor.sender)

    async def redraw(form: Form, wrong: Iterable[Problem]) -> Response:
        return await _decision_form(
            visit, deal, acting.again(form, _standing(deal), wrong, {"candidate_id": "decision"})
        )

    decision, _, candidate = form.get("decision", "").partition(" ")
    if not decision:
        return await redraw(form, [Problem("/decision", "Say what it decided.")])
    if decision == "needs_info" and not form.get("reason"):
        return await redraw(
            form, [Problem("/reason", "Write down what the company wants to know; the providers are told.")]
        )
    data = {"match_id": visit.given("match_id"), "decision": decision}
    data |= {"candidate_id": candidate} if candidate else {}
    data |= {"reason": form["reason"]} if form.get("reason") else {}
    org = deal.about.org
    act = Act(
        MatchDecided,
        visit.given("match_id"),
        data,
        deal.names.get(org, org),
        "a decision",
        links.about(deal.about),
        _standing(deal),
    )
    return await acting.record(visit, form, act, redraw)


async def _decision_form(visit: Visit, deal: Deal, drawn: Drawn) -> Response:
    return await visit.draw("act_decide.html", status=422 if drawn.wrong else 200, deal=deal, drawn=drawn)


def _standing(deal: Deal) -> str:
    """Name how a match stands with all its answers: a decision is about these."""
    match = deal.match
    answers = ",".join(f"{each.org}:{each.version}" for each in deal.requests)
    return f"{match.state}.{match.version}.{answers}" if match else "none"

"""What a provider told somebody by phone: yes, no, perhaps, or another offer, recorded as its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from events.matches import MatchAnswered
from hub.rows import Request
from hub.rows import Session as Course
from hub.store import nouns
from hub.store.session import Session
from hub.web.console import acting, links, words
from hub.web.console.acting import Act, Drawn, filled, number
from hub.web.console.dealing import Deal, seen_deal
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from schemas.problems import Problem

DECISIONS = {
    "accepted": "It says yes",
    "interested": "It is interested, and not sure yet",
    "counter_offer": "It makes another offer",
    "declined": "It says no",
}

desk = Desk()


@dataclass(frozen=True, slots=True)
class Asked:
    """One provider's request, with the courses it may name sessions of."""

    deal: Deal
    request: Request
    sessions: Sequence[Course]


@desk.page("/matches/{match_id}/answer/{provider}")
async def answer(visit: Visit) -> Response:
    """The form for what a provider answers."""
    asked = await visit.read(_asked, visit)
    return await _answer_form(visit, asked, acting.fresh(_mark(asked.request)))


@desk.form("/matches/{match_id}/answer/{provider}")
async def record_answer(visit: Visit, form: Form) -> Response:
    """Record a provider's answer."""
    asked = await visit.read(_asked, visit)
    mark = _mark(asked.request)

    async def redraw(form: Form, wrong: Iterable[Problem]) -> Response:
        return await _answer_form(
            visit, asked, acting.again(form, mark, wrong, {"amount": "price", "currency": "price"})
        )

    wrong = _unfit_answer(form)
    if wrong:
        return await redraw(form, wrong)
    provider = asked.request.org
    data = {"match_id": asked.request.match_id, "provider_id": provider, **_answer_of(form)}
    party = asked.deal.names.get(provider, provider)
    act = Act(MatchAnswered, asked.request.match_id, data, party, "an answer", links.about(asked.deal.about), mark)
    return await acting.record(visit, form, act, redraw)


async def _answer_form(visit: Visit, asked: Asked, drawn: Drawn) -> Response:
    return await visit.draw(
        "act_answer.html",
        status=422 if drawn.wrong else 200,
        asked=asked,
        deal=asked.deal,
        drawn=drawn,
        decisions=DECISIONS,
        reasons=words.REASON_CODES,
    )


def _unfit_answer(form: Form) -> list[Problem]:
    """Return what a form lacks that the wire would let through."""
    decision = form.get("decision", "")
    if decision not in DECISIONS:
        return [Problem("/decision", "Say what it answered.")]
    if decision == "declined" and not form.get("reason_code"):
        return [Problem("/reason_code", "Say why it declines; it is not asked again for 90 days unless that changes.")]
    if decision != "declined" and form.get("reason_code"):
        return [Problem("/reason_code", "A reason belongs to a no. Choose «It says no», or leave the reason open.")]
    if decision == "counter_offer" and not any(form.get(name) for name in ("session_ref", "seats_offered", "price")):
        return [Problem("/session_ref", "Say what it offers instead: another session, other seats or another price.")]
    return []


def _answer_of(form: Form) -> dict[str, Any]:
    told: dict[str, Any] = {name: form[name] for name in filled(form, "decision", "reason_code", "candidate_id")}
    told |= {name: form[name] for name in filled(form, "session_ref", "valid_until", "message")}
    if form.get("seats_offered"):
        told["seats_offered"] = number(form["seats_offered"])
    if form.get("price"):
        per = form.get("per") or "learner"
        told["price"] = {"amount": form["price"].replace(",", "."), "currency": form.get("currency", ""), "per": per}
    return told


async def _asked(session: Session, visit: Visit) -> Asked:
    deal = await seen_deal(session, visit.given("match_id"), visit.visitor.sender)
    provider = visit.given("provider")
    request = next((each for each in deal.requests if each.org == provider), None)
    if request is None:
        raise Refuse(404, f"{provider[:63]} was not asked about this.")
    courses = dict.fromkeys(ref for each in request.told.candidates for ref in each.curriculum_refs)
    found = [course for ref in courses for course in await nouns.where(session, Course, "curriculum", ref)]
    to_come = [each for each in found if each.state == "scheduled" and each.told.start >= visit.now.date()]
    return Asked(deal, request, sorted(to_come, key=lambda each: each.told.start))


def _mark(request: Request) -> str:
    return f"{request.state}.{request.version}"

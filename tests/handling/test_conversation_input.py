"""What partners get wrong while they talk: answers, decisions, placements, nominations, each refused where it is to be mended."""

from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.builders import answer, decision, nomination, offer, without
from tests.handling.conftest import Caller, Office, event
from tests.handling.conversations import talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKUP = '<script>alert("1")</script> & <b>bold</b>'
TWO_LINES = "one line\r\nBcc: everybody@example.org"
ORGS = {
    "match.answered": "movex",
    "match.decided": "betangible",
    "learner.nominated": "betangible",
    "placement.offered": "belcinto",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(shared_office: Office) -> Mapping[str, Caller]:
    return {org: await shared_office.caller(org) for org in ("movex", "betangible", "belcinto", "ctcp")}


def pointers(problem: Mapping[str, Any]) -> list[str]:
    return [each["pointer"] for each in problem["errors"]]


def told(short_type: str, data: dict[str, Any]) -> dict[str, Any]:
    own = {"learner.nominated": "betangible/NOM-1", "placement.offered": "belcinto/O-001"}
    subject = own.get(short_type) or data.get("match_id")
    made = event(short_type, data=data, subject=subject)
    return made | {"source": "/companies/belcinto"} if short_type == "placement.offered" else made


WRONG: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "answer: unknown field": ("match.answered", answer(seats=3), "/data/seats"),
    "answer: no such decision": ("match.answered", answer(decision="maybe"), "/data/decision"),
    "answer: no decision": ("match.answered", without(answer(), "decision"), "/data/decision"),
    "answer: no such reason": ("match.answered", answer(decision="declined", reason_code="bored"), "/data/reason_code"),
    "answer: no seats offered": ("match.answered", answer(seats_offered=0), "/data/seats_offered"),
    "answer: seats as text": ("match.answered", answer(seats_offered="3"), "/data/seats_offered"),
    "answer: a session without its owner": ("match.answered", answer(session_ref="C07-1"), "/data/session_ref"),
    "answer: no such day": ("match.answered", answer(valid_until="2026-11-31"), "/data/valid_until"),
    "answer: a long message": ("match.answered", answer(message="x" * 1001), "/data/message"),
    "answer: money as a number": (
        "match.answered",
        answer(price={"amount": 220, "currency": "EUR", "per": "learner"}),
        "/data/price/amount",
    ),
    "decision: accepted without a candidate": (
        "match.decided",
        without(decision(), "candidate_id"),
        "/data/candidate_id",
    ),
    "decision: no such decision": ("match.decided", decision(decision="perhaps"), "/data/decision"),
    "decision: unknown field": ("match.decided", decision(candidate="c1"), "/data/candidate"),
    "offer: unknown field": ("placement.offered", offer(salary=5), "/data/salary"),
    "offer: neither occupation nor skills": (
        "placement.offered",
        without(offer(), "skills", "esco_occupation"),
        "/data/skills",
    ),
    "offer: no such scheme": ("placement.offered", offer(scheme="holiday"), "/data/scheme"),
    "offer: window reversed": (
        "placement.offered",
        offer(start_window={"earliest": "2027-02-21", "latest": "2027-01-22"}),
        "/data/start_window/latest",
    ),
    "offer: 49 hours a week": ("placement.offered", offer(weekly_hours=49), "/data/weekly_hours"),
    "offer: children": ("placement.offered", offer(min_age=14), "/data/min_age"),
    "offer: no places": ("placement.offered", offer(places=0), "/data/places"),
    "offer: nothing to do": ("placement.offered", offer(tasks=[]), "/data/tasks"),
    "offer: a tutor's name": ("placement.offered", offer(tutor_ref="Ana Exemplo"), "/data/tutor_ref"),
    "offer: valid for too long": ("placement.offered", offer(valid_until="2029-06-01"), "/data/valid_until"),
    "offer: markup over two lines as a title": ("placement.offered", offer(title=TWO_LINES), "/data/title"),
    "offer: a task on two lines": ("placement.offered", offer(tasks=[TWO_LINES]), "/data/tasks/0"),
    "offer: a hazard on two lines": ("placement.offered", offer(hazardous=[TWO_LINES]), "/data/hazardous/0"),
    "offer: protection on two lines": ("placement.offered", offer(ppe=[TWO_LINES]), "/data/ppe/0"),
    "offer: shifts on two lines": ("placement.offered", offer(shift_pattern=TWO_LINES), "/data/shift_pattern"),
    "nomination: dates reversed": ("learner.nominated", nomination(start="2026-12-28"), "/data/end"),
    "nomination: no such age": ("learner.nominated", nomination(age_band="14"), "/data/age_band"),
    "nomination: no such status": ("learner.nominated", nomination(learner_status="astronaut"), "/data/learner_status"),
    "nomination: a name": ("learner.nominated", nomination(learner_ref="Ana Exemplo"), "/data/learner_ref"),
    "nomination: a guardian's name": (
        "learner.nominated",
        nomination(guardian_refs=["Rui E."]),
        "/data/guardian_refs/0",
    ),
    "nomination: five guardians": ("learner.nominated", nomination(guardian_refs=["p-a"] * 5), "/data/guardian_refs"),
    "nomination: no hours": ("learner.nominated", nomination(weekly_hours=0), "/data/weekly_hours"),
    "nomination: a level of no framework": ("learner.nominated", nomination(cefr="D1"), "/data/cefr"),
}


@pytest.mark.parametrize(("short_type", "data", "pointer"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_refused_at_the_place_to_mend(
    shared_office: Office, callers: Mapping[str, Caller], short_type: str, data: dict[str, Any], pointer: str
) -> None:
    answered = await callers[ORGS[short_type]].post(told(short_type, data))

    assert answered.status_code == 422, answered.text
    assert pointer in pointers(answered.json())
    assert await shared_office.stored() == 0


STRANGERS = [
    ("match.answered", "ctcp", answer()),
    ("match.answered", "betangible", answer()),
    ("placement.offered", "movex", offer()),
]


@pytest.mark.parametrize(("short_type", "org", "data"), STRANGERS)
async def test_nobody_answers_or_offers_for_another(
    shared_office: Office, callers: Mapping[str, Caller], short_type: str, org: str, data: dict[str, Any]
) -> None:
    side = "companies" if org == "betangible" else "providers"
    answered = await callers[org].post(told(short_type, data) | {"source": f"/{side}/{org}/system"})

    assert answered.status_code == 403
    assert await shared_office.stored() == 0


@pytest.mark.parametrize(
    "short_type",
    ["request.answered", "cooperation.agreed", "cooperation.broken", "agreement.drafted", "document.rendered"],
)
async def test_what_became_of_it_only_the_hub_says(
    shared_office: Office, callers: Mapping[str, Caller], short_type: str
) -> None:
    refused = await callers["betangible"].post(event(short_type, source="/companies/betangible"))

    assert refused.status_code == 403
    assert pointers(refused.json()) == ["/type"]
    assert await shared_office.stored() == 0


@pytest.mark.asyncio(loop_scope="function")
async def test_markup_and_line_ends_in_a_message_are_kept_as_they_were_said(embedded_settings: Any) -> None:
    words = f"{MARKUP}\r\n{TWO_LINES}"
    async with talking(embedded_settings) as talk:
        await talk.answer(message=words)
        await talk.decide(decision="needs_info", candidate_id=None, reason=words)

        row = await talk.request()
        assert (row.answer.message if row.answer else None, row.company_asks) == (words, words)
        assert await talk.rejections() == []

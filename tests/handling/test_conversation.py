"""From the question to a provider to what both sides agree on: answers, holds of seats, decisions, ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.access import Sender
from hub.rows import Cooperation, Match, Need, Request
from hub.settings import Settings
from tests import builders
from tests.handling.conversations import BETANGIBLE, MOVEX, NEED, SESSION, Talk, session, talking
from tests.story import day


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        yield opened


async def test_a_yes_holds_the_seats_and_the_decision_takes_them(talk: Talk) -> None:
    await talk.answer()
    assert await talk.free() == 5

    await talk.decide()

    assert await talk.free() == 5
    agreed = (await talk.story.data("cooperation.agreed"))[0]
    assert (agreed["company_id"], agreed["provider_ids"], agreed["session_refs"]) == (
        "betangible",
        ["movex"],
        [SESSION],
    )
    need = await talk.story.row(Need, NEED)
    assert need is not None
    assert need.state == "agreed"
    assert (await talk.match()).state == "closed"


async def test_a_later_answer_replaces_the_earlier_one_and_its_holds(talk: Talk) -> None:
    await talk.answer()
    await talk.answer(decision="interested")

    assert await talk.free() == 8
    assert (await talk.request()).state == "interested"


async def test_a_company_cannot_decide_before_the_provider_said_yes(talk: Talk) -> None:
    await talk.decide()
    await talk.answer(decision="interested")
    await talk.decide()

    assert await talk.rejections() == ["not_accepted_yet", "not_accepted_yet"]
    assert await talk.story.data("cooperation.agreed") == []


async def test_an_answer_after_the_decision_is_rejected_and_told_to_its_sender(talk: Talk) -> None:
    await talk.agree()
    await talk.answer(decision="declined")

    assert await talk.rejections() == ["match_closed"]
    rejected = (await talk.story.data("event.rejected"))[0]
    assert rejected["source"] == "/providers/movex"
    assert "no longer open" in rejected["detail"]
    assert await talk.free() == 5


async def test_two_decisions_give_one_cooperation(talk: Talk) -> None:
    await talk.answer()
    match = await talk.match()
    data = {"match_id": match.key, "decision": "accepted", "candidate_id": "c1"}
    for _ in range(2):
        await talk.story.say("match.decided", match.key, data, sender=BETANGIBLE, source="/companies/betangible")
    await talk.story.settle()

    assert len(await talk.story.data("cooperation.agreed")) == 1
    assert await talk.rejections() == ["already_decided"]
    assert await talk.free() == 5


async def test_another_company_cannot_decide(talk: Talk) -> None:
    stranger = Sender("x", "belcinto", frozenset({"events:write"}), ("/companies/belcinto",))
    await talk.answer()

    receipt = await talk.decide(sender=stranger)

    assert receipt.refusal is not None
    assert receipt.refusal.status == 403
    assert await talk.story.data("cooperation.agreed") == []


async def test_a_stranger_who_was_quicker_than_the_match_is_rejected_when_it_comes(talk: Talk) -> None:
    stranger = Sender("x", "belcinto", frozenset({"events:write"}), ("/companies/belcinto",))
    data = {"match_id": builders.MATCH_ID, "decision": "accepted", "candidate_id": "c1"}
    await talk.story.say("match.decided", builders.MATCH_ID, data, sender=stranger, source="/companies/belcinto")
    await talk.story.settle()

    (waiting,) = await talk.story.parked()
    assert "is not known to the hub yet" in waiting.reason


async def test_a_provider_that_declines_is_not_asked_again_until_its_dates_change(talk: Talk) -> None:
    await talk.answer(decision="declined", reason_code="dates")

    gap = (await talk.story.data("need.unmatched"))[-1]
    assert gap["reason_codes"] == ["provider_declined"]
    assert len(await talk.story.data("match.requested")) == 1

    await talk.story.say("session.rescheduled", SESSION, session(seats_free=7))  # seats are no reason to ask again
    await talk.story.settle()
    assert len(await talk.story.data("match.requested")) == 1

    moved = builders.session(start=day(27), end=day(41), application_deadline=day(15))
    await talk.story.say("session.rescheduled", SESSION, moved)
    await talk.story.settle()
    assert len(await talk.story.data("match.requested")) == 2


async def test_a_provider_that_moved_its_course_before_it_declined_is_asked_about_the_new_days_once_and_then_left_alone(
    talk: Talk,
) -> None:
    moved = builders.session(start=day(27), end=day(41), application_deadline=day(15))
    await talk.story.say("session.rescheduled", SESSION, moved)
    await talk.story.settle()
    assert len(await talk.story.data("match.requested")) == 1

    await talk.answer(decision="declined", reason_code="dates")  # it was asked about the old days
    asked = await talk.story.data("match.requested")
    assert len({one["match_id"] for one in asked}) == 2
    await talk.answer(decision="declined", reason_code="dates")

    assert len(await talk.story.data("match.requested")) == 2
    assert (await talk.story.data("need.unmatched"))[-1]["reason_codes"] == ["provider_declined"]


async def test_a_refusal_is_forgotten_after_ninety_days(embedded_settings: Settings) -> None:
    window = {"earliest": day(8), "latest": day(200)}
    async with talking(embedded_settings, start_window=window, valid_until=day(220)) as talk:
        late = builders.session(session_id="C07-9", start=day(150), end=day(160), application_deadline=day(140))
        await talk.story.say("session.scheduled", "movex/C07-9", late)
        await talk.story.settle()
        await talk.answer(decision="declined")
        await talk.story.later(days=91)
        await talk.story.say("need.updated", NEED, builders.need(start_window=window, valid_until=day(220)))
        await talk.story.settle()

        assert len(await talk.story.data("match.requested")) >= 2


async def test_silence_is_asked_once_more_and_then_ends_the_request(talk: Talk) -> None:
    respond_by = (await talk.story.data("match.requested"))[0]["respond_by"]
    await talk.story.later(days=4)
    await talk.story.later(days=1)
    asked = await talk.story.data("match.requested")
    assert [one.get("reminder", False) for one in asked] == [False, True]
    assert respond_by == day(7)

    await talk.story.later(days=4)

    assert (await talk.request()).state == "expired"
    assert [one["decision"] for one in await talk.story.data("request.answered")] == ["expired"]
    assert "no_response" in (await talk.story.data("need.unmatched"))[-1]["reason_codes"]
    await talk.answer()
    assert await talk.rejections() == ["match_closed"]


async def test_a_company_that_turns_all_down_is_not_offered_the_same_again(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(decision="declined", candidate_id=None)

    assert await talk.free() == 8
    assert (await talk.match()).state == "closed"
    assert (await talk.story.data("need.unmatched"))[-1]["reason_codes"] == ["excluded"]


async def test_a_company_that_wants_to_know_more_leaves_everything_open(talk: Talk) -> None:
    await talk.decide(decision="needs_info", candidate_id=None, reason="Is the press a Zünd?")

    request = await talk.request()
    assert (request.state, request.company_asks) == ("asked", "Is the press a Zünd?")


async def test_seats_that_went_meanwhile_are_not_sold_twice(talk: Talk) -> None:
    await talk.answer()
    told = {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 2}
    await talk.story.say("session.seats-changed", SESSION, told)
    await talk.decide()  # before anybody could look again at the match

    assert await talk.rejections() == ["no_seats"]
    assert await talk.story.data("cooperation.agreed") == []


async def test_two_needs_cannot_be_promised_the_same_seats(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, headcount=5) as talk:
        await talk.story.say("need.published", "betangible/N-021", builders.need(need_id="N-021", headcount=5))
        await talk.story.settle()
        await talk.answer()
        other = await talk.match("betangible/N-021")
        data = {"match_id": other.key, "provider_id": "movex", "decision": "accepted"}
        await talk.story.say("match.answered", other.key, data, sender=MOVEX, source="/providers/movex")
        await talk.story.settle()

        assert await talk.rejections() == ["no_seats"]
        assert await talk.free() == 3


async def test_a_need_is_not_beaten_by_its_own_held_seats_when_it_is_matched_again(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, headcount=8) as talk:
        await talk.answer()
        before = await talk.match()
        await talk.story.say("curriculum.updated", "movex/C07", builders.curriculum(description="Now with a new press"))
        await talk.story.settle()

        after = await talk.match()
        assert (after.key, after.state) == (before.key, "open")
        assert await talk.free() == 0


@pytest.mark.parametrize("moved", [True, False])
async def test_a_session_that_moves_or_ends_breaks_what_was_agreed(talk: Talk, moved: bool) -> None:
    await talk.agree()
    if moved:
        told = session() | {"start": day(27), "end": day(41)}
        await talk.story.say("session.rescheduled", SESSION, told)
    else:
        told = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
        await talk.story.say("session.cancelled", SESSION, told)
    await talk.story.settle()

    (broken,) = await talk.story.data("cooperation.broken")
    assert broken["reason_code"] == ("session_moved" if moved else "session_cancelled")
    row = await talk.story.row(Cooperation, broken["match_id"])
    assert row is not None
    assert row.state == "broken"
    need = await talk.story.row(Need, NEED)
    assert need is not None
    assert need.state == ("proposed" if moved else "gap")


async def test_more_free_seats_or_a_new_price_break_nothing(talk: Talk) -> None:
    await talk.agree()
    await talk.story.say("session.rescheduled", SESSION, session() | {"seats_free": 6})
    await talk.story.settle()

    assert await talk.story.data("cooperation.broken") == []


async def test_withdrawing_an_agreed_need_gives_the_seats_back(talk: Talk) -> None:
    await talk.agree()
    await talk.story.say("need.withdrawn", NEED, {"need_id": "N-020", "reason_code": "budget"})
    await talk.story.settle()

    assert [one["reason_code"] for one in await talk.story.data("cooperation.broken")] == ["withdrawn"]
    assert await talk.free() == 8
    need = await talk.story.row(Need, NEED)
    assert need is not None
    assert need.state == "withdrawn"


async def test_a_counter_offer_is_agreed_with_its_own_session_and_seats(talk: Talk) -> None:
    other = builders.session(session_id="C07-2", start=day(40), end=day(50), seats_free=3, application_deadline=day(30))
    await talk.story.say("session.scheduled", "movex/C07-2", other)
    await talk.story.settle()
    await talk.answer(decision="counter_offer", session_ref="movex/C07-2", seats_offered=2)
    assert await talk.free("movex/C07-2") == 1

    await talk.decide()

    assert (await talk.story.data("cooperation.agreed"))[0]["session_refs"] == ["movex/C07-2"]


async def test_an_answer_that_has_run_out_cannot_be_taken(talk: Talk) -> None:
    await talk.answer(valid_until=day(1))
    await talk.story.later(days=2)
    await talk.decide()

    assert await talk.rejections() == ["answer_expired"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"candidate_id": "c9"}, "not_asked"),
        ({"session_ref": "ctcp/C01-1"}, "not_yours"),
    ],
)
async def test_an_answer_about_what_was_not_asked_is_rejected(talk: Talk, changes: dict[str, str], code: str) -> None:
    await talk.answer(**changes)

    assert await talk.rejections() == [code]
    assert (await talk.request()).state == "asked"


async def test_a_decision_for_a_candidate_that_does_not_exist_is_rejected(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(candidate_id="c9")

    assert await talk.rejections() == ["no_such_candidate"]


async def test_the_company_is_not_named_before_the_agreement(talk: Talk) -> None:
    await talk.answer()

    told = await talk.story.data("match.requested")
    assert "betangible" not in str(told)
    rows = [await talk.story.row(Request, f"{one['match_id']}/movex") for one in told]
    assert all(row is not None and "betangible" not in row.told.model_dump_json() for row in rows)


async def test_a_match_agreed_meanwhile_survives_that_it_was_superseded(talk: Talk) -> None:
    await talk.answer()
    match = await talk.match()
    await asyncio.gather(
        talk.story.say(
            "match.decided",
            match.key,
            {"match_id": match.key, "decision": "accepted", "candidate_id": "c1"},
            sender=BETANGIBLE,
            source="/companies/betangible",
        ),
        talk.story.say("need.updated", NEED, builders.need(headcount=2)),
    )
    await talk.story.settle()

    open_ones = [
        row
        for one in await talk.story.data("match.proposed")
        if (row := await talk.story.row(Match, one["match_id"])) is not None and row.state == "open"
    ]
    agreed = await talk.story.data("cooperation.agreed")
    assert len(agreed) + len(open_ones) == 1


async def test_a_need_for_other_learners_is_asked_about_anew(talk: Talk) -> None:
    await talk.answer()
    await talk.story.say("need.updated", NEED, builders.need(notes={"es": "Por la tarde"}))
    await talk.story.settle()
    assert len(await talk.story.data("match.requested")) == 1

    await talk.story.say("need.updated", NEED, builders.need(headcount=2))
    await talk.story.settle()

    assert [one["headcount"] for one in await talk.story.data("match.requested")] == [3, 2]
    assert (await talk.story.data("request.answered"))[-1]["reason_code"] == "superseded"
    assert await talk.free() == 8

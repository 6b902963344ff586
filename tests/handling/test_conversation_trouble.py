"""What may go wrong while people answer and decide: races between groups, minds that change, seats and time that go."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest

from events.envelope import HUB_SOURCE, Envelope
from events.topics import COOPERATION
from hub.access import Sender
from hub.ids import said_id
from hub.rows import Cooperation, Gap, Match, Need, Request, Seats
from hub.settings import Settings
from hub.store import nouns
from hub.store.history import Entry
from hub.store.session import Session
from schemas.matches import Candidate
from tests import builders
from tests.handling.conversations import BETANGIBLE, MOVEX, NEED, SESSION, Talk, session, talking
from tests.story import Story, day

CTCP = Sender("c", "ctcp", frozenset({"events:write"}), ("/providers/ctcp",))
BOTH = "0d0e6f8a-31a1-5b6c-8a55-0a4f2f0b7a77"


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        yield opened


async def a_second_provider(talk: Talk, **course: Any) -> None:
    """Let ctcp teach the same in Ubrique."""
    say = talk.story.say
    await say("provider.registered", "ctcp", builders.provider(provider_id="ctcp"))
    await say(
        "curriculum.published", "ctcp/C08", builders.curriculum(curriculum_id="C08", provider_id="ctcp", **course)
    )
    await talk.story.settle()
    await say("session.scheduled", "ctcp/C08-1", session(session_id="C08-1", curriculum_id="C08"))
    await talk.story.settle()


async def two_providers_in_one_candidate(talk: Talk, sessions: Sequence[str] = (SESSION, "ctcp/C08-1")) -> None:
    """Propose what only stacks will: one candidate whose two courses are given by two providers."""
    await a_second_provider(talk)
    match = await talk.match()
    first = Candidate.model_validate(
        builders.candidate(
            curriculum_refs=["movex/C07", "ctcp/C08"],
            session_refs=list(sessions),
            provider_ids=["movex", "ctcp"],
        )
    )
    row = match.model_copy(update={"key": BOTH, "candidates": (first,), "version": 1})
    need = await talk.story.row(Need, NEED)
    assert need is not None
    pointed = need.model_copy(update={"match_id": BOTH, "version": need.version + 1})
    told = builders.proposal(match_id=BOTH, candidates=[first.model_dump(mode="json", exclude_none=True)])
    said = Envelope(
        id="both", source=HUB_SOURCE, type="eu.vethub.match.proposed.v1", subject=BOTH, tenant="hub",
        time=talk.story.clock.now(), received_at=talk.story.clock.now(), data=orjson.dumps(told),
        partition_key=NEED, correlation_id="both",
    )  # fmt: skip

    async def keep(session: Session) -> None:
        await nouns.save(session, Match, [row])
        await nouns.save(session, Need, [pointed])
        await talk.story.log.append(session, [Entry(said, COOPERATION)])

    await talk.story.hub.store.write(keep)
    await talk.story.settle()


async def say_about(talk: Talk, match_id: str, type_: str, sender: Sender, **data: Any) -> None:
    await talk.story.say(type_, match_id, {"match_id": match_id, **data}, sender=sender, source=sender.sources[0])


async def state_of(story: Story, ref: str = NEED) -> str:
    need = await story.row(Need, ref)
    return need.state if need else ""


# ---- answers ----------------------------------------------------------------------------------------------------------


async def test_two_answers_at_once_leave_the_later_one_and_its_seats(talk: Talk) -> None:
    match = await talk.match()
    await say_about(talk, match.key, "match.answered", MOVEX, provider_id="movex", decision="accepted")
    await say_about(talk, match.key, "match.answered", MOVEX, provider_id="movex", decision="interested")
    await talk.story.settle()

    assert (await talk.request()).state == "interested"
    assert await talk.free() == 8


async def test_a_provider_that_has_said_no_to_all_cannot_hold_seats_for_a_match_that_is_over(talk: Talk) -> None:
    match = await talk.match()
    await talk.answer(decision="declined")
    await say_about(talk, match.key, "match.answered", MOVEX, provider_id="movex", decision="accepted")
    await talk.story.settle()

    assert await talk.rejections() == ["match_closed"]
    assert await talk.free() == 8


async def test_a_yes_that_came_with_a_no_for_the_last_candidate_is_told_that_the_match_is_over(talk: Talk) -> None:
    match = await talk.match()
    for decision in ("declined", "accepted"):
        await say_about(talk, match.key, "match.answered", MOVEX, provider_id="movex", decision=decision)
    await talk.story.settle()

    told = [(one["decision"], one.get("reason_code")) for one in await talk.story.data("request.answered")]
    assert told[-1] == ("closed", "superseded")
    assert await talk.free() == 8


async def test_a_provider_that_changes_its_mind_is_a_candidate_again(talk: Talk) -> None:
    await a_second_provider(talk)
    await talk.answer(decision="declined")
    await talk.answer(decision="accepted")
    before = await talk.match()
    await talk.story.say("curriculum.updated", "movex/C07", builders.curriculum(description="Now with a new press"))
    await talk.story.settle()

    after = await talk.match()
    need = await talk.story.row(Need, NEED)
    assert (after.key, after.state, need.out if need else None) == (before.key, "open", {})


async def test_a_provider_asked_again_after_new_dates_is_not_asked_once_more_by_every_change(talk: Talk) -> None:
    await talk.answer(decision="declined", reason_code="dates")
    await talk.story.say("session.rescheduled", SESSION, session() | {"start": day(27), "end": day(41)})
    await talk.story.settle()
    await talk.answer()

    for free in (7, 6):
        await talk.story.say(
            "session.rescheduled", SESSION, session() | {"start": day(27), "end": day(41), "seats_free": free}
        )
        await talk.story.settle()

    assert len(await talk.story.data("match.requested")) == 2
    assert (await talk.request()).state == "accepted"


async def test_a_refusal_of_dates_that_changed_at_the_same_moment_is_asked_about_the_new_ones(talk: Talk) -> None:
    match = await talk.match()
    await say_about(
        talk, match.key, "match.answered", MOVEX, provider_id="movex", decision="declined", reason_code="dates"
    )
    await talk.story.say("session.rescheduled", SESSION, session() | {"start": day(27), "end": day(41)})
    await talk.story.settle()

    assert len(await talk.story.data("match.requested")) == 2


async def test_seats_are_given_back_when_an_answer_runs_out_and_it_may_be_given_again(talk: Talk) -> None:
    await talk.answer(valid_until=day(2))
    await talk.story.later(days=2)
    assert await talk.free() == 5

    await talk.story.later(days=1)
    assert await talk.free() == 8
    await talk.decide()
    assert await talk.rejections() == ["answer_expired"]

    await talk.answer(valid_until=day(9))
    await talk.decide()
    assert len(await talk.story.data("cooperation.agreed")) == 1


async def test_a_session_of_a_course_that_was_not_asked_for_is_no_answer(talk: Talk) -> None:
    await talk.story.say(
        "curriculum.published", "movex/C99", builders.curriculum(curriculum_id="C99", max_class=4, eqf=7)
    )
    await talk.story.settle()
    await talk.story.say("session.scheduled", "movex/C99-1", session(session_id="C99-1", curriculum_id="C99"))
    await talk.story.settle()
    await talk.answer(session_ref="movex/C99-1")

    assert await talk.rejections() == ["not_asked"]


async def test_an_answer_that_names_a_session_nobody_knows_waits_for_it(talk: Talk) -> None:
    await talk.answer(session_ref="movex/C07-5")
    (waiting,) = await talk.story.parked()
    assert (waiting.state, waiting.waits_for) == ("waiting", "seats:movex/C07-5")

    await talk.story.say("session.scheduled", "movex/C07-5", session(session_id="C07-5"))
    await talk.story.settle()

    assert (await talk.request()).holds == ("movex/C07-5",)


async def test_fewer_seats_than_learners_are_agreed_and_filled_as_offered(talk: Talk) -> None:
    await talk.answer(decision="counter_offer", seats_offered=2)
    await talk.decide()
    (agreed,) = await talk.story.data("cooperation.agreed")
    assert agreed["headcount"] == 2
    assert await talk.free() == 6

    for n in (1, 2, 3):
        await talk.nominate(n, start=day(20), end=day(34))
    assert await talk.rejections() == ["filled"]


async def test_no_more_seats_are_held_than_learners_come(talk: Talk) -> None:
    await talk.answer(seats_offered=8)

    assert await talk.free() == 5


async def test_a_group_split_over_sessions_fits_into_one_when_it_grew(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, headcount=6) as talk:
        split = {"split_allowed": True}
        for ref, first in ((SESSION, 20), ("movex/C07-2", 21)):
            told = session(session_id=ref[6:], seats_free=4, **split) | {"start": day(first), "end": day(34)}
            await talk.story.say("session.scheduled", ref, told)
        await talk.story.settle()
        assert len((await talk.match()).candidates[0].session_refs) == 2
        told = {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 8}
        match = await talk.match()
        await talk.story.say("session.seats-changed", SESSION, told)
        await talk.story.settle()
        await talk.answer()
        await talk.decide()

        assert await talk.rejections() == []
        assert len(await talk.story.data("cooperation.agreed")) == 1
        assert match.state == "open"


# ---- decisions --------------------------------------------------------------------------------------------------------


async def test_a_candidate_whose_second_provider_declined_cannot_be_accepted(talk: Talk) -> None:
    await two_providers_in_one_candidate(talk)
    await say_about(talk, BOTH, "match.answered", MOVEX, provider_id="movex", decision="accepted")
    await say_about(talk, BOTH, "match.answered", CTCP, provider_id="ctcp", decision="interested")
    await say_about(talk, BOTH, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.settle()

    (rejected,) = await talk.story.data("event.rejected")
    assert (rejected["source"], rejected["reason_code"]) == ("/companies/betangible", "not_accepted_yet")
    assert "ctcp said interested" in rejected["detail"]
    assert await talk.story.data("cooperation.agreed") == []

    await say_about(talk, BOTH, "match.answered", CTCP, provider_id="ctcp", decision="declined")
    await talk.story.settle()
    assert [await talk.free(ref) for ref in (SESSION, "ctcp/C08-1")] == [8, 8]  # nothing is left of this match


async def test_two_providers_agree_together_and_either_ones_end_breaks_it(talk: Talk) -> None:
    await two_providers_in_one_candidate(talk)
    for provider in (MOVEX, CTCP):
        await say_about(talk, BOTH, "match.answered", provider, provider_id=provider.org, decision="accepted")
    await say_about(talk, BOTH, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.settle()
    (agreed,) = await talk.story.data("cooperation.agreed")
    assert (agreed["provider_ids"], agreed["session_refs"]) == (["movex", "ctcp"], [SESSION, "ctcp/C08-1"])

    await talk.story.say("curriculum.retired", "ctcp/C08", {"curriculum_id": "C08", "reason": "No machine left"})
    await talk.story.settle()

    (broken,) = await talk.story.data("cooperation.broken")
    assert (broken["reason_code"], broken["curriculum_ref"]) == ("curriculum_retired", "ctcp/C08")
    assert await talk.free("ctcp/C08-1") == 8
    row = await talk.story.row(Request, f"{BOTH}/movex")
    assert (row.holds, row.state) == ((), "closed") if row else False


@pytest.mark.parametrize("provider", ["movex/C07", "ctcp/C08"])
async def test_a_course_on_demand_that_is_retired_breaks_what_rests_on_it_whoever_gives_it(
    talk: Talk, provider: str
) -> None:
    await two_providers_in_one_candidate(talk, sessions=())
    for org in (MOVEX, CTCP):
        await say_about(talk, BOTH, "match.answered", org, provider_id=org.org, decision="accepted")
    await say_about(talk, BOTH, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.settle()

    told = {"curriculum_id": provider.partition("/")[2], "reason": "No machine left"}
    await talk.story.say("curriculum.retired", provider, told)
    await talk.story.settle()

    (broken,) = await talk.story.data("cooperation.broken")
    assert (broken["reason_code"], broken["curriculum_ref"]) == ("curriculum_retired", provider)


async def test_a_need_is_agreed_once_even_if_a_newer_match_is_quicker_than_the_news(talk: Talk) -> None:
    await talk.answer()
    first = await talk.match()
    await say_about(talk, first.key, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.say("need.updated", NEED, builders.need(headcount=2))
    await talk.story.step("matcher")  # proposes anew: it has not heard of the agreement
    await talk.story.step("workflow")
    await talk.story.step("workflow")
    second = await talk.match()
    assert second.key != first.key
    await say_about(talk, second.key, "match.answered", MOVEX, provider_id="movex", decision="accepted")
    await say_about(talk, second.key, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.step("workflow")
    await talk.story.settle()

    assert len(await talk.story.data("cooperation.agreed")) == 1
    assert await talk.rejections() == ["already_agreed"]
    assert await talk.free() == 5
    assert (await state_of(talk.story), (await talk.match()).state) == ("agreed", "expired")


async def test_whom_a_match_that_was_ended_by_the_hub_asked_is_not_taken_for_silent(talk: Talk) -> None:
    await talk.answer()
    first = await talk.match()
    await say_about(talk, first.key, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.say("need.updated", NEED, builders.need(headcount=2))
    await talk.story.settle()

    need = await talk.story.row(Need, NEED)
    assert need is not None
    assert (need.state, need.out) == ("agreed", {})


async def test_a_decision_that_is_quicker_than_the_questions_waits_for_them(talk: Talk) -> None:
    ref = "betangible/N-021"
    match_id = said_id("/companies/test", "test-7", "match-need", "row 1")
    await say_about(talk, match_id, "match.decided", BETANGIBLE, decision="declined")
    await talk.story.settle()
    await talk.story.say("need.published", ref, builders.need(need_id="N-021"))
    await talk.story.step("matcher")
    assert (await talk.match(ref)).key == match_id

    await talk.story.retry("workflow")  # the match is there, the question to its provider is not
    await talk.story.settle()

    assert await talk.rejections() == []
    assert (await talk.match(ref)).state == "closed"


# ---- sessions, needs and time -----------------------------------------------------------------------------------------


async def test_a_decision_while_seats_vanish_leaves_no_gap_behind(talk: Talk) -> None:
    await talk.answer()
    match = await talk.match()
    told = {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 0}
    await say_about(talk, match.key, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.step("workflow")  # agreed, while seats were there
    await talk.story.say("session.seats-changed", SESSION, told)
    await talk.story.settle()

    assert len(await talk.story.data("cooperation.agreed")) == 1
    assert await state_of(talk.story) == "agreed"
    gaps = [await talk.story.row(Gap, one["gap_id"]) for one in await talk.story.data("need.unmatched")]
    assert [gap.state for gap in gaps if gap] == ["closed"] * len(gaps)


async def test_a_need_that_ran_out_before_its_agreement_was_heard_of_is_agreed(talk: Talk) -> None:
    await talk.answer()
    match = await talk.match()
    talk.story.clock.advance(days=130)
    await say_about(talk, match.key, "match.decided", BETANGIBLE, decision="accepted", candidate_id="c1")
    await talk.story.step("workflow")
    await talk.story.hub.scheduler.say_due(talk.story.clock.now())
    await talk.story.settle()

    assert len(await talk.story.data("cooperation.agreed")) == 1
    assert await state_of(talk.story) == "agreed"


async def test_an_agreed_need_that_runs_out_stays_agreed(talk: Talk) -> None:
    await talk.agree()
    await talk.story.later(days=140)

    assert await state_of(talk.story) == "agreed"
    assert await talk.story.data("need.expired") == []


async def test_what_breaks_after_its_need_ran_out_is_not_looked_for_again(talk: Talk) -> None:
    await talk.agree()
    await talk.story.later(days=140)
    told = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
    await talk.story.say("session.cancelled", SESSION, told)
    await talk.story.settle()

    assert await state_of(talk.story) == "expired"
    assert len(await talk.story.data("need.expired")) == 1
    assert len(await talk.story.data("match.proposed")) == 1


@pytest.mark.parametrize("type_", ["session.seats-changed", "session.rescheduled"])
async def test_a_cancelled_session_does_not_come_back(talk: Talk, type_: str) -> None:
    ended = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
    await talk.story.say("session.cancelled", SESSION, ended)
    await talk.story.settle()
    seats = {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 5}
    await talk.story.say(type_, SESSION, seats if type_.endswith("changed") else session())
    await talk.story.settle()

    assert await talk.rejections() == ["cancelled"]
    row = await talk.story.row(Seats, SESSION)
    assert (row.state, row.told_free) == ("cancelled", 0) if row else False


async def test_a_nomination_for_what_broke_is_told_so(talk: Talk) -> None:
    await talk.agree()
    first = await talk.match()
    ended = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
    await talk.story.say("session.cancelled", SESSION, ended)
    await talk.story.settle()
    await talk.nominate(match=first, start=day(20), end=day(34))

    assert await talk.rejections() == ["cooperation_broken"]
    row = await talk.story.row(Cooperation, first.key)
    assert (row.nominated if row else None) == ()


async def test_a_first_day_that_has_passed_is_no_nomination(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(start=day(-3), end=day(34))

    assert await talk.rejections() == ["start_passed"]
    assert "has passed" in (await talk.story.data("event.rejected"))[0]["detail"]

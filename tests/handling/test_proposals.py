"""What becomes of a need: a match with reasons, or a gap with its nearest misses, again whenever it could change."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.access import Sender
from hub.ingest import Receipt
from hub.rows import Gap, Match, Need, Request
from hub.settings import Settings
from tests.story import Story, day, playing

CUTTING = "http://data.europa.eu/esco/skill/1abcc511-ba5a-42e0-8d88-7efb39af4c36"
STITCHING = "http://data.europa.eu/esco/skill/c8d75bf4-ad0d-4f36-8cdc-265a7b044881"


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    """A company, a provider with a contact, and no course yet."""
    async with playing(embedded_settings) as opened:
        await opened.person("p-movex", "movex")
        await opened.say("company.registered", "betangible", company())
        await opened.say("provider.registered", "movex", provider())
        yield opened


def company(**changes: Any) -> dict[str, Any]:
    return {
        "company_id": "betangible",
        "legal_name": "Betangible",
        "country": "ES",
        "nuts": "ES612",
        "languages": ["es"],
        **changes,
    }


def provider(**changes: Any) -> dict[str, Any]:
    return {
        "provider_id": "movex",
        "legal_name": "MOVEX",
        "country": "ES",
        "languages": ["es"],
        "types": ["tech_centre"],
        "coverage_nuts": ["ES61"],
        "contact_ref": "p-movex",
        **changes,
    }


def curriculum(**changes: Any) -> dict[str, Any]:
    return {
        "curriculum_id": "C07",
        "provider_id": "movex",
        "title": "Automatic cutting operator",
        "languages": ["es"],
        "hours": 30,
        "modes": ["workplace"],
        "kind": "both",
        "eqf": 4,
        "learning_outcomes": [{"title": "Cut", "skills": [{"uri": CUTTING}]}],
        "price": {"amount": "220.00", "currency": "EUR", "per": "learner"},
        **changes,
    }


def session(**changes: Any) -> dict[str, Any]:
    return {
        "session_id": "S07",
        "curriculum_id": "C07",
        "start": day(20),
        "end": day(34),
        "seats_total": 8,
        "seats_free": 8,
        "mode": "workplace",
        "language": "es",
        **changes,
    }


def need(**changes: Any) -> dict[str, Any]:
    return {
        "need_id": "N-1",
        "company_id": "betangible",
        "title": "Cutters",
        "skills": [{"uri": CUTTING}],
        "headcount": 3,
        "target_group": "cvet",
        "locations": [{"nuts": "ES612"}],
        "languages": ["es"],
        "start_window": {"earliest": day(10), "latest": day(60)},
        "delivery_modes": ["workplace"],
        "valid_until": day(90),
        **changes,
    }


async def offer(story: Story, **changes: Any) -> None:
    await story.say("curriculum.published", "movex/C07", curriculum())
    await story.say("session.scheduled", "movex/S07", session(**changes))


async def ask(story: Story, **changes: Any) -> None:
    await story.say("need.published", "betangible/N-1", need(**changes))


async def test_a_need_that_a_course_answers_is_proposed_asked_and_mailed(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()

    assert (await story.types())[4:] == [
        "need.published",
        "match.proposed",
        "match.requested",
        "notification.requested",
        "notification.delivered",
    ]
    (proposed,) = await story.data("match.proposed")
    assert proposed["candidates"][0]["curriculum_refs"] == ["movex/C07"]
    assert sum(proposed["candidates"][0]["breakdown"].values()) == pytest.approx(
        proposed["candidates"][0]["score"], abs=0.1
    )
    row = await story.row(Need, "betangible/N-1")
    assert row is not None
    assert (row.state, row.match_id) == ("proposed", proposed["match_id"])


async def test_the_question_to_the_provider_names_neither_company_nor_need(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()

    (asked,) = await story.data("match.requested")
    assert "betangible" not in str(asked)
    assert asked["respond_by"] == day(7), "five working days after a Monday"
    (job,) = await story.jobs()
    mail = await story.mail(f"<{job.body['notification_id']}@vet-hub.example>")
    assert mail is not None
    assert b"betangible" not in mail.lower()
    assert b"N-1" not in mail


async def test_a_need_that_nothing_answers_is_a_gap_with_its_nearest_miss(story: Story) -> None:
    await offer(story, seats_free=2)
    await ask(story)
    await story.settle()

    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["no_seats"]
    assert gap["nearest_misses"][0]["curriculum_refs"] == ["movex/C07"]


async def test_a_gap_becomes_a_match_when_the_missing_session_is_scheduled(story: Story) -> None:
    await story.say("curriculum.published", "movex/C07", curriculum())
    await ask(story)
    await story.settle()
    assert (await story.types())[-1] == "need.unmatched"

    await story.say("session.scheduled", "movex/S07", session())
    await story.settle()

    assert "match.proposed" in await story.types()
    (gap,) = await story.data("need.unmatched")
    closed = await story.row(Gap, gap["gap_id"])
    assert closed is not None
    assert closed.state == "closed"


async def test_more_seats_turn_a_gap_into_a_match(story: Story) -> None:
    await offer(story, seats_free=2)
    await ask(story)
    await story.settle()

    await story.say(
        "session.seats-changed", "movex/S07", {"session_id": "S07", "curriculum_id": "C07", "seats_free": 5}
    )
    await story.settle()

    assert len(await story.data("match.proposed")) == 1


async def test_a_cancelled_session_supersedes_the_match_and_closes_the_question(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()
    (proposed,) = await story.data("match.proposed")

    cancelled = {"session_id": "S07", "curriculum_id": "C07", "reason": "trainer ill"}
    await story.say("session.cancelled", "movex/S07", cancelled)
    await story.settle()

    types = await story.types()
    assert types.index("match.superseded") < types.index("need.unmatched")
    match = await story.row(Match, proposed["match_id"])
    request = await story.row(Request, f"{proposed['match_id']}/movex")
    assert match is not None
    assert request is not None
    assert (match.state, request.state) == ("superseded", "closed")


async def test_a_change_that_leaves_the_first_candidate_says_nothing_new(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()

    await story.say("session.rescheduled", "movex/S07", session(seats_free=7))
    await story.settle()

    assert len(await story.data("match.proposed")) == 1
    assert not await story.data("match.superseded")


async def test_a_session_before_its_curriculum_waits_and_is_released(story: Story) -> None:
    await story.say("session.scheduled", "movex/S07", session())
    await story.settle()
    (waiting,) = await story.parked()
    assert waiting.reason == "waits for curriculum movex/C07: curriculum movex/C07 is not known yet"

    await story.say("curriculum.published", "movex/C07", curriculum())
    await ask(story)
    await story.settle()

    assert not await story.parked()
    assert len(await story.data("match.proposed")) == 1


async def test_a_need_of_an_unknown_company_waits_until_it_registers(story: Story) -> None:
    await offer(story)
    await story.say("need.published", "oficina/N-1", need(company_id="oficina"))
    await story.settle()
    (waiting,) = await story.parked()
    assert "oficina is not registered as a company yet" in waiting.reason

    await story.say("company.registered", "oficina", company(company_id="oficina"))
    await story.settle()

    assert not await story.parked()
    assert len(await story.data("match.proposed")) == 1


async def test_a_second_publication_of_a_need_is_rejected_and_told_to_its_sender(story: Story) -> None:
    await ask(story)
    await ask(story, headcount=5)
    await story.settle()

    (rejected,) = await story.data("event.rejected")
    assert rejected["reason_code"] == "exists"
    assert rejected["source"] == "/companies/test"


async def test_an_updated_need_is_matched_anew(story: Story) -> None:
    await offer(story)
    await ask(story, skills=[{"uri": STITCHING}])
    await story.settle()

    await story.say("need.updated", "betangible/N-1", need())
    await story.settle()

    assert len(await story.data("match.proposed")) == 1


async def test_a_withdrawn_need_closes_its_match_and_is_left_alone(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.say("need.withdrawn", "betangible/N-1", {"need_id": "N-1", "reason_code": "postponed"})
    await story.settle()

    await story.say("session.rescheduled", "movex/S07", session(start=day(25)))
    await story.settle()

    row = await story.row(Need, "betangible/N-1")
    assert row is not None
    assert row.state == "withdrawn"
    assert len(await story.data("match.superseded")) == len(await story.data("match.proposed"))


async def test_a_match_nobody_answers_expires_and_the_silent_provider_is_left_out(story: Story) -> None:
    await offer(story, start=day(40), end=day(50))
    await ask(story)
    await story.settle()

    await story.later(days=21, minutes=1)

    assert len(await story.data("match.expired")) == 1
    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["no_response"]


async def test_a_need_expires_the_day_after_its_last(story: Story) -> None:
    await ask(story)
    await story.settle()

    await story.later(days=90)
    assert not await story.data("need.expired")
    await story.later(hours=12)

    assert len(await story.data("need.expired")) == 1


async def test_words_without_a_concept_make_a_gap_of_unresolved_skills(story: Story) -> None:
    await offer(story)
    await ask(story, skills=[{"text": "reparação de marroquinaria", "language": "pt", "must": True}])
    await story.settle()

    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["unresolved_skills"]
    assert gap["uncovered_skills"] == ["reparação de marroquinaria"]


async def test_a_request_waits_while_the_provider_has_no_contact(story: Story) -> None:
    await story.say("provider.updated", "movex", {k: v for k, v in provider().items() if k != "contact_ref"})
    await offer(story)
    await ask(story)
    await story.settle()
    (waiting,) = await story.parked()
    assert "movex has no contact person" in waiting.reason

    await story.say("provider.updated", "movex", provider())
    await story.settle()

    assert len(await story.data("notification.delivered")) == 1


async def test_an_answer_about_an_unknown_match_waits_with_a_readable_reason(story: Story) -> None:
    answer = {"match_id": "00000000-0000-7000-8000-000000000000", "provider_id": "movex", "decision": "accepted"}
    await story.say("match.answered", answer["match_id"], answer)
    await story.settle()

    (waiting,) = await story.parked()
    assert waiting.reason.endswith("match 00000000-0000-7000-8000-000000000000 is not known to the hub yet")


async def test_an_answer_is_recorded_and_a_later_one_replaces_it(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()
    (proposed,) = await story.data("match.proposed")
    match_id = proposed["match_id"]

    for decision in ("interested", "accepted"):
        answer = {"match_id": match_id, "provider_id": "movex", "decision": decision}
        await story.say("match.answered", match_id, answer)
    await story.settle()

    assert [said["decision"] for said in await story.data("request.answered")] == ["interested", "accepted"]
    request = await story.row(Request, f"{match_id}/movex")
    assert request is not None
    assert request.state == "accepted"


COORDINATE = frozenset({"events:write", "coordinate"})


def exclusion(ref: str = "movex/C07") -> dict[str, Any]:
    return {"about": "betangible/N-1", "curriculum_ref": ref, "reason": "The machine is being replaced"}


async def exclude(story: Story, ref: str = "movex/C07") -> None:
    await story.say("match.excluded", "betangible/N-1", exclusion(ref))


async def post_exclusion(story: Story, scopes: frozenset[str]) -> Receipt:
    """Post as the coordinator cec, whose regions and the need's place then count."""
    sender = Sender("k", "cec", scopes, ("/coordinators/cec",))
    return await story.say(
        "match.excluded", "betangible/N-1", exclusion(), sender=sender, source="/coordinators/cec/desk"
    )


async def coordinator(story: Story, *regions: str) -> None:
    data = {"organisation_id": "cec", "legal_name": "CEC", "country": "BE", "languages": ["en"], "nuts": list(regions)}
    await story.say("coordinator.registered", "cec", data)


async def test_an_excluded_curriculum_ends_its_match_and_leaves_a_gap_that_says_so(story: Story) -> None:
    await offer(story)
    await ask(story)
    await story.settle()

    await exclude(story)
    await story.settle()

    types = await story.types()
    assert types.index("match.superseded") < types.index("need.unmatched")
    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["excluded"]


async def test_excluding_a_second_candidate_makes_a_match_without_it(story: Story) -> None:
    await offer(story)
    other = {"session_id": "S08", "curriculum_id": "C08", "start": day(40), "end": day(50)}
    await story.say("curriculum.published", "movex/C08", curriculum(curriculum_id="C08"))
    await story.say("session.scheduled", "movex/S08", session(**other))
    await ask(story)
    await story.settle()

    await exclude(story, "movex/C08")
    await story.settle()

    proposed = [
        [ref for each in said["candidates"] for ref in each["curriculum_refs"]]
        for said in await story.data("match.proposed")
    ]
    assert proposed == [["movex/C07", "movex/C08"], ["movex/C07"]]


async def test_excluding_what_no_match_offers_leaves_the_match_alone(story: Story) -> None:
    await offer(story)
    await ask(story)
    await exclude(story, "movex/C99")
    await story.settle()

    assert len(await story.data("match.proposed")) == 1
    assert not await story.data("match.superseded")


async def test_an_excluded_curriculum_stays_out_when_the_need_is_stated_anew(story: Story) -> None:
    await offer(story)
    await ask(story)
    await exclude(story)
    await story.say("need.updated", "betangible/N-1", need(headcount=2))
    await story.settle()

    row = await story.row(Need, "betangible/N-1")
    assert row is not None
    assert (row.state, row.excluded) == ("gap", ("movex/C07",))


async def test_an_exclusion_waits_for_its_need(story: Story) -> None:
    await offer(story)
    await exclude(story)
    await story.settle()
    (waiting,) = await story.parked()
    assert waiting.reason == "waits for need betangible/N-1: need betangible/N-1 is not known yet"

    await ask(story)
    await story.settle()

    assert not await story.parked()
    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["excluded"]


async def test_an_exclusion_for_a_withdrawn_need_is_rejected(story: Story) -> None:
    await ask(story)
    await story.say("need.withdrawn", "betangible/N-1", {"need_id": "N-1", "reason_code": "postponed"})
    await exclude(story)
    await story.settle()

    (rejected,) = await story.data("event.rejected")
    assert rejected["reason_code"] == "need_withdrawn"


async def test_an_exclusion_for_an_expired_need_is_rejected(story: Story) -> None:
    await ask(story)
    await story.settle()
    await story.later(days=91)
    await exclude(story)
    await story.settle()

    (rejected,) = await story.data("event.rejected")
    assert rejected["reason_code"] == "need_expired"


async def test_a_coordinator_excludes_for_a_need_of_its_region(story: Story) -> None:
    await coordinator(story, "ES61")
    await offer(story)
    await ask(story)
    await story.settle()

    receipt = await post_exclusion(story, COORDINATE)
    await story.settle()

    assert receipt.refusal is None
    (gap,) = await story.data("need.unmatched")
    assert gap["reason_codes"] == ["excluded"]


async def test_a_coordinator_of_another_region_is_refused(story: Story) -> None:
    await coordinator(story, "PT")
    await ask(story)
    await story.settle()

    refusal = (await post_exclusion(story, COORDINATE)).refusal

    assert refusal is not None
    assert refusal.status == 403
    assert refusal.problems[0].pointer == "/subject"
    assert refusal.problems[0].detail == "ES612 is not in a region you coordinate: PT"


async def test_a_coordinator_cannot_exclude_for_a_need_whose_place_nobody_knows(story: Story) -> None:
    await coordinator(story, "ES61")
    await story.settle()

    refusal = (await post_exclusion(story, COORDINATE)).refusal

    assert refusal is not None
    assert refusal.status == 403


async def test_excluding_needs_the_scope_to_coordinate(story: Story) -> None:
    await coordinator(story, "ES61")
    await ask(story)
    await story.settle()

    refusal = (await post_exclusion(story, frozenset({"events:write"}))).refusal

    assert refusal is not None
    assert refusal.title == "only coordinators may say this"

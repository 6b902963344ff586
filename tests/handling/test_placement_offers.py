"""Placements are proposed to the providers that teach what is practised there, asked and answered as courses are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.access import Sender
from hub.rows import Match, Offer
from hub.settings import Settings
from tests import builders
from tests.builders import SKILLS
from tests.story import Story, day, playing

REF = "belcinto/O-001"
YES = {"provider_id": "ctcp", "decision": "accepted"}
CTCP = Sender("c", "ctcp", frozenset({"events:write"}), ("/providers/ctcp",))


def school(slug: str, **changes: Any) -> dict[str, Any]:
    return builders.without(builders.provider(), "lat", "lon", "coverage_nuts", "nuts") | {
        "provider_id": slug,
        "country": "PT",
        "languages": ["pt"],
        "coverage_nuts": ["PT11"],
        **changes,
    }


def course(slug: str, **changes: Any) -> dict[str, Any]:
    outcomes = [{"title": {"pt": "Preparar"}, "skills": [{"uri": SKILLS["S15"]}]}]
    return builders.curriculum(
        curriculum_id="C09", provider_id=slug, kind="both", learning_outcomes=outcomes, wbl_hours=0, **changes
    )


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    async with playing(embedded_settings) as opened:
        await company(opened)
        await opened.say("provider.registered", "ctcp", school("ctcp"))
        await opened.say("curriculum.published", "ctcp/C09", course("ctcp"))
        await opened.settle()
        yield opened


async def company(story: Story, type_: str = "company.registered", **changes: Any) -> None:
    told = builders.without(builders.company(), "contact_cap_per_28_days", "sites", "contact_ref")
    told |= {"company_id": "belcinto", "legal_name": "Belcinto", "country": "PT", "nuts": "PT11A", "languages": ["pt"]}
    await story.say(type_, "belcinto", told | changes)
    await story.settle()


async def offered(story: Story, offer_id: str = "O-001", **changes: Any) -> Offer:
    await story.say("placement.offered", f"belcinto/{offer_id}", builders.offer(offer_id=offer_id, **changes))
    await story.settle()
    row = await story.row(Offer, f"belcinto/{offer_id}")
    assert row is not None
    return row


async def test_an_offer_is_proposed_to_a_provider_that_teaches_its_skills(story: Story) -> None:
    offer = await offered(story)

    (proposed,) = await story.data("match.proposed")
    assert (proposed["about"], [one["provider_ids"] for one in proposed["candidates"]]) == (REF, [["ctcp"]])
    (asked,) = await story.data("match.requested")
    assert asked["placement"] == {"scheme": "fct", "weeks": 12, "weekly_hours": 30, "min_age": 15}
    assert "belcinto" not in str(asked)
    assert offer.state == "proposed"


async def test_a_placement_is_answered_decided_and_nominated_for(story: Story) -> None:
    await offered(story, places=1)
    (asked,) = await story.data("match.requested")
    match_id = asked["match_id"]
    for type_, source, data in (
        ("match.answered", "/providers/ctcp", {"provider_id": "ctcp", "decision": "accepted"}),
        ("match.decided", "/companies/belcinto", {"decision": "accepted", "candidate_id": "c1"}),
    ):
        await story.say(type_, match_id, {"match_id": match_id, **data}, source=source)
        await story.settle()
    learner = await story.person("p-pupil", "ctcp", kind="learner")
    guardian = await story.person("p-parent", "ctcp", kind="guardian")
    told = builders.nomination(
        match_id=match_id,
        learner_ref=learner,
        guardian_refs=[guardian],
        learner_status="pupil",
        age_band="15-17",
        start="2027-01-25",
        end="2027-04-16",
        weekly_hours=30,
    )
    told.pop("current_employer_id")
    await story.say("learner.nominated", "ctcp/NOM-1", told, sender=CTCP, source="/providers/ctcp")
    await story.settle()

    (job,) = [job for job in await story.jobs() if job.channel == "document"]
    assert [signer["role"] for signer in job.body["signers"]] == ["learner", "guardian", "company", "provider"]
    (drafted,) = await story.data("agreement.drafted")
    assert {check["code"]: check["status"] for check in drafted["checks"]}["minors_hours"] == "ok"
    assert drafted["language"] == "pt"


async def test_an_offer_nobody_can_fill_is_matched_as_soon_as_somebody_can(story: Story) -> None:
    await offered(story, skills=[{"uri": SKILLS["S36"]}])
    assert await story.data("match.proposed") == []

    outcomes = [{"title": "Circular", "skills": [{"uri": SKILLS["S36"]}]}]
    await story.say("curriculum.updated", "ctcp/C09", course("ctcp") | {"learning_outcomes": outcomes})
    await story.settle()

    assert [one["about"] for one in await story.data("match.proposed")] == [REF]


async def test_an_offer_may_not_take_the_id_of_a_need(story: Story) -> None:
    need = builders.need(need_id="O-001", company_id="belcinto")
    await story.say("need.published", REF, need)
    await story.settle()
    await story.say("placement.offered", REF, builders.offer())
    await story.settle()

    assert [one["reason_code"] for one in await story.data("event.rejected")] == ["exists"]


async def test_a_company_that_has_had_enough_enquiries_is_left_alone_until_it_takes_more(story: Story) -> None:
    await company(story, "company.updated", contact_cap_per_28_days=1)
    await offered(story, "O-001")
    second = await offered(story, "O-002")
    assert (len(await story.data("match.requested")), second.state) == (1, "open")

    await story.later(days=28, hours=1)

    assert {one["about"] for one in await story.data("match.proposed")} >= {REF, "belcinto/O-002"}


@pytest.mark.parametrize("cap", [2, None])
async def test_a_company_that_takes_more_enquiries_than_before_has_what_waited_asked_at_once(
    story: Story, cap: int | None
) -> None:
    await company(story, "company.updated", contact_cap_per_28_days=0)
    assert (await offered(story)).state == "open"

    await company(story, "company.updated", contact_cap_per_28_days=cap)

    row = await story.row(Offer, REF)
    assert row is not None
    assert row.state == "proposed"
    assert len(await story.data("match.requested")) == 1


async def test_a_cap_that_stays_or_falls_wakes_nothing(story: Story) -> None:
    await company(story, "company.updated", contact_cap_per_28_days=1)
    await offered(story, "O-001")
    await offered(story, "O-002")

    for cap in (1, 0):
        await company(story, "company.updated", contact_cap_per_28_days=cap)

    assert await story.data("need.rematch-due") == []


async def test_a_withdrawn_offer_closes_what_was_asked(story: Story) -> None:
    await offered(story)
    await story.say("placement.withdrawn", REF, {"offer_id": "O-001", "reason_code": "budget"})
    await story.settle()

    row = await story.row(Offer, REF)
    assert row is not None
    assert row.state == "withdrawn"
    assert [one["decision"] for one in await story.data("request.answered")] == ["closed"]


async def test_a_provider_that_declines_a_placement_leaves_it_open_for_others(story: Story) -> None:
    offer = await offered(story)
    assert offer.match_id is not None
    data = {"match_id": offer.match_id, "provider_id": "ctcp", "decision": "declined", "reason_code": "no_capacity"}
    await story.say("match.answered", offer.match_id, data, source="/providers/ctcp")
    await story.settle()
    row = await story.row(Offer, REF)
    assert row is not None
    assert row.state == "open"

    await story.say("provider.registered", "escola", school("escola"))
    await story.say("curriculum.published", "escola/C09", course("escola"))
    await story.settle()

    proposed = (await story.data("match.proposed"))[-1]
    assert [one["provider_ids"] for one in proposed["candidates"]] == [["escola"]]
    match = await story.row(Match, proposed["match_id"])
    assert match is not None
    assert match.about == REF


async def test_an_offer_ends_with_its_last_day(story: Story) -> None:
    await offered(story, valid_until=day(10))
    await story.later(days=12)

    row = await story.row(Offer, REF)
    assert row is not None
    assert row.state == "expired"


async def test_a_company_that_has_had_enough_keeps_what_is_asked_for_it(story: Story) -> None:
    await company(story, "company.updated", contact_cap_per_28_days=1)
    offer = await offered(story)
    await story.say(
        "match.answered", str(offer.match_id), {**YES, "match_id": offer.match_id}, source="/providers/ctcp"
    )
    await story.settle()
    await story.say("provider.registered", "aaa", school("aaa"))
    outcomes = [{"title": "Both", "skills": [{"uri": SKILLS["S15"]}, {"uri": SKILLS["S16"]}]}]
    await story.say("curriculum.published", "aaa/C09", course("aaa") | {"learning_outcomes": outcomes})
    await story.settle()
    await story.say("placement.updated", REF, builders.offer(tasks=[{"pt": "Coser"}]))
    await story.settle()

    again = await story.row(Offer, REF)
    assert again is not None
    assert (again.state, again.match_id) == ("proposed", offer.match_id)


async def test_a_placement_for_other_learners_is_asked_about_anew(story: Story) -> None:
    offer = await offered(story)
    await story.say("placement.updated", REF, builders.offer(places=4))
    await story.settle()

    again = await story.row(Offer, REF)
    assert again is not None
    assert again.match_id != offer.match_id
    assert [one["headcount"] for one in await story.data("match.requested")] == [2, 4]


async def test_an_offer_that_can_no_longer_begin_ends(story: Story) -> None:
    await offered(story, valid_until=day(300))
    await story.later(days=100)

    row = await story.row(Offer, REF)
    assert row is not None
    assert row.state == "expired"


async def test_a_placement_outlives_a_course_of_its_school(story: Story) -> None:
    offer = await offered(story)
    match_id = str(offer.match_id)
    await story.say("match.answered", match_id, {**YES, "match_id": match_id}, source="/providers/ctcp")
    await story.settle()
    told = {"match_id": match_id, "decision": "accepted", "candidate_id": "c1"}
    await story.say("match.decided", match_id, told, source="/companies/belcinto")
    await story.settle()
    await story.say("curriculum.retired", "ctcp/C09", {"curriculum_id": "C09", "reason": "Renewed"})
    await story.settle()

    assert await story.data("cooperation.broken") == []

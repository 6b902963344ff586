"""Coordinators record what a party told them: only in their regions, only what a party may say, and nobody else may."""

from collections.abc import AsyncIterator

import pytest

from hub.access import DEFAULT_SCOPES, Sender
from hub.ingest import Receipt
from hub.rows import Agreement, Cooperation, Nomination
from hub.settings import Settings
from hub.store import nouns
from tests import builders
from tests.handling.conversations import SESSION, Talk, talking
from tests.story import day

DAYS = {"start": day(20), "end": day(34)}


def key_of(org: str, *more: str) -> Sender:
    kinds = ("coordinators", "companies", "providers")
    return Sender(f"key-{org}", org, frozenset({*DEFAULT_SCOPES, *more}), tuple(f"/{kind}/{org}" for kind in kinds))


CEC, NORTE = key_of("cec", "coordinate"), key_of("norte", "coordinate")
HUB = key_of("hub", "coordinate")
SCOPELESS, STRANGER = key_of("cec"), key_of("belcinto")
ACTS = ("answer", "decide", "nominate")


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        for org, nuts in (("cec", ["ES6"]), ("norte", ["PT11"])):
            told = builders.coordinator(organisation_id=org, nuts=nuts)
            await opened.story.say("coordinator.registered", org, told)
        await opened.story.settle()
        yield opened


async def act(talk: Talk, what: str, sender: Sender) -> Receipt:
    """Let somebody say what a party would: the events before it were said by the parties themselves."""
    if what == "answer":
        return await talk.answer(sender=sender)
    await talk.answer()
    if what == "decide":
        return await talk.decide(sender=sender)
    await talk.decide()
    match = await talk.match()
    learner = await talk.story.person("p-learner", "betangible", kind="learner")
    told = builders.nomination(match_id=match.key, nomination_id="NOM-9", learner_ref=learner, **DAYS)
    receipt = await talk.story.say(
        "learner.nominated", "betangible/NOM-9", told, sender=sender, source=sender.sources[0]
    )
    await talk.story.settle()
    return receipt


@pytest.mark.parametrize("what", ACTS)
@pytest.mark.parametrize("sender", [CEC, HUB], ids=["coordinator", "operator"])
async def test_a_coordinator_of_the_region_and_the_hub_speak_for_a_party(talk: Talk, what: str, sender: Sender) -> None:
    receipt = await act(talk, what, sender)

    assert receipt.refusal is None
    assert await talk.rejections() == []
    match = await talk.match()
    assert (await talk.request()).answer is not None
    agreed = await talk.story.row(Cooperation, match.key)
    assert (agreed is not None) == (what != "answer")
    assert (await talk.story.row(Nomination, "betangible/NOM-9") is not None) == (what == "nominate")


@pytest.mark.parametrize("what", ACTS)
@pytest.mark.parametrize("sender", [NORTE, SCOPELESS, STRANGER], ids=["elsewhere", "no scope", "another company"])
async def test_nobody_else_speaks_for_a_party(talk: Talk, what: str, sender: Sender) -> None:
    receipt = await act(talk, what, sender)

    assert receipt.refusal is not None
    assert receipt.refusal.status == 403


async def test_a_coordinator_elsewhere_is_told_where_it_is_and_what_it_looks_after(talk: Talk) -> None:
    receipt = await act(talk, "decide", NORTE)

    assert receipt.refusal is not None
    assert receipt.refusal.title == "outside your regions"
    assert "PT11" in receipt.refusal.problems[0].detail


async def test_a_match_that_nobody_knows_is_out_of_every_region(talk: Talk) -> None:
    receipt = await talk.story.say(
        "match.answered", builders.MATCH_ID, builders.answer(), sender=CEC, source="/coordinators/cec"
    )

    assert receipt.refusal is not None
    assert receipt.refusal.status == 403
    assert "not known here" in receipt.refusal.problems[0].detail


async def test_a_coordinator_speaks_for_a_party_of_a_placement(embedded_settings: Settings) -> None:
    async with talking(embedded_settings) as talk:
        await talk.story.say("coordinator.registered", "cec", builders.coordinator(nuts=["PT11"]))
        await talk.story.say("company.registered", "belcinto", builders.company(company_id="belcinto", nuts="PT11A"))
        ctcp = builders.provider(provider_id="ctcp", languages=["pt"], coverage_nuts=["PT1"], nuts="PT11A")
        await talk.story.say("provider.registered", "ctcp", ctcp)
        await talk.story.settle()
        skills = [{"title": "Skiving", "skills": [{"uri": builders.SKILLS["S15"]}]}]
        course = builders.curriculum(
            curriculum_id="C09", provider_id="ctcp", languages=["pt"], learning_outcomes=skills, modes=["presential"]
        )
        await talk.story.say("curriculum.published", "ctcp/C09", course)
        await talk.story.say("placement.offered", "belcinto/O-001", builders.offer())
        await talk.story.settle()
        match = await talk.match("belcinto/O-001")
        answered = {"match_id": match.key, "provider_id": "ctcp", "decision": "accepted"}

        elsewhere = await talk.story.say("match.answered", match.key, answered, sender=NORTE, source="/providers/norte")
        here = await talk.story.say("match.answered", match.key, answered, sender=CEC, source="/coordinators/cec")
        await talk.story.settle()

        assert (elsewhere.refusal is not None, here.refusal) == (True, None)
        assert (await talk.story.data("request.answered"))[-1]["decision"] == "accepted"


async def test_what_a_coordinator_may_say_for_a_party_is_said_for_a_party_only(talk: Talk) -> None:
    await talk.agree()
    match = await talk.match()
    told = builders.nomination(match_id=match.key, nomination_id="NOM-9", learner_ref="p-x", **DAYS)

    await talk.story.say("learner.nominated", "cec/NOM-9", told, sender=CEC, source="/coordinators/cec")
    await talk.story.settle()

    assert await talk.rejections() == ["not_yours"]
    assert await talk.story.hub.store.read(nouns.page, Agreement) == []


async def test_seats_are_held_for_an_answer_that_a_coordinator_recorded(talk: Talk) -> None:
    await talk.answer(sender=CEC)

    assert await talk.free(SESSION) == 5

"""The forty-hour week of a sixteen-year-old, spread over two agreements: who can mend it is told, in the rule's words."""

from typing import Any

from hub.mail.render import render
from hub.rows import Agreement, Nomination
from hub.settings import Settings
from tests import builders
from tests.handling.console import browser_before
from tests.handling.conversations import Talk, talking
from tests.handling.test_mails import mails
from tests.story import Story, day

NEXT = "betangible/N-021"
DAYS = {"start": day(20), "end": day(34)}
SIGNERS = {"p-kid", "p-guard", "p-sign-b", "p-sign-m"}


async def draft_of(story: Story, nomination: str) -> Agreement:
    nominated = await story.row(Nomination, nomination)
    assert nominated is not None
    assert nominated.agreement_id is not None
    agreement = await story.row(Agreement, nominated.agreement_id)
    assert agreement is not None
    return agreement


async def two_agreements(talk: Talk, *hours: int) -> list[Agreement]:
    """Let one learner of sixteen be nominated for two needs, for so many hours a week each."""
    story = talk.story
    for ref, org in (("p-sign-b", "betangible"), ("p-sign-m", "movex")):
        await story.person(ref, org, kind="signatory")
    await story.say("company.updated", "betangible", builders.company(signatory_ref="p-sign-b"))
    await story.say("provider.updated", "movex", builders.provider(signatory_ref="p-sign-m"))
    await story.person("p-guard", "betangible", kind="guardian")
    await story.person("p-kid", "betangible", kind="learner", birth_date="2010-05-01")
    pupil: dict[str, Any] = {
        "age_band": "15-17",
        "learner_status": "pupil",
        "learner_ref": "p-kid",
        "guardian_refs": ["p-guard"],
        "current_employer_id": None,
    }
    await talk.agree()
    first = await talk.match()
    await talk.nominate(1, **{**pupil, "weekly_hours": hours[0]}, **DAYS)
    await story.say("need.published", NEXT, builders.need(need_id="N-021", headcount=2))
    await story.settle()
    second = await talk.match(NEXT)
    assert first.key != second.key
    for type_, data, source in (
        ("match.answered", {"provider_id": "movex", "decision": "accepted"}, "/providers/movex"),
        ("match.decided", {"decision": "accepted", "candidate_id": "c1"}, "/companies/betangible"),
    ):
        await story.say(type_, second.key, {"match_id": second.key, **data}, source=source)
        await story.settle()
    await talk.nominate(2, match=second, **{**pupil, "weekly_hours": hours[1]}, **DAYS)
    return [await draft_of(story, f"betangible/NOM-{n}") for n in (1, 2)]


def hours_check(agreement: Agreement) -> Any:
    return next(check for check in agreement.told.checks if check.code == "minors_hours")


async def test_the_forty_hour_week_of_a_sixteen_year_old_may_be_spread_over_two_agreements(
    embedded_settings: Settings,
) -> None:
    async with talking(embedded_settings, headcount=2) as talk:
        first, second = await two_agreements(talk, 24, 16)

        assert [hours_check(each).status for each in (first, second)] == ["ok", "ok"]
        assert hours_check(second).detail.startswith("40 horas")


async def test_an_hour_more_is_told_to_everybody_who_can_act_in_the_words_of_the_rule(
    embedded_settings: Settings,
) -> None:
    async with talking(embedded_settings, headcount=2) as talk:
        await talk.story.say("coordinator.registered", "cec", builders.coordinator())
        await talk.story.person("p-hanne", "cec", kind="coordinator", language="en")
        first, second = await two_agreements(talk, 24, 17)

        assert [hours_check(each).status for each in (first, second)] == ["ok", "failed"]
        check = hours_check(second)
        assert "94/33" in check.rule
        assert "41 horas" in check.detail

        told = {ref: await mails(talk.story, "agreement_to_party", to=ref) for ref in SIGNERS}
        for ref, letters in told.items():
            (letter,) = [each for each in letters if each.agreement_id == second.key]
            text = " ".join(render("agreement_to_party", language="es", context=letter).text.split())
            assert check.rule in text, ref
            assert check.detail in text, ref

        async with browser_before(talk.story.hub) as browser:
            await browser.sign_in(org="cec", role="coordinator")
            page = await browser.page(f"/agreements/{second.key}")
            assert check.rule in page
            assert check.detail in page
            assert "«Hours of young people»" in await browser.page("")

        await talk.story.later(hours=24)
        (digest,) = await mails(talk.story, "coordinator_digest", to="p-hanne")
        assert ("agreement", NEXT) in [(line.what, line.ref) for line in digest.todo]

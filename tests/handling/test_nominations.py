"""Learners for what was agreed, and the agreement that is drafted for each: signers, checks, people who are not there."""

from collections.abc import AsyncIterator

import pytest

from hub.access import Sender
from hub.erasure import erase
from hub.rows import Agreement, Cooperation, Nomination
from hub.settings import Settings
from hub.store import people
from hub.vault import Erased, NewPerson, keep
from tests import builders
from tests.handling.conversations import MOVEX, SESSION, Talk, talking
from tests.story import day

DAYS = {"start": day(20), "end": day(34)}


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings, headcount=2) as opened:
        yield opened


async def agreements_of(talk: Talk) -> list[Agreement]:
    nominated = [await talk.story.row(Nomination, f"betangible/NOM-{n}") for n in (1, 2, 3)]
    rows = [await talk.story.row(Agreement, one.agreement_id) for one in nominated if one and one.agreement_id]
    return [row for row in rows if row is not None]


async def test_a_nomination_drafts_an_agreement_with_its_signers_and_checks(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(**DAYS)

    (row,) = await agreements_of(talk)
    assert [signer.role for signer in row.told.required_signers] == ["learner", "company", "provider"]
    status = {check.code: check.status for check in row.told.checks}
    assert (status["minors_hours"], status["guardian"], status["overlap"]) == ("ok", "ok", "ok")
    assert (row.told.language, row.told.template, row.state) == ("es", "eu-generic", "draft")
    assert len([job for job in await talk.story.jobs() if job.channel == "document"]) == 1


async def test_a_cooperation_is_filled_when_as_many_are_nominated_as_were_asked_for(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(1, **DAYS)
    assert await talk.story.data("cooperation.filled") == []

    await talk.nominate(2, sender=MOVEX, **DAYS)

    assert len(await talk.story.data("cooperation.filled")) == 1
    await talk.nominate(3, **DAYS)
    assert await talk.rejections() == ["filled"]


async def test_nobody_is_nominated_for_what_was_not_agreed(talk: Talk) -> None:
    await talk.nominate(**DAYS)

    assert await talk.rejections() == ["not_agreed"]


async def test_only_a_party_nominates(talk: Talk) -> None:
    await talk.agree()
    stranger = Sender("x", "belcinto", frozenset({"events:write"}), ("/companies/belcinto",))
    await talk.nominate(sender=stranger, **DAYS)

    assert await talk.rejections() == ["not_yours"]


async def test_the_same_learner_is_nominated_once(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(1, **DAYS)
    await talk.nominate(2, learner_ref="p-learner-betangible-1", **DAYS)
    await talk.nominate(1, learner_ref="p-learner-betangible-1", **DAYS)

    assert await talk.rejections() == ["already_nominated", "exists"]


async def test_nobody_is_nominated_once_the_session_began(talk: Talk) -> None:
    await talk.agree()
    await talk.story.later(days=21)
    await talk.nominate(**DAYS)

    assert await talk.rejections() == ["session_began"]


async def test_a_nomination_waits_for_people_who_are_not_in_the_vault_yet(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(learner_ref="p-nobody", **DAYS)

    (waiting,) = await talk.story.parked()
    assert (waiting.state, "POST /v1/people" in waiting.reason) == ("waiting", True)

    await talk.story.person("p-nobody", "betangible", kind="learner")
    await talk.story.later(seconds=2)

    assert len(await agreements_of(talk)) == 1


async def test_people_of_strangers_are_as_good_as_unknown(talk: Talk) -> None:
    await talk.agree()
    await talk.story.person("p-elsewhere", "belcinto", kind="learner")
    await talk.nominate(learner_ref="p-elsewhere", **DAYS)

    (waiting,) = await talk.story.parked()
    assert "nobody stands behind p-elsewhere" in waiting.reason


async def erased(talk: Talk, ref: str) -> str:
    assert await erase(talk.story.hub.store, talk.story.log, talk.story.clock, ref)
    return ref


@pytest.mark.parametrize("field", ["learner_ref", "guardian_refs"])
async def test_a_nomination_of_an_erased_person_is_refused_at_once_with_what_to_do(talk: Talk, field: str) -> None:
    await talk.agree()
    gone = await erased(talk, await talk.story.person("p-gone", "betangible", kind="learner"))
    named = {field: gone} if field == "learner_ref" else {field: [gone]}
    await talk.nominate(**named, **DAYS)

    (rejected,) = await talk.story.data("event.rejected")
    assert rejected["reason_code"] == "person_erased"
    assert "p-gone was erased; put whoever takes the place in by POST /v1/people" in rejected["detail"]
    assert await talk.story.parked() == []


async def test_an_erased_person_of_strangers_is_as_good_as_unknown(talk: Talk) -> None:
    await talk.agree()
    gone = await erased(talk, await talk.story.person("p-gone", "belcinto", kind="learner"))
    await talk.nominate(learner_ref=gone, **DAYS)

    (waiting,) = await talk.story.parked()
    assert "nobody stands behind p-gone yet" in waiting.reason


async def test_a_nomination_that_waits_for_somebody_who_is_erased_meanwhile_is_refused(talk: Talk) -> None:
    await talk.agree()
    learner = await talk.story.person("p-learner", "betangible", kind="learner")
    await talk.nominate(learner_ref=learner, guardian_refs=["p-late"], **DAYS)
    assert len(await talk.story.parked()) == 1

    await erased(talk, learner)
    await talk.story.later(seconds=5)

    assert await talk.rejections() == ["person_erased"]
    assert await talk.story.parked() == []


async def test_a_ref_that_was_erased_is_nobodys_for_ever_and_who_fills_it_is_told(talk: Talk) -> None:
    store, clock = talk.story.hub.store, talk.story.clock
    told = {"kind": "learner", "organisation": "betangible", "name": "Ana", "email": "a@b.example", "language": "es"}
    person = NewPerson(**told, timezone="Europe/Madrid")
    ref = await keep(store, clock, person, once="ab" * 12)
    assert await keep(store, clock, person, once="ab" * 12) == ref
    await erased(talk, ref)

    with pytest.raises(Erased, match=f"{ref} was erased, and nobody gets the ref again; put them in anew"):
        await keep(store, clock, person, once="ab" * 12)
    assert await store.read(people.find, ref) is None


async def test_an_age_band_that_the_birth_date_denies_is_rejected(talk: Talk) -> None:
    await talk.agree()
    young = await talk.story.person("p-young", "betangible", kind="learner", birth_date="2010-05-01")
    await talk.nominate(learner_ref=young, age_band="18+", **DAYS)

    assert await talk.rejections() == ["age_band"]


async def test_a_minor_without_a_guardian_is_drafted_with_a_failed_check(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(age_band="15-17", learner_status="pupil", current_employer_id="betangible", **DAYS)

    (row,) = await agreements_of(talk)
    assert [signer.role for signer in row.told.required_signers] == ["learner", "guardian", "company", "provider"]
    assert {check.code: check.status for check in row.told.checks}["guardian"] == "failed"


async def test_two_agreements_of_one_minor_add_their_hours_up(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, headcount=2) as talk:
        await talk.agree()
        guardian = await talk.story.person("p-guard", "betangible", kind="guardian")
        learner = await talk.story.person("p-kid", "betangible", kind="learner")
        minor = {"age_band": "15-17", "learner_ref": learner, "guardian_refs": [guardian], "weekly_hours": 30}
        first = await talk.match()
        await talk.nominate(1, **minor, **DAYS)
        await talk.story.say("need.published", "betangible/N-021", builders.need(need_id="N-021", headcount=2))
        await talk.story.settle()
        second = await talk.match("betangible/N-021")
        assert first.key != second.key
        for type_, data, sender in (
            ("match.answered", {"provider_id": "movex", "decision": "accepted"}, "/providers/movex"),
            ("match.decided", {"decision": "accepted", "candidate_id": "c1"}, "/companies/betangible"),
        ):
            await talk.story.say(type_, second.key, {"match_id": second.key, **data}, source=sender)
            await talk.story.settle()
        await talk.nominate(2, match=second, **minor | {"weekly_hours": 15}, **DAYS)

        status = [{check.code: check.status for check in row.told.checks} for row in await agreements_of(talk)]
        assert [(one["minors_hours"], one["overlap"]) for one in status] == [("ok", "ok"), ("failed", "failed")]


async def test_a_nomination_names_the_tutor_whom_a_need_has_no_place_for(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(1, **DAYS)
    tutor = await talk.story.person("p-tutor", "betangible", kind="tutor")
    await talk.nominate(2, tutor_ref=tutor, **DAYS)

    rows = await agreements_of(talk)
    assert [row.told.tutor_ref for row in rows] == [None, tutor]
    assert [{check.code: check.status for check in row.told.checks}["tutor"] for row in rows] == ["failed", "ok"]


async def test_a_tutor_who_is_a_stranger_is_waited_for_like_anybody(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(tutor_ref=await talk.story.person("p-tutor", "belcinto", kind="tutor"), **DAYS)

    (waiting,) = await talk.story.parked()
    assert "nobody stands behind p-tutor yet" in waiting.reason


async def test_another_employer_signs_too(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(current_employer_id="belcinto", **DAYS)

    (row,) = await agreements_of(talk)
    assert [signer.role for signer in row.told.required_signers][-1] == "current_employer"


async def test_a_course_without_hours_at_a_workplace_needs_no_agreement(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, headcount=1) as talk:
        await talk.story.say("curriculum.updated", "movex/C07", builders.curriculum(wbl_hours=0))
        await talk.story.settle()
        await talk.agree()
        await talk.nominate(**DAYS)

        assert await agreements_of(talk) == []
        assert len(await talk.story.data("cooperation.filled")) == 1


async def test_a_cooperation_that_breaks_takes_its_agreements_with_it(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(**DAYS)
    told = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
    await talk.story.say("session.cancelled", SESSION, told)
    await talk.story.settle()

    (row,) = await agreements_of(talk)
    cooperation = await talk.story.row(Cooperation, row.match_id)
    assert (row.state, cooperation.state if cooperation else "") == ("withdrawn", "broken")


async def test_no_event_names_a_learner(talk: Talk) -> None:
    await talk.agree()
    await talk.story.person("p-named", "betangible", kind="learner", name="Inés Secreta", email="ines@secreta.example")
    await talk.nominate(learner_ref="p-named", **DAYS)

    said = str([await talk.story.data(type_) for type_ in set(await talk.story.types())])
    assert "Secreta" not in said
    assert "Secreta" not in str([job.body for job in await talk.story.jobs()])

"""Coordinators' mornings: what each is told, in whose regions, once a date, and nothing where there is nothing to say."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hub.clock import stamp
from hub.ids import due_id
from hub.mail.kinds.digests import CoordinatorDigest
from hub.rows import Digest
from hub.scheduler import say
from hub.settings import Settings
from hub.store.jobs import JobRow
from tests import builders
from tests.handling.conversations import Talk, talking
from tests.story import Story, day, playing

TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # the story's tomorrow, 07:00 in Lisbon


async def coordinator(story: Story, ref: str = "p-hanne", org: str = "cec", **changes: str) -> str:
    return await story.person(
        ref, org, **{"kind": "coordinator", "name": "Hanne Delacroix", "language": "en"} | changes
    )


async def register(story: Story, org: str = "cec", *nuts: str) -> None:
    told = builders.coordinator(organisation_id=org, nuts=list(nuts or ("PT", "ES")))
    await story.say("coordinator.registered", org, told)
    await story.settle()


async def until(story: Story, at: datetime) -> None:
    story.clock.at = at
    await story.settle()


async def digests(story: Story, ref: str = "p-hanne") -> list[JobRow]:
    return [job for job in await story.jobs() if job.kind == "coordinator_digest" and job.body["recipient_ref"] == ref]


async def told(story: Story, ref: str = "p-hanne") -> CoordinatorDigest:
    *_, job = await digests(story, ref)
    return CoordinatorDigest.model_validate(job.body["context"])


async def lines(story: Story, ref: str = "p-hanne") -> list[tuple[str, str]]:
    return [(line.what, line.ref) for line in (await told(story, ref)).todo]


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        await register(opened.story)
        await coordinator(opened.story)
        await until(opened.story, datetime(2026, 11, 23, 12, 1, tzinfo=UTC))
        yield opened


async def test_a_new_match_is_told_with_its_reasons_and_the_weeks_figure(talk: Talk) -> None:
    await until(talk.story, TUESDAY)

    mail = await told(talk.story)
    (news,) = mail.news
    assert (news.ref, news.company_name, news.providers) == ("betangible/N-020", "Betangible SL", ("Fundación Movex",))
    assert news.reasons[0].code == "teaches"
    assert mail.figure is not None
    assert (mail.figure.what, mail.figure.count, mail.figure.of) == ("needs_matched", 1, 1)
    assert mail.todo == ()
    (prepared,) = await talk.story.data("digest.prepared")
    assert (prepared["recipient_ref"], prepared["local_date"]) == ("p-hanne", "2026-11-24")
    assert prepared["items"] == {"needs_you": 0, "news": 1}


async def test_what_was_told_is_not_told_again_and_then_there_is_no_mail(talk: Talk) -> None:
    await until(talk.story, TUESDAY)
    await talk.answer(decision="interested")
    await until(talk.story, TUESDAY.replace(day=25))
    assert await lines(talk.story) == [("to_decide", "betangible/N-020")]
    assert (await told(talk.story)).news == ()

    await until(talk.story, TUESDAY.replace(day=26))

    assert len(await digests(talk.story)) == 2
    row = await talk.story.row(Digest, "p-hanne")
    assert row is not None
    assert (row.state, row.reason, row.local_date.isoformat()) == ("silent", "nothing_new", "2026-11-26")


async def test_a_question_that_nobody_answers_is_told_when_its_time_is_nearly_over(talk: Talk) -> None:
    await until(talk.story, TUESDAY)
    assert await lines(talk.story) == []

    await until(talk.story, TUESDAY.replace(day=25))  # the provider has until Monday the 30th, three working days

    (line,) = (await told(talk.story)).todo
    assert (line.what, line.who, str(line.until)) == ("to_answer", "Fundación Movex", "2026-11-30")


async def test_what_a_company_wants_to_know_comes_before_matches_that_run_out(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(decision="needs_info", candidate_id=None, reason="Is there a car park?")
    await until(talk.story, TUESDAY)

    assert await lines(talk.story) == [("question", "betangible/N-020")]
    assert "car park" not in str(await talk.story.data("digest.prepared"))


async def test_a_match_is_told_again_when_it_runs_out_within_three_working_days(talk: Talk) -> None:
    await talk.answer()
    await until(talk.story, TUESDAY)
    before = len(await digests(talk.story))
    match = await talk.match()
    assert str(match.expires_at.date()) == "2026-12-09"  # at midnight, so the 8th, a Tuesday, is its last day

    await until(talk.story, datetime(2026, 12, 2, 7, tzinfo=UTC))
    assert len(await digests(talk.story)) == before
    await until(talk.story, datetime(2026, 12, 3, 7, tzinfo=UTC))

    (line,) = (await told(talk.story)).todo
    assert (line.what, line.who, str(line.until)) == ("to_decide", "Betangible SL", "2026-12-08")


async def test_an_agreement_is_the_best_news_and_a_failed_check_needs_somebody(talk: Talk) -> None:
    await talk.agree()
    minor = {"age_band": "15-17", "learner_status": "pupil", "current_employer_id": "betangible"}
    await talk.nominate(**minor, start=day(20), end=day(34))
    await until(talk.story, TUESDAY)

    mail = await told(talk.story)
    assert [(news.ref, news.agreed) for news in mail.news] == [("betangible/N-020", True)]
    assert ("agreement", "Betangible SL") in [(line.what, line.who) for line in mail.todo]


async def test_a_new_gap_is_told_once(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, languages=["ro"]) as talk:
        await register(talk.story)
        await coordinator(talk.story)
        await until(talk.story, TUESDAY)
        assert await lines(talk.story) == [("gap", "betangible/N-020")]

        await until(talk.story, TUESDAY.replace(day=25))

        assert len(await digests(talk.story)) == 1


async def test_a_company_that_no_mail_reached_is_named(talk: Talk) -> None:
    await until(talk.story, TUESDAY)
    await talk.story.say("company.updated", "betangible", builders.company())  # nobody gets its mails any more
    await talk.answer(decision="interested")
    await until(talk.story, TUESDAY.replace(day=25))

    assert ("failed_mail", "betangible/N-020") in await lines(talk.story)


async def test_a_coordinator_never_sees_a_need_outside_its_regions(talk: Talk) -> None:
    await register(talk.story, "aveiro", "PT")
    await coordinator(talk.story, "p-pedro", "aveiro")
    await register(talk.story, "cadiz", "ES61")
    await coordinator(talk.story, "p-carmen", "cadiz")
    await register(talk.story, "near", "ES6", "ES612", "ES61")  # told once though three of its regions hold it
    await coordinator(talk.story, "p-nuria", "near")
    await until(talk.story, TUESDAY)

    assert await digests(talk.story, "p-pedro") == []
    row = await talk.story.row(Digest, "p-pedro")
    assert row is not None
    assert row.reason == "nothing_new"
    assert [news.ref for news in (await told(talk.story, "p-carmen")).news] == ["betangible/N-020"]
    assert (await told(talk.story, "p-nuria")).news_count == 1


async def test_two_people_of_one_organisation_each_get_their_own(talk: Talk) -> None:
    await coordinator(talk.story, "p-odile", language="es", timezone="Europe/Brussels")
    await until(talk.story, TUESDAY)

    assert len(await digests(talk.story)) == len(await digests(talk.story, "p-odile")) == 1
    assert {one["recipient_ref"] for one in await talk.story.data("digest.prepared")} == {"p-hanne", "p-odile"}


async def test_a_coordinator_without_a_region_is_not_written_to(embedded_settings: Settings) -> None:
    async with talking(embedded_settings) as talk:
        await coordinator(talk.story)
        await until(talk.story, TUESDAY)

        row = await talk.story.row(Digest, "p-hanne")
        assert row is not None
        assert (row.state, row.reason) == ("silent", "no_region")
        assert await talk.story.parked() == []


async def test_somebody_who_is_no_coordinator_or_gone_is_not_written_to(talk: Talk) -> None:
    for ref in ("p-movex", "p-nobody"):
        await say_again(talk.story, ref, TUESDAY)
        assert await digests(talk.story, ref) == []
        assert await talk.story.row(Digest, ref) is None


async def test_a_morning_that_is_said_twice_is_one_mail(talk: Talk) -> None:
    await until(talk.story, TUESDAY)
    await talk.answer(decision="interested")
    await say_again(talk.story, "p-hanne", TUESDAY)  # the same instant: the same id
    await say_again(talk.story, "p-hanne", TUESDAY.replace(minute=30))  # the operator has moved the hour
    await say_again(talk.story, "p-hanne", TUESDAY.replace(day=23))  # one that comes late

    assert len(await digests(talk.story)) == 1
    assert len(await talk.story.data("digest.prepared")) == 1


async def test_a_digest_said_ahead_of_its_time_is_told_as_of_its_time_and_leaves_at_once(talk: Talk) -> None:
    await say_again(talk.story, "p-hanne", TUESDAY)

    (job,) = await digests(talk.story)
    assert (await told(talk.story)).day.isoformat() == "2026-11-24"
    assert (job.state, job.body["at"]) == ("done", TUESDAY.isoformat())


async def test_over_the_change_of_clocks_it_comes_at_seven_by_the_readers_own(embedded_settings: Settings) -> None:
    async with playing(embedded_settings) as story:
        await coordinator(story, timezone="Europe/Lisbon")
        for at, expected in (
            ("2027-03-26T07:00:00+00:00", "2027-03-26"),  # Friday, winter time
            ("2027-03-29T05:59:59+00:00", "2027-03-26"),
            ("2027-03-29T06:00:00+00:00", "2027-03-29"),  # Monday, summer time
            ("2027-10-29T06:00:00+00:00", "2027-10-29"),
            ("2027-11-01T06:59:59+00:00", "2027-10-29"),
            ("2027-11-01T07:00:00+00:00", "2027-11-01"),
        ):
            await until(story, datetime.fromisoformat(at))
            row = await story.row(Digest, "p-hanne")
            assert row is not None
            assert row.local_date.isoformat() == expected


async def test_no_person_is_named_in_what_is_said_and_kept(talk: Talk) -> None:
    await until(talk.story, TUESDAY)

    kept = str(
        [await talk.story.row(Digest, "p-hanne"), await talk.story.data("digest.prepared"), await digests(talk.story)]
    )
    assert "Hanne" not in kept


async def test_the_reader_gets_it_in_their_own_language(talk: Talk) -> None:
    await coordinator(talk.story, "p-odile", language="pt", name="Odília Exemplo")
    await until(talk.story, TUESDAY)

    (job,) = await digests(talk.story, "p-odile")
    assert job.state == "done"
    sent = [one for one in await talk.story.data("notification.delivered") if one["recipient_ref"] == "p-odile"]
    assert len(sent) == 1


async def say_again(story: Story, ref: str, at: datetime) -> None:
    entry = say("digest", ref, at, partition_key=ref, now=story.clock.now())
    assert entry.envelope.id == due_id("digest", ref, stamp(at))
    await story.hub.store.write(story.hub.log.append, [entry])
    await story.settle()

"""Who is told what along a whole conversation, by whom it is read, and what is never in it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.mail.kinds import MAILS, MailContext
from hub.rows import Notification
from hub.settings import Settings
from hub.store.jobs import JobRow
from tests import builders
from tests.handling.conversations import BETANGIBLE, NEED, SESSION, Talk, session, talking
from tests.handling.test_placement_offers import company, course, offered, school
from tests.story import Story, day, playing


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        yield opened


async def mails(story: Story, kind: str, to: str | None = None) -> list[Any]:
    """The contexts of all mails of a kind, in the order they were asked for."""
    jobs = [job for job in await story.jobs() if job.kind == kind and to in (None, job.body["recipient_ref"])]
    return [read(job) for job in sorted(jobs, key=lambda job: job.created_at)]


def read(job: JobRow) -> MailContext:
    return MAILS[job.kind].model_validate(job.body["context"])


async def letters(story: Story) -> str:
    """Everything that any mail's context says."""
    return str([job.body["context"] for job in await story.jobs() if job.channel == "mail"])


async def withdraw(talk: Talk) -> None:
    told = {"need_id": "N-020", "reason_code": "budget"}
    await talk.story.say("need.withdrawn", NEED, told, sender=BETANGIBLE, source=BETANGIBLE.sources[0])
    await talk.story.settle()


# The company


async def test_a_company_is_told_who_fits_and_who_is_asked(talk: Talk) -> None:
    (mail,) = await mails(talk.story, "proposals_to_company", to="p-betangible")

    (option,) = mail.options
    (learning,) = option.courses
    assert (mail.company_name, mail.about, mail.asked) == ("Betangible SL", NEED, ("Fundación Movex",))
    assert (learning.ref, learning.provider_name, learning.session.ref) == ("movex/C07", "Fundación Movex", SESSION)
    assert (mail.respond_by.isoformat(), mail.expires_on.isoformat()) == (day(7), day(15))
    assert [reason.code for reason in option.reasons][:2] == ["teaches", "skill_not_understood"]


async def test_the_contact_of_the_need_itself_comes_first(embedded_settings: Settings) -> None:
    async with talking(embedded_settings, contact_ref="p-need") as talk:
        assert len(await mails(talk.story, "proposals_to_company", to="p-need")) == 1
        assert await mails(talk.story, "proposals_to_company", to="p-betangible") == []


async def test_a_gap_is_told_with_figures_and_once_for_the_same_reasons(embedded_settings: Settings) -> None:
    price = {"amount": "100.00", "currency": "EUR"}
    async with talking(embedded_settings, max_cost_per_learner=price) as talk:
        (mail,) = await mails(talk.story, "gap_to_company", to="p-betangible")
        assert mail.reason_codes == ("cost",)
        (miss,) = mail.misses
        (reason,) = miss.reasons
        assert (reason.code, reason.params) == ("over_your_limit", {"amount": 120.0, "currency": "EUR"})

        dearer = builders.curriculum(price={"amount": "230.00", "currency": "EUR", "per": "learner"})
        await talk.story.say("curriculum.updated", "movex/C07", dearer)
        await talk.story.settle()
        assert len(await talk.story.data("need.unmatched")) == 2
        assert len(await mails(talk.story, "gap_to_company")) == 1

        await talk.story.say("need.updated", NEED, builders.need(max_cost_per_learner=price, headcount=9))
        await talk.story.settle()
        assert [one.reason_codes for one in await mails(talk.story, "gap_to_company")] == [
            ("cost",),
            ("no_seats", "cost"),
        ]


async def test_an_acceptance_can_be_taken_at_its_word(talk: Talk) -> None:
    await talk.answer()

    (mail,) = await mails(talk.story, "answer_to_company", to="p-betangible")
    assert (mail.decision, mail.provider_name, mail.candidate_id, mail.seats) == (
        "accepted",
        "Fundación Movex",
        "c1",
        3,
    )
    assert [entry.uid for entry in mail.entries()] == [SESSION]
    receipt = await talk.story.say(
        "match.decided", mail.match_id, {"match_id": mail.match_id, "decision": "accepted", "candidate_id": "c1"}
    )
    assert receipt.duplicate is False


async def test_a_counter_offer_is_told_with_its_price_and_in_its_providers_words(talk: Talk) -> None:
    price = {"amount": "500.00", "currency": "EUR", "per": "group"}
    await talk.answer(
        decision="counter_offer", seats_offered=2, price=price, valid_until=day(5), message="Dos ahora, uno en enero"
    )

    (mail,) = await mails(talk.story, "answer_to_company")
    assert (mail.decision, mail.seats, str(mail.price.amount)) == ("counter_offer", 2, "500.00")
    assert (mail.valid_until.isoformat(), mail.message) == (day(5), "Dos ahora, uno en enero")
    assert [each.price for each in mail.courses] == [None]


async def test_a_changed_answer_is_told_again(talk: Talk) -> None:
    await talk.answer(decision="interested")
    await talk.answer(decision="declined", reason_code="dates")

    told = await mails(talk.story, "answer_to_company")
    assert [(mail.decision, mail.reason_code) for mail in told] == [("interested", None), ("declined", "dates")]
    assert all(mail.candidate_id is None for mail in told)


async def test_silence_is_told_to_the_company_and_reminded_of_before(talk: Talk) -> None:
    await talk.story.later(days=9)

    asked = await mails(talk.story, "request_to_provider", to="p-movex")
    assert [mail.reminder for mail in asked[:2]] == [False, True]
    (mail,) = await mails(talk.story, "answer_to_company")
    assert mail.decision == "expired"


async def test_a_company_that_has_named_nobody_is_a_failure_that_can_be_seen(embedded_settings: Settings) -> None:
    async with playing(embedded_settings) as story:
        await story.say("company.registered", "betangible", builders.without(builders.company(), "contact_ref"))
        await story.say("need.published", NEED, builders.need())
        await story.settle()

        rows = [row for row in [await story.row(Notification, key) for key in await notifications(story)] if row]
        assert [(row.kind, row.state, row.reason) for row in rows] == [
            ("gap_to_company", "failed", "betangible has named nobody who gets this mail")
        ]
        assert await story.parked() == []
        assert [job for job in await story.jobs() if job.channel == "mail"] == []


async def notifications(story: Story) -> list[str]:
    return [str(row.key) for row in await story.hub.store.read(all_notifications)]


async def all_notifications(session: Any) -> Any:
    return await session.rows("SELECT key FROM notifications")


# The provider


async def test_a_provider_learns_the_companys_name_when_it_was_chosen_and_not_before(talk: Talk) -> None:
    await talk.answer()
    to_movex = [job.body["context"] for job in await talk.story.jobs() if job.body.get("recipient_ref") == "p-movex"]
    assert "etangible" not in str(to_movex)

    await talk.decide()

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert (mail.outcome, mail.company_name, mail.about, mail.seats) == ("chosen", "Betangible SL", NEED, 3)
    assert [entry.uid for entry in mail.entries()] == [SESSION]


async def test_the_agreed_price_is_the_answers(talk: Talk) -> None:
    await talk.answer(decision="counter_offer", price={"amount": "500.00", "currency": "EUR", "per": "group"})
    await talk.decide()

    (mail,) = await mails(talk.story, "decision_to_provider")
    assert [(str(each.price.amount), each.price.per) for each in mail.courses] == [("500.00", "group")]


async def test_a_provider_that_was_not_chosen_learns_no_name_and_has_its_seats_back(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(decision="declined", candidate_id=None)

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert (mail.outcome, mail.answered, mail.seats, mail.company_name) == ("not_chosen", True, 3, None)


async def test_a_question_of_the_company_reaches_those_who_answered(talk: Talk) -> None:
    await talk.answer(decision="interested")
    await talk.decide(decision="needs_info", candidate_id=None, reason="¿Se puede empezar antes?")

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert (mail.outcome, mail.question, mail.company_name) == ("asked", "¿Se puede empezar antes?", None)


async def test_a_question_of_the_company_reaches_those_who_have_not_answered_yet(talk: Talk) -> None:
    await talk.decide(decision="needs_info", candidate_id=None, reason="Is there a bus?")

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert (mail.outcome, mail.answered, mail.question) == ("asked", False, "Is there a bus?")


async def test_a_question_does_not_reach_who_has_said_no(talk: Talk) -> None:
    match = await talk.match()
    await talk.answer(decision="declined")
    told = {"match_id": match.key, "decision": "needs_info", "reason": "Why?"}
    await talk.story.say("match.decided", match.key, told, sender=BETANGIBLE, source=BETANGIBLE.sources[0])
    await talk.story.settle()

    assert await mails(talk.story, "decision_to_provider") == []


async def test_a_company_that_signs_its_question_is_not_named_to_a_provider(talk: Talk) -> None:
    words = "Somos BETANGIBLE SL (www.betangible.example). ¿Hay autobús? – Betangible"
    await talk.decide(decision="needs_info", candidate_id=None, reason=words)

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert mail.question == "Somos … (www.….example). ¿Hay autobús? – …"
    assert (await talk.request()).company_asks == mail.question


@pytest.mark.parametrize("answered", [True, False])
async def test_a_withdrawn_need_ends_the_question(talk: Talk, *, answered: bool) -> None:
    if answered:
        await talk.answer()
    await withdraw(talk)

    (mail,) = await mails(talk.story, "decision_to_provider", to="p-movex")
    assert (mail.outcome, mail.answered, mail.seats) == ("ended", answered, 3 if answered else 0)


async def test_a_provider_that_said_no_itself_is_not_told_of_the_end(talk: Talk) -> None:
    await talk.answer(decision="declined")
    await talk.story.settle()

    assert await mails(talk.story, "decision_to_provider") == []


# Placements


async def test_a_placement_is_asked_and_proposed_in_words_of_its_own(embedded_settings: Settings) -> None:
    async with playing(embedded_settings) as story:
        await story.person("p-belcinto", "belcinto")
        await story.person("p-ctcp", "ctcp")
        await company(story, contact_ref="p-belcinto")
        await story.say("provider.registered", "ctcp", school("ctcp", contact_ref="p-ctcp"))
        await story.say("curriculum.published", "ctcp/C09", course("ctcp"))
        await story.settle()
        await offered(story)

        (asked,) = await mails(story, "placement_to_provider", to="p-ctcp")
        assert (asked.headcount, asked.scheme, asked.weeks, asked.min_age) == (2, "fct", 12, 15)
        assert "elcinto" not in str(asked)
        (mail,) = await mails(story, "proposals_to_company", to="p-belcinto")
        assert (mail.placement, mail.options[0].courses, mail.options[0].providers) == (True, (), ("Fundación Movex",))


# The parties


async def drafted(talk: Talk) -> None:
    """Let a learner be nominated and the document be there."""
    for ref, org in (("p-sign-b", "betangible"), ("p-sign-m", "movex")):
        await talk.story.person(ref, org, kind="signatory")
    told = builders.company(contact_ref="p-betangible", signatory_ref="p-sign-b")
    await talk.story.say("company.updated", "betangible", told)
    told = builders.provider(contact_ref="p-movex", signatory_ref="p-sign-m")
    await talk.story.say("provider.updated", "movex", told)
    await talk.story.settle()
    await talk.agree()
    await talk.nominate(start=day(20), end=day(34))
    if not await talk.story.data("agreement.drafted"):
        (job,) = [job for job in await talk.story.jobs() if job.channel == "document"]
        rendered = {"agreement_id": job.body["agreement"]["agreement_id"], "version": 1, "document_sha256": "0" * 64}
        await talk.story.say("document.rendered", rendered["agreement_id"], rendered, source="/hub")
        await talk.story.settle()


async def test_everybody_who_signs_is_told_of_the_draft_in_his_role(talk: Talk) -> None:
    await drafted(talk)

    jobs = [job for job in await talk.story.jobs() if job.kind == "agreement_to_party"]
    roles = {job.body["recipient_ref"]: read(job) for job in jobs}
    assert {ref: mail.role for ref, mail in roles.items()} == {  # type: ignore[attr-defined]
        "p-learner-betangible-1": "learner",
        "p-sign-b": "company",
        "p-sign-m": "provider",
    }
    (mail,) = await mails(talk.story, "agreement_to_party", to="p-sign-b")
    assert (mail.company_name, mail.provider_name, mail.start.isoformat()) == (
        "Betangible SL",
        "Fundación Movex",
        day(20),
    )
    assert {check.code for check in mail.checks} >= {"minors_hours", "guardian", "overlap"}
    assert [entry.uid for entry in mail.entries()] == [f"agreement/{mail.agreement_id}", SESSION]


@pytest.mark.parametrize(
    ("type_", "changes", "reason"),
    [
        ("session.cancelled", None, "session_cancelled"),
        ("session.rescheduled", {"start": day(21), "end": day(35)}, "session_moved"),
    ],
)
async def test_what_cannot_take_place_is_told_to_both_sides_and_to_learners(
    talk: Talk, type_: str, changes: dict[str, str] | None, reason: str
) -> None:
    await drafted(talk)
    ended = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "La máquina está averiada"}
    await talk.story.say(type_, SESSION, session() | changes if changes else ended, source="/providers/movex")
    await talk.story.settle()

    (to_company,) = await mails(talk.story, "cooperation_broken", to="p-betangible")
    (to_provider,) = await mails(talk.story, "cooperation_broken", to="p-movex")
    (to_learner,) = await mails(talk.story, "cooperation_broken", to="p-learner-betangible-1")
    assert (to_company.reason_code, to_company.other_names) == (reason, ("Fundación Movex",))
    assert to_provider.other_names == ("Betangible SL",)
    assert all(entry.cancelled for mail in (to_company, to_provider, to_learner) for entry in mail.entries())
    assert [entry.uid for entry in to_company.entries()] == [SESSION]
    if changes:
        assert to_company.moved_to.start.isoformat() == changes["start"]


async def test_a_company_that_withdraws_is_not_told_of_its_own_doing(talk: Talk) -> None:
    await talk.agree()
    await withdraw(talk)

    (mail,) = await mails(talk.story, "cooperation_broken")
    assert (mail.party, mail.reason_code) == ("provider", "withdrawn")


async def test_no_mail_is_asked_for_twice_and_none_names_a_person(talk: Talk) -> None:
    await drafted(talk)
    await talk.story.say("session.cancelled", SESSION, {"session_id": "C07-1", "curriculum_id": "C07", "reason": "x"})
    await talk.story.settle()

    keys = [event["dedupe_key"] for event in await talk.story.data("notification.requested")]
    assert len(keys) == len(set(keys))
    told = await letters(talk.story)
    assert "Ana Exemplo" not in told
    assert "@" not in told.replace("@hub", "")

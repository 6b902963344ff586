"""Acting for a party in the console: what is recorded counts once, says who recorded it, and changes nothing it should not."""

import re
from collections.abc import AsyncIterator
from html import unescape

import orjson
import pytest

from hub.rows import Cooperation, Match, Need, Nomination
from hub.settings import Settings
from hub.store import history, nouns, people
from tests import builders
from tests.handling.console import OURS, Browser, browser_before, fields_of, notice_in
from tests.handling.conversations import NEED, Talk, talking

ABOUT = f"/needs/{NEED}"
BAD = '<script>alert("x")</script>\r\nSet-Cookie: a=b'


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        for org, nuts in (("cec", ["ES6"]), ("norte", ["PT11"])):
            told = builders.coordinator(organisation_id=org, nuts=nuts, legal_name=org.upper())
            await opened.story.say("coordinator.registered", org, told)
        await opened.story.settle()
        yield opened


@pytest.fixture
async def cec(talk: Talk) -> AsyncIterator[Browser]:
    async with browser_before(talk.story.hub) as found:
        yield await found.sign_in(org="cec", role="coordinator")


async def form(talk: Talk, what: str) -> str:
    match = await talk.match()
    return f"/matches/{match.key}/{what}"


async def answer(talk: Talk, browser: Browser, **filled: str) -> str:
    """Record an answer of movex, let the hub take it, and return the page that follows."""
    sent = await browser.send(path := await form(talk, "answer/movex"), path, **({"decision": "accepted"} | filled))
    assert sent.status_code == 303, sent.text
    await talk.story.settle()
    return await followed(browser, sent.headers["location"])


async def followed(browser: Browser, location: str) -> str:
    return unescape(await browser.page(location.removeprefix("/console")))


async def decide(talk: Talk, browser: Browser, decision: str = "accepted c1", **filled: str) -> str:
    sent = await browser.send(path := await form(talk, "decide"), path, decision=decision, **filled)
    assert sent.status_code == 303, sent.text
    await talk.story.settle()
    return await followed(browser, sent.headers["location"])


async def count(talk: Talk, type_: str) -> int:
    return (await talk.story.types()).count(type_)


async def test_an_answer_by_phone_counts_as_the_providers_word_and_says_who_recorded_it(
    talk: Talk, cec: Browser
) -> None:
    page = await answer(talk, cec)

    assert notice_in(page) == "Recorded: an answer, for Fundación Movex. Its trace says that you did."
    assert "It counts" in page
    assert "recorded by CEC for Fundación Movex" in page
    assert (await talk.request()).state == "accepted"
    said = await cec.hub.store.read(history.tail, after_seq=0, limit=1000, types=["eu.vethub.match.answered.v1"])
    assert [(each.source, each.tenant) for each in said] == [("/coordinators/cec", "cec")]


async def test_what_an_operator_records_is_said_by_the_hubs_operators(talk: Talk) -> None:
    async with browser_before(talk.story.hub) as operator:
        page = await answer(talk, await operator.sign_in())

    assert "recorded by the hub’s operators for Fundación Movex" in page


async def test_the_whole_story_is_told_by_phone(talk: Talk, cec: Browser) -> None:
    await answer(talk, cec)
    assert "Betangible SL agrees with Fundación Movex" in await decide(talk, cec)

    path = await form(talk, "nominate")
    person = {"kind": "learner", "name": "Ana Exemplo", "email": "ana@betangible.example", "birth_date": "1990-05-01"}
    lives = {"language": "es", "timezone": "Europe/Madrid", "party": "betangible"}
    there = await cec.send(path, await form(talk, "people"), **person, **lives)
    chosen = {"party": "betangible", "age_band": "18+", "learner_status": "employed", "weekly_hours": "15"}
    page = await cec.page(there.headers["location"].removeprefix("/console"))
    sent = await cec.post(path, fields_of(page, path) | chosen)
    await talk.story.settle()

    assert sent.status_code == 303, sent.text
    (nominated,) = await cec.hub.store.read(nouns.page, Nomination)
    assert (nominated.org, nominated.state) == ("betangible", "nominated")
    assert "Ana" not in (await followed(cec, sent.headers["location"]))
    told = b"".join(each.data for each in await cec.hub.store.read(history.tail, after_seq=0, limit=1000))
    assert b"Ana Exemplo" not in told
    assert await talk.rejections() == []


async def test_forms_of_what_was_agreed_say_so_and_offer_nothing_to_record(talk: Talk, cec: Browser) -> None:
    await answer(talk, cec)
    await decide(talk, cec)

    for what in ("answer/movex", "decide"):
        page = await form(talk, what)
        shown = await cec.page(page)
        assert "This is over" in shown
        assert '<button class="button first">' not in shown
        assert "Do not say it on the phone" not in shown


async def test_a_no_carries_its_reason(talk: Talk, cec: Browser) -> None:
    await answer(talk, cec, decision="declined", reason_code="dates")

    outcome = (await talk.story.data("request.answered"))[0]
    assert (outcome["decision"], outcome["reason_code"]) == ("declined", "dates")


async def test_another_offer_carries_session_seats_price_and_until_when(talk: Talk, cec: Browser) -> None:
    offered = {"session_ref": "movex/C07-1", "seats_offered": "2", "price": "190,50", "currency": "EUR"}
    await answer(talk, cec, decision="counter_offer", valid_until="2026-12-31", **offered)

    given = (await talk.request()).answer
    assert given is not None
    assert given.price is not None
    assert (given.session_ref, given.seats_offered, str(given.price.amount)) == ("movex/C07-1", 2, "190.50")
    assert str(given.valid_until) == "2026-12-31"


async def test_a_company_that_wants_to_know_more_is_passed_on(talk: Talk, cec: Browser) -> None:
    await decide(talk, cec, "needs_info", reason="Is there a bus?")

    assert (await talk.request()).company_asks == "Is there a bus?"


async def test_a_course_is_taken_out_with_a_reason(talk: Talk, cec: Browser) -> None:
    path = f"{ABOUT}/exclude"

    lacking = await cec.send(path, path, course="movex/C07")
    sent = await cec.send(path, path, course="movex/C07", reason="The machine is being replaced")
    await talk.story.settle()

    assert (lacking.status_code, sent.status_code) == (422, 303)
    need = await talk.story.row(Need, NEED)
    assert need is not None
    assert (need.excluded, need.state) == (("movex/C07",), "gap")


# ---- twice, too late, by others -----------------------------------------------------------------------------------------


async def test_a_form_sent_twice_is_recorded_once_and_says_so(talk: Talk, cec: Browser) -> None:
    path = await form(talk, "answer/movex")
    fields = fields_of(await cec.page(path), path) | {"decision": "accepted"}

    first = await cec.post(path, fields)
    await talk.story.settle()
    second = await cec.post(path, fields)
    page = await followed(cec, second.headers["location"])

    assert (first.status_code, second.status_code) == (303, 303)
    assert notice_in(page) == "This was recorded before, so nothing was added."
    assert await count(talk, "match.answered") == 1


async def test_a_form_sent_again_with_other_words_adds_nothing(talk: Talk, cec: Browser) -> None:
    path = await form(talk, "answer/movex")
    fields = fields_of(await cec.page(path), path)

    await cec.post(path, fields | {"decision": "accepted"})
    second = await cec.post(path, fields | {"decision": "interested"})

    assert "sent before with other words" in notice_in(await followed(cec, second.headers["location"]))
    assert await count(talk, "match.answered") == 1


@pytest.mark.parametrize("what", ["answer/movex", "decide"])
async def test_a_form_that_things_moved_on_from_changes_nothing_and_says_so(
    talk: Talk, cec: Browser, what: str
) -> None:
    path = await form(talk, what)
    fields = fields_of(await cec.page(path), path)
    await talk.answer(decision="interested")

    sent = await cec.post(path, fields | {"decision": "declined", "reason_code": "dates"})

    assert "had moved on" in notice_in(await followed(cec, sent.headers["location"]))
    assert await count(talk, "match.decided") == 0
    assert (await talk.request()).state == "interested"


async def test_what_cannot_apply_any_more_is_told_in_a_sentence(talk: Talk, cec: Browser) -> None:
    page = await decide(talk, cec)

    assert "nothing was changed: movex has not answered; a candidate needs the yes of all its providers" in page
    assert "not_accepted_yet" not in page
    assert await talk.story.row(Cooperation, (await talk.match()).key) is None


async def test_a_nomination_of_nobody_in_the_vault_is_not_recorded(talk: Talk, cec: Browser) -> None:
    await talk.agree()
    await talk.story.person("p-elsewhere", "norte", kind="learner")
    path = await form(talk, "nominate")
    filled = {"party": "betangible", "age_band": "18+", "learner_status": "employed", "weekly_hours": "15"}

    for ref in ("p-nobody", "p-elsewhere", "", "../x"):
        sent = await cec.send(path, path, learner_ref=ref, **filled)
        assert sent.status_code == 422
        assert "Nothing was recorded yet" in sent.text
    assert await count(talk, "learner.nominated") == 0


async def test_up_to_four_guardians_are_put_in_one_after_the_other_and_named(talk: Talk, cec: Browser) -> None:
    await talk.agree()
    page, nominate = await form(talk, "people"), await form(talk, "nominate")
    lives = {"language": "es", "timezone": "Europe/Madrid", "party": "betangible", "email": "a@b.example"}
    there = nominate
    for n, kind in enumerate(["learner", *["guardian"] * 4, "tutor"]):
        born = {"birth_date": "2010-05-01"} if kind == "learner" else {}
        fields = fields_of(await cec.page(there), page) | lives | born | {"kind": kind, "name": f"Name {n}"}
        there = (await cec.post(page, fields)).headers["location"].removeprefix("/console")
    chosen = {"age_band": "15-17", "learner_status": "pupil", "weekly_hours": "15", "party": "betangible"}
    fields = fields_of(await cec.page(there), nominate) | chosen
    assert len(fields["guardian_refs"].split()) == 4

    fifth = await cec.post(nominate, fields | {"guardian_refs": fields["guardian_refs"] + ", p-fifth"})
    stranger = await cec.post(nominate, fields | {"guardian_refs": "p-nobody"})
    sent = await cec.post(nominate, fields)
    await talk.story.settle()

    assert (fifth.status_code, stranger.status_code, sent.status_code) == (422, 422, 303)
    assert "give at most 4" in fifth.text
    assert "&#34;p-nobody&#34;: Nobody of the parties stands behind this ref" in stranger.text
    (nominated,) = await cec.hub.store.read(nouns.page, Nomination)
    assert list(nominated.told.guardian_refs) == fields["guardian_refs"].split()
    assert nominated.told.tutor_ref == fields["tutor_ref"]
    assert await talk.rejections() == []


async def test_who_mistypes_a_guardian_keeps_the_learner_that_was_put_in(talk: Talk, cec: Browser) -> None:
    await talk.agree()
    there = await cec.page(await form(talk, "nominate"), learner="p-1", guardians="p-2")
    fields = fields_of(there, await form(talk, "people")) | {"kind": "guardian", "name": "Rui", "email": "no address"}

    sent = await cec.post(await form(talk, "people"), fields | {"party": "betangible", "language": "es"})

    assert sent.status_code == 422
    assert 'name="learner_ref" value="p-1"' in sent.text
    assert 'name="guardian_refs" value="p-2"' in sent.text


async def test_a_person_sent_twice_is_in_the_vault_once(talk: Talk, cec: Browser) -> None:
    await talk.agree()
    path = await form(talk, "people")
    page = await cec.page(await form(talk, "nominate"))
    person = {"kind": "learner", "name": "Ana Exemplo", "email": "ana@betangible.example", "party": "betangible"}
    fields = fields_of(page, path) | person | {"language": "es", "timezone": "Europe/Madrid"}

    first, second = await cec.post(path, fields), await cec.post(path, fields)

    assert first.headers["location"] == second.headers["location"]
    assert len(await cec.hub.store.read(people.of, ["betangible"], kind="learner")) == 1


async def test_a_person_of_no_party_is_not_put_in(talk: Talk, cec: Browser) -> None:
    await talk.agree()
    path = await form(talk, "people")
    fields = fields_of(await cec.page(await form(talk, "nominate")), path)

    sent = await cec.post(path, fields | {"kind": "learner", "name": "Ana", "email": "a@b.example", "party": "norte"})

    assert sent.status_code == 400
    assert await cec.hub.store.read(people.of, ["norte"], kind="learner") == []


async def test_a_minor_is_proposed_as_one_by_the_birth_date_and_by_the_clock_of_the_place(
    talk: Talk, cec: Browser
) -> None:
    await talk.agree()
    young = await talk.story.person("p-young", "betangible", kind="learner", birth_date="2010-05-01")

    page = await cec.page(await form(talk, "nominate"), learner=young, party="betangible")

    assert '<option value="15-17" selected>' in page
    assert "<option selected>Europe/Madrid" in page
    assert "2010" not in page


@pytest.mark.parametrize("what", ["answer/movex", "decide", "nominate"])
async def test_a_coordinator_of_other_regions_finds_nothing_to_record(talk: Talk, what: str) -> None:
    await talk.agree()
    path = await form(talk, what)
    async with browser_before(talk.story.hub) as browser:
        norte = await browser.sign_in(org="norte", role="coordinator")
        token = fields_of(await norte.page(""), "/sign-out")["token"]

        opened = await norte.get(path)
        sent = await norte.post(path, {"token": token, "once": "0" * 24, "mark": "x", "decision": "accepted"})

    assert (opened.status_code, sent.status_code) == (404, 404)
    assert await count(talk, "match.answered") == 1


async def test_a_form_from_elsewhere_records_nothing(talk: Talk, cec: Browser) -> None:
    path = await form(talk, "answer/movex")
    fields = fields_of(await cec.page(path), path) | {"decision": "accepted"}

    foreign = await cec.http.post(f"/console{path}", data=fields, headers={"origin": "https://evil.example"})
    tokenless = await cec.http.post(f"/console{path}", data=fields | {"token": "x"}, headers=OURS)

    assert (foreign.status_code, tokenless.status_code) == (403, 403)
    assert await count(talk, "match.answered") == 0


@pytest.mark.parametrize("once", ["", "x" * 24, "0" * 23, "../../../../../etc/passwd"])
async def test_a_form_without_its_id_is_not_taken(talk: Talk, cec: Browser, once: str) -> None:
    sent = await cec.send(path := await form(talk, "answer/movex"), path, decision="accepted", once=once)

    assert sent.status_code == 400
    assert await count(talk, "match.answered") == 0


# ---- what people type ---------------------------------------------------------------------------------------------------


async def test_html_and_line_breaks_are_words_like_any_other(talk: Talk, cec: Browser) -> None:
    sent = await cec.send(path := await form(talk, "answer/movex"), path, decision="interested", message=BAD)
    await talk.story.settle()
    page = await cec.page(sent.headers["location"].removeprefix("/console"))

    assert "set-cookie: a=b" not in {name.lower() for name in sent.headers}
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    said = await cec.hub.store.read(history.tail, after_seq=0, limit=1000, types=["eu.vethub.match.answered.v1"])
    assert orjson.loads(said[0].data)["message"] == BAD.replace("\r\n", "\n")


@pytest.mark.parametrize("name", ["seats_offered", "price", "valid_until", "session_ref"])
async def test_a_field_that_makes_no_sense_is_shown_again_with_what_is_wrong(
    talk: Talk, cec: Browser, name: str
) -> None:
    filled = {"decision": "counter_offer", "seats_offered": "2", name: BAD}
    sent = await cec.send(path := await form(talk, "answer/movex"), path, **filled)

    assert sent.status_code == 422
    assert "<script>alert" not in sent.text
    assert re.search(rf'(id|name)="{name}"[^>]*aria-invalid="true"', sent.text), name
    assert await count(talk, "match.answered") == 0


@pytest.mark.parametrize(
    ("filled", "wrong"),
    [
        ({"decision": ""}, "Say what it answered"),
        ({"decision": "maybe"}, "Say what it answered"),
        ({"decision": "declined"}, "Say why it declines"),
        ({"decision": "accepted", "reason_code": "dates"}, "A reason belongs to a no"),
        ({"decision": "counter_offer"}, "Say what it offers instead"),
    ],
)
async def test_an_answer_that_is_not_whole_is_asked_for_again(
    talk: Talk, cec: Browser, filled: dict[str, str], wrong: str
) -> None:
    sent = await cec.send(path := await form(talk, "answer/movex"), path, **filled)

    assert sent.status_code == 422
    assert wrong in sent.text
    assert await count(talk, "match.answered") == 0


async def test_nobody_is_named_before_there_is_an_agreement(talk: Talk, cec: Browser) -> None:
    page = await cec.page(await form(talk, "nominate"))

    assert "Nobody can be named now" in page
    assert "<form" not in page.partition("<main")[2]


async def test_a_match_that_is_none_is_not_found(cec: Browser) -> None:
    for match_id in (builders.MATCH_ID, "x", "%2e%2e"):
        assert (await cec.get(f"/matches/{match_id}/decide")).status_code == 404


async def test_a_candidate_can_be_taken_only_when_its_providers_said_yes(talk: Talk, cec: Browser) -> None:
    path = await form(talk, "decide")
    choice = r'<input type="radio" name="decision" value="accepted c1"[^>]*disabled'

    assert re.search(choice, await cec.page(path))
    await talk.answer()
    assert not re.search(choice, await cec.page(path))
    assert (await talk.story.row(Match, (await talk.match()).key)) is not None

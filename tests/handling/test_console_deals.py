"""Placements and agreements in the console: who sees them, what stands there, and that names stand in the document only."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from hub.agreements import pictures
from hub.mail.kinds.digests import CoordinatorDigest
from hub.rows import Agreement, Offer
from hub.settings import Settings
from hub.store import documents, nouns
from hub.store.documents import Document
from hub.web.console.pages.documents import Album
from tests import builders
from tests.handling.console import Browser, browser_before
from tests.handling.conversations import NEED, Talk, talking
from tests.story import day

LEARNER = "Rui Segredo"
HTML = '<b onmouseover="x">Costura</b>'


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        story = opened.story
        for org, nuts in (("cec", ["ES6"]), ("norte", ["PT11"])):
            await story.say("coordinator.registered", org, builders.coordinator(organisation_id=org, nuts=nuts))
        belcinto = builders.company(company_id="belcinto", legal_name="Belcinto", nuts="PT11A")
        await story.say("company.registered", "belcinto", belcinto)
        await story.say("placement.offered", "belcinto/O-001", builders.offer(title={"pt": HTML}))
        await opened.agree()
        learner = await story.person("p-rui", "betangible", kind="learner", name=LEARNER, birth_date="2010-05-01")
        await opened.nominate(learner_ref=learner, age_band="15-17", start=day(20), end=day(34))
        yield opened


@pytest.fixture
async def operator(talk: Talk) -> AsyncIterator[Browser]:
    async with browser_before(talk.story.hub) as found:
        yield await found.sign_in()


async def seen_by(talk: Talk, org: str, path: str) -> int:
    async with browser_before(talk.story.hub) as found:
        return (await (await found.sign_in(org=org, role="coordinator")).get(path)).status_code


async def agreement_of(talk: Talk) -> Agreement:
    (row,) = await talk.story.hub.store.read(nouns.page, Agreement)
    return row


async def cancel_the_session(talk: Talk) -> None:
    cancelled = {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"}
    await talk.story.say("session.cancelled", "movex/C07-1", cancelled)
    await talk.story.settle()


async def test_an_agreement_shows_roles_organisations_and_what_the_rules_say(talk: Talk, operator: Browser) -> None:
    row = await agreement_of(talk)
    page = unescape(await operator.page(f"/agreements/{row.key}"))

    for words in ("The learner", "A guardian of the learner", "Betangible SL", "Fundación Movex", "Not legal advice"):
        assert words in page
    assert "✕ not in order" in page
    for check in row.told.checks:
        assert check.rule in page
        assert check.detail in page
    assert LEARNER not in page
    assert "p-rui" not in page


async def test_the_overview_leads_to_a_draft_that_cannot_be_signed_as_it_is(talk: Talk, operator: Browser) -> None:
    row = await agreement_of(talk)
    page = unescape(await operator.page(""))

    assert "The draft for betangible/N-020 cannot be signed as it is" in page
    assert "not in order: «Somebody signs for a minor»" in page
    assert re.search(rf'class="button" href="/console/agreements/{row.key}">See why', page)

    await cancel_the_session(talk)

    assert "cannot be signed as it is" not in await operator.page("")


async def test_the_overview_and_the_mornings_mail_name_the_same_things(talk: Talk) -> None:
    await talk.story.person("p-hanne", "cec", kind="coordinator", language="en")
    await talk.story.say("need.published", "betangible/N-030", builders.need(need_id="N-030", max_hours=1))
    await talk.story.settle()

    async with browser_before(talk.story.hub) as found:
        page = unescape(await (await found.sign_in(org="cec", role="coordinator")).page(""))
    await talk.story.later(hours=24)
    *_, job = [job for job in await talk.story.jobs() if job.kind == "coordinator_digest"]

    todo = CoordinatorDigest.model_validate(job.body["context"]).todo
    assert {(line.what, line.ref) for line in todo} >= {("gap", "betangible/N-030"), ("agreement", "betangible/N-020")}
    assert "Nothing answers betangible/N-030 of Betangible SL" in page
    assert "The draft for betangible/N-020 cannot be signed as it is" in page
    assert page.count("See why") + page.count("See what is near") == sum(
        line.what in ("gap", "agreement") for line in todo
    )


async def test_a_page_of_a_document_is_drawn_once_and_each_look_is_let_in_anew(
    talk: Talk, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await agreement_of(talk)
    first = await operator.get(f"/agreements/{row.key}/pages/1")
    monkeypatch.setattr(pictures, "picture", lambda *_: pytest.fail("it was drawn before"))

    again = await operator.get(f"/agreements/{row.key}/pages/1")

    assert again.content == first.content
    assert await seen_by(talk, "norte", f"/agreements/{row.key}/pages/1") == 404


async def test_an_album_keeps_the_pages_looked_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def draw(_body: bytes, page: int) -> bytes:
        drawn.append(page)
        return bytes(100)

    monkeypatch.setattr(pictures, "picture", draw)
    album, paper = Album(kept=250), Document("a", 1, "ab" * 32, "", (), b"")

    for page in (1, 2, 1, 3, 1, 2):
        await album.picture(paper, page)

    assert drawn == [1, 2, 3, 2]


async def test_the_small_stream_leaves_out_what_the_hub_tells_itself(talk: Talk, operator: Browser) -> None:
    await cancel_the_session(talk)

    assert "need.rematch-due" in await talk.story.types()
    assert "It is matched again" not in await operator.page("")


async def test_a_draft_of_other_regions_needs_somebody_else(talk: Talk) -> None:
    async with browser_before(talk.story.hub) as found:
        page = await (await found.sign_in(org="norte", role="coordinator")).page("")

    assert "cannot be signed as it is" not in page


async def test_the_document_is_served_as_it_was_stored_and_its_pages_as_pictures(talk: Talk, operator: Browser) -> None:
    row = await agreement_of(talk)
    stored = await talk.story.hub.store.read(documents.find, row.key, 1)
    assert stored is not None

    pdf = await operator.get(f"/agreements/{row.key}/document.pdf")
    picture = await operator.get(f"/agreements/{row.key}/pages/1")

    assert (pdf.content, pdf.headers["content-type"]) == (stored.body, "application/pdf")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert (pdf.headers["cache-control"], picture.headers["cache-control"]) == ("no-store", "no-store")


@pytest.mark.parametrize("page", ["0", "99", "-1", "one", "1.5", "00001", "%31"])
async def test_a_page_that_the_document_does_not_have_is_not_there(talk: Talk, operator: Browser, page: str) -> None:
    row = await agreement_of(talk)
    expected = 200 if page == "%31" else 404

    assert (await operator.get(f"/agreements/{row.key}/pages/{page}")).status_code == expected


@pytest.mark.parametrize("part", ["", "/document.pdf", "/pages/1"])
async def test_an_agreement_is_seen_by_coordinators_of_its_region_only(talk: Talk, part: str) -> None:
    path = f"/agreements/{(await agreement_of(talk)).key}{part}"

    assert await seen_by(talk, "cec", path) == 200
    assert await seen_by(talk, "norte", path) == 404


async def test_lists_hold_what_lies_in_ones_regions(talk: Talk) -> None:
    async with browser_before(talk.story.hub) as cec, browser_before(talk.story.hub) as norte:
        await cec.sign_in(org="cec", role="coordinator")
        await norte.sign_in(org="norte", role="coordinator")

        assert "NOM-1" in await cec.page("/agreements")
        assert "No agreement is here" in await norte.page("/agreements")
        assert "No placement is here" in await cec.page("/placements")
        assert "belcinto/O-001" in await norte.page("/placements")
    assert await seen_by(talk, "cec", "/placements/belcinto/O-001") == 404


async def test_a_placement_without_providers_says_what_would_fit(talk: Talk, operator: Browser) -> None:
    page = unescape(await operator.page("/placements/belcinto/O-001"))

    offer = await talk.story.row(Offer, "belcinto/O-001")
    assert offer is not None
    assert offer.state == "open"
    assert "Nobody yet" in page
    assert "shares a language" in page
    assert "training at a workplace (FCT)" in page


async def test_what_companies_write_is_never_markup(talk: Talk, operator: Browser) -> None:
    for path in ("/placements", "/placements/belcinto/O-001"):
        page = await operator.page(path)
        assert HTML not in page
        assert "&lt;b onmouseover" in page


async def test_a_need_shows_what_was_agreed_and_who_learns_by_ref(talk: Talk, operator: Browser) -> None:
    page = await operator.page(f"/needs/{NEED}")

    assert "What was agreed" in page
    assert f"/console/agreements/{(await agreement_of(talk)).key}" in page
    assert LEARNER not in page


async def test_a_withdrawn_agreement_says_that_nobody_should_sign(talk: Talk, operator: Browser) -> None:
    row = await agreement_of(talk)
    await cancel_the_session(talk)

    assert "Nobody should sign it" in await operator.page(f"/agreements/{row.key}")


@pytest.mark.parametrize("word", ["belcinto/O-001", "the agreement", "betangible/NOM-1"])
async def test_the_search_box_finds_them(talk: Talk, operator: Browser, word: str) -> None:
    row = await agreement_of(talk)
    there = "/console/placements/belcinto/O-001" if word.startswith("belcinto") else f"/console/agreements/{row.key}"

    answer = await operator.get("/find", q=row.key if word == "the agreement" else word)

    assert answer.headers["location"] == there

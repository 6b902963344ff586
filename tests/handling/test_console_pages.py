"""What the console's pages tell, to whom, and what their forms change: once, and only what their sender saw."""

import re
from collections.abc import AsyncIterator

import pytest

from hub.access import Doorkeeper
from hub.rows import Match
from hub.settings import Settings
from hub.store import keys, nouns
from hub.store.jobs import JobRow
from tests import builders
from tests.handling.console import Browser, browser_before, fields_of
from tests.story import Story, playing

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    """Betangible's need N-020 in ES612 is matched with movex's course C07; an answer to an unknown match waits."""
    async with playing(embedded_settings) as story:
        await story.person("p-movex", "movex")
        await story.say("company.registered", "betangible", builders.company())
        await story.say("provider.registered", "movex", builders.provider(contact_ref="p-movex"))
        await story.say("curriculum.published", "movex/C07", builders.curriculum())
        await story.settle()
        await story.say("session.scheduled", "movex/C07-1", builders.session())
        await story.settle()
        await story.say("need.published", "betangible/N-020", builders.need())
        await story.say("match.answered", UNKNOWN, builders.answer(match_id=UNKNOWN))
        await story.settle()
        yield story


@pytest.fixture
async def browser(story: Story) -> AsyncIterator[Browser]:
    """An operator's."""
    async with browser_before(story.hub) as found:
        yield await found.sign_in()


async def coordinator(story: Story, browser: Browser, *nuts: str) -> Browser:
    await story.say("coordinator.registered", "cec", builders.coordinator(nuts=list(nuts)))
    await story.settle()
    browser.http.cookies.clear()
    return await browser.sign_in(org="cec", role="coordinator")


async def match_id(story: Story) -> str:
    return (await story.hub.store.read(nouns.page, Match))[0].key


async def mail_to_movex(story: Story) -> JobRow:
    return next(job for job in await story.jobs() if job.body.get("recipient_ref") == "p-movex")


# ---- what is told -----------------------------------------------------------------------------------------------------


async def test_a_need_tells_what_fits_why_and_who_was_asked(browser: Browser) -> None:
    page = await browser.page("/needs/betangible/N-020")

    assert "What fits" in page
    assert 'role="img" aria-label="' in page
    assert "of 100 points: skills" in page
    assert "not answered yet" in page
    assert "published the need" in page


async def test_a_need_that_nothing_answers_tells_what_would_have_to_change(story: Story, browser: Browser) -> None:
    await story.say("need.published", "betangible/N-1", builders.need(need_id="N-1", headcount=50))
    await story.settle()

    page = await browser.page("/needs/betangible/N-1")

    assert "Nothing fits yet" in page
    assert "for your group of 50" in page
    assert "a session with 50 free seats" in page


async def test_the_overview_says_who_has_not_answered(browser: Browser) -> None:
    page = await browser.page("")

    assert "has not answered betangible/N-020" in page
    assert 'href="/console/needs/betangible/N-020"' in page
    assert re.search(r'href="/console/matches/[^/]+/answer/movex">Record its answer', page)


async def test_numbers_are_links_to_lists_as_long(browser: Browser) -> None:
    page = await browser.page("")

    for address, number in re.findall(r'<li><a href="/console([^"]+)"><span class="big">(\d+)</span>', page):
        shown = await browser.page(address)
        assert shown.count('<td class="main">') == int(number), address


async def test_the_box_finds_anything_by_its_id(story: Story, browser: Browser) -> None:
    job = await mail_to_movex(story)
    (row,) = await story.parked()
    wanted = {
        "betangible/N-020": "/needs/betangible/N-020",
        await match_id(story): "/needs/betangible/N-020",
        "movex/C07": "/catalogue/movex/C07",
        "movex/C07-1": "/catalogue/movex/C07",
        " Movex ": "/organisations/movex",
        row.id: f"/parked/{row.parked_id}" if len(row.id) > 40 else f"/trace/{row.id}",
        row.parked_id: f"/parked/{row.parked_id}",
        job.job_id: f"/mailbox/{job.job_id}",
        "test-1": "/trace/test-1",
    }

    for word, path in wanted.items():
        assert (await browser.get("/find", q=word)).headers["location"] == f"/console{path}", word

    assert (await browser.get("/find", q="<b>nobody</b>")).headers["location"] == "/console"
    assert "Nothing here is called «&lt;b&gt;nobody&lt;/b&gt;»" in await browser.said()


async def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs(story: Story, browser: Browser) -> None:
    job = await mail_to_movex(story)

    page = await browser.get(f"/mailbox/{job.job_id}")
    frame = await browser.get(f"/mailbox/{job.job_id}/html")

    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert 'sandbox=""' in page.text
    assert "Ana Exemplo" in page.text
    assert frame.headers["content-security-policy"].endswith("sandbox")
    assert "script-src" not in frame.headers["content-security-policy"]
    assert "frame-src" not in (await browser.get("/needs")).headers["content-security-policy"]


async def test_what_people_wrote_is_never_part_of_a_page(story: Story, browser: Browser) -> None:
    title = EVIL[:200]
    await story.say("company.updated", "betangible", builders.company(legal_name=title))
    await story.say("provider.updated", "movex", builders.provider(legal_name=title, contact_ref="p-movex"))
    await story.say("curriculum.updated", "movex/C07", builders.curriculum(title={"en": title}, description=title))
    await story.say("need.updated", "betangible/N-020", builders.need(title={"es": title}, notes=title))
    await story.settle()
    found = await match_id(story)
    await story.say("match.answered", found, builders.answer(match_id=found, message=title))
    await story.settle()
    (row, *_) = await story.parked()
    jobs = await story.jobs()

    pages = ["", "/needs", "/needs/betangible/N-020", "/requests", "/gaps", "/stream", "/trace/betangible/N-020"]
    pages += [
        "/catalogue",
        "/catalogue/movex/C07",
        "/organisations",
        "/organisations/movex",
        "/organisations/betangible",
    ]
    pages += [f"/parked/{row.parked_id}", "/parked", "/mailbox", *(f"/mailbox/{job.job_id}" for job in jobs)]
    shown = [await browser.page(path) for path in pages]

    for path, page in zip(pages, shown, strict=True):
        assert "<script>alert" not in page, path
        assert "<img" not in page, path
    assert sum("&lt;script&gt;alert" in page for page in shown) > 8


# ---- to whom ----------------------------------------------------------------------------------------------------------


async def test_a_coordinator_sees_the_needs_of_its_regions(story: Story, browser: Browser) -> None:
    await coordinator(story, browser, "ES61")

    for path in ("", "/needs", "/needs/betangible/N-020", "/requests", "/trace/betangible/N-020"):
        assert "betangible" in await browser.page(path), path
    assert (await browser.get("/find", q="betangible/N-020")).headers["location"].endswith("/needs/betangible/N-020")


async def test_a_coordinator_learns_nothing_of_other_regions(story: Story, browser: Browser) -> None:
    found = await match_id(story)
    await coordinator(story, browser, "PT", "RO")

    for path in ("", "/needs", "/requests", "/gaps", "/organisations", "/catalogue"):
        page = await browser.page(path)
        assert "betangible" not in page.lower(), path
    for path in ("/needs/betangible/N-020", "/organisations/betangible", "/trace/betangible/N-020", f"/trace/{found}"):
        hidden, absent = await browser.get(path), await browser.get(path.replace("betangible", "nobody-here"))
        assert hidden.status_code == absent.status_code == 404, path
    for word in ("betangible/N-020", "betangible", found, "test-6"):
        assert (await browser.get("/find", q=word)).headers["location"] == "/console", word


async def test_what_is_the_operators_is_not_a_coordinators(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    job = await mail_to_movex(story)
    await coordinator(story, browser, "ES")
    token = fields_of(await browser.page(""), "/sign-out")["token"]

    for path in ("/parked", f"/parked/{row.parked_id}", "/mailbox", f"/mailbox/{job.job_id}", "/keys", "/stream"):
        assert (await browser.get(path)).status_code == 404, path
        assert f'href="/console{path}"' not in await browser.page("")
    for path in (f"/parked/{row.parked_id}/skip", "/keys/create", "/organisations/cec/link"):
        assert (await browser.post(path, {"token": token, "reason": "x"})).status_code == 404, path
    assert len(await story.parked()) == 1


# ---- forms ------------------------------------------------------------------------------------------------------------


async def test_a_parked_event_is_tried_again_and_skipped_with_a_reason(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"

    tried = await browser.send(path, f"{path}/retry")
    assert (tried.status_code, tried.headers["location"]) == (303, "/console/parked")
    assert "is tried again now" in await browser.said()
    assert await browser.said() == ""

    skipped = await browser.send(path, f"{path}/skip", reason="a slip of the sender")
    assert skipped.status_code == 303
    assert "is skipped in workflow" in await browser.said()
    assert await story.parked() == []
    assert "a slip of the sender" in await browser.page(f"/trace/{row.id}")


async def test_a_form_sent_twice_says_so_and_changes_nothing(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"
    fields = fields_of(await browser.page(path), f"{path}/skip") | {"reason": "once"}

    await browser.post(f"{path}/skip", fields)
    await browser.said()
    again = await browser.post(f"{path}/skip", fields)

    assert again.status_code == 303
    assert "is not parked any more" in await browser.said()


async def test_a_form_whose_state_moved_on_says_so_and_changes_nothing(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"
    fields = fields_of(await browser.page(path), f"{path}/skip") | {"reason": "late"}
    await story.later(minutes=5)

    answer = await browser.post(f"{path}/skip", fields)

    assert answer.headers["location"] == f"/console{path}"
    assert "had moved on" in await browser.said()
    assert len(await story.parked()) == 1


async def test_nothing_is_skipped_without_a_reason(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"

    answer = await browser.send(path, f"{path}/skip", reason="  ")

    assert answer.status_code == 400
    assert "Say why" in answer.text
    assert len(await story.parked()) == 1


async def test_a_key_is_shown_once_and_opens_until_it_is_revoked(story: Story, browser: Browser) -> None:
    fields = fields_of(await browser.page("/keys"), "/keys/create") | {"org": "movex", "scope-read": "on"}

    made = await browser.post("/keys/create", fields)
    again = await browser.post("/keys/create", fields)

    key = re.findall(r"hub_live_[\w-]+", made.text)[0]
    sender = await Doorkeeper(story.hub.store, story.hub.clock).sender(key)
    assert sender is not None
    assert (sender.org, sender.scopes) == ("movex", frozenset({"read"}))
    assert again.status_code == 409
    assert "sent before" in again.text
    assert key not in await browser.page("/keys")
    assert len(await story.hub.store.read(keys.listing)) == 1

    path = f"/keys/{sender.key_id}"
    await browser.send(path, f"{path}/revoke")
    assert "opens nothing any more" in await browser.said()
    await browser.post(f"{path}/revoke", {"token": fields["token"]})
    assert "was revoked before" in await browser.said()
    assert await Doorkeeper(story.hub.store, story.hub.clock).sender(key) is None


@pytest.mark.parametrize(
    ("filled", "cure"),
    [({"org": "Movex!"}, "small letters"), ({"org": "movex", "scope-operate": "on"}, "for organisation «hub» only")],
)
async def test_a_key_that_cannot_be_is_explained_where_it_was_asked_for(
    browser: Browser, filled: dict[str, str], cure: str
) -> None:
    answer = await browser.send("/keys", "/keys/create", **filled)

    assert answer.status_code == 422
    assert cure in answer.text
    assert f'value="{filled["org"]}"' in answer.text


async def test_an_operator_gives_a_coordinator_a_way_in(story: Story, browser: Browser) -> None:
    await story.say("coordinator.registered", "cec", builders.coordinator(nuts=["ES"]))
    await story.settle()

    shown = await browser.send("/organisations/cec", "/organisations/cec/link")
    secret = re.findall(r"/console/sign-in/([\w-]+)", shown.text)[0]
    browser.http.cookies.clear()
    await browser.use(secret)

    assert "Coordinator, cec" in await browser.page("")
    assert (await browser.get("/keys")).status_code == 404


async def test_reading_pages_changes_nothing(story: Story, browser: Browser) -> None:
    before = await story.types(), [(row.parked_id, row.attempts, row.next_at) for row in await story.parked()]
    (row,) = await story.parked()

    for path in ("", "/needs", "/parked", f"/parked/{row.parked_id}", f"/parked/{row.parked_id}/skip", "/keys"):
        await browser.get(path)

    assert before == (await story.types(), [(row.parked_id, row.attempts, row.next_at) for row in await story.parked()])

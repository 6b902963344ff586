"""What operators do is written down: who, when, what, on what, and what came of it; nothing of it is lost or made up."""

from collections.abc import AsyncIterator

import pytest

from hub.access import create_key
from hub.erasure import erase
from hub.settings import Settings
from hub.store import audit
from hub.store.audit import Acted, Deed
from hub.store.session import Session
from tests import builders
from tests.handling.console import Browser, browser_before, fields_of
from tests.story import Story, playing

UNKNOWN = "00000000-0000-7000-8000-000000000000"
DEED = Deed("2026-11-23T12:00:00.000000Z", "cli:1000", "key.revoke", "k-1")


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    """An answer to an unknown match waits."""
    async with playing(embedded_settings) as story:
        await story.say("match.answered", UNKNOWN, builders.answer(match_id=UNKNOWN))
        await story.settle()
        yield story


@pytest.fixture
async def browser(story: Story) -> AsyncIterator[Browser]:
    async with browser_before(story.hub) as found:
        yield await found.sign_in()


async def acts(story: Story, act: str = "") -> list[Acted]:
    return await story.hub.store.read(audit.newest, limit=100, act=act)


async def test_signing_in_leads_from_the_link_to_the_session(story: Story, browser: Browser) -> None:
    entered, made = await acts(story, "console")

    assert (made.act, made.who, made.detail) == ("console.link", "hub", {"role": "operator", "org": "hub"})
    assert (entered.act, entered.about) == ("console.enter", made.about)
    assert entered.who.startswith("console:")


async def test_what_is_done_in_the_console_is_done_by_its_session(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"
    await browser.send(path, f"{path}/retry")
    await browser.send(path, f"{path}/skip", reason="a slip of the sender")

    skipped, tried = await acts(story, "parked")
    (session,) = {each.who for each in await acts(story, "console.enter")}

    assert (skipped.act, tried.act) == ("parked.skip", "parked.retry")
    assert {(each.who, each.about, each.result) for each in (skipped, tried)} == {(session, row.id, "done")}
    assert skipped.detail == {"group": "workflow", "reason": "a slip of the sender"}


async def test_a_form_that_came_too_late_did_nothing_and_is_not_told_as_done(story: Story, browser: Browser) -> None:
    (row,) = await story.parked()
    path = f"/parked/{row.parked_id}"
    fields = fields_of(await browser.page(path), f"{path}/skip") | {"reason": "once"}
    await browser.post(f"{path}/skip", fields)
    await browser.post(f"{path}/skip", fields)

    assert [each.act for each in await acts(story, "parked")] == ["parked.skip"]


async def test_a_key_is_told_by_its_id_and_a_person_by_a_ref(story: Story) -> None:
    store, clock = story.hub.store, story.hub.clock
    key, row = await create_key(store, clock, org="movex", scopes=("read",), by="cli:1000")
    await story.person("p-ana", "movex")
    await erase(store, story.hub.log, clock, "p-ana", by="cli:1000")

    erased, made = await acts(story)

    assert (made.act, made.about, made.detail) == ("key.create", row.key_id, {"org": "movex", "scopes": "read"})
    assert (erased.act, erased.about, erased.detail) == ("people.erase", "p-ana", {"org": "movex"})
    assert all(secret not in str(each.as_json()) for each in (erased, made) for secret in (key, "Ana"))


async def test_what_changed_nothing_says_so(story: Story) -> None:
    async def nothing(_session: Session) -> int:
        return 0

    await story.hub.store.write(audit.acted, DEED, nothing)

    assert [(each.act, each.result) for each in await acts(story)] == [("key.revoke", audit.NOTHING)]


async def test_what_failed_is_not_written_down(story: Story) -> None:
    async def broken(_session: Session) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await story.hub.store.write(audit.acted, DEED, broken)

    assert await acts(story) == []

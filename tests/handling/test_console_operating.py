"""What operators do in the console beside single events: lots of retries, edited copies, replays, and the audit of it."""

import re
from collections.abc import AsyncIterator

import orjson
import pytest

from hub.rows import Counter
from hub.settings import Settings
from hub.store import audit, nouns
from tests import builders
from tests.handling.console import Browser, browser_before
from tests.story import Story, playing

UNKNOWN = "00000000-0000-7000-8000-00000000000{}"


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    """A need that nothing answers, and three answers to unknown matches that wait."""
    async with playing(embedded_settings) as story:
        await story.say("company.registered", "betangible", builders.company())
        await story.say("need.published", "betangible/N-020", builders.need())
        for n in range(3):
            await story.say("match.answered", UNKNOWN.format(n), builders.answer(match_id=UNKNOWN.format(n)))
        await story.settle()
        yield story


@pytest.fixture
async def browser(story: Story) -> AsyncIterator[Browser]:
    async with browser_before(story.hub) as found:
        yield await found.sign_in()


async def figures(story: Story) -> dict[str, int]:
    return {row.key: row.count for row in await story.hub.store.read(nouns.page, Counter)}


async def acts(story: Story) -> list[str]:
    return [each.act for each in await story.hub.store.read(audit.newest, limit=5)]


async def test_what_the_list_shows_is_tried_again_and_its_page_tells_how_far_it_is(
    story: Story, browser: Browser
) -> None:
    shown = await browser.page("/parked", group="workflow", types="match.*")
    assert shown.count('<td class="main"><a href="/console/parked/') == 3

    sent = await browser.send("/parked?group=workflow", "/parked/retry-all", rate="0.5")
    place = sent.headers["location"].removeprefix("/console")
    going = await browser.get(place)
    assert "3 events to come" in going.text
    assert '<progress id="far" max="3" value="0">' in going.text
    assert going.headers["refresh"] == "3"
    assert f'href="/console{place}"' in await browser.page("/parked")

    await story.settle()
    assert "2 events to come" in await browser.page(place)
    await browser.send(place, f"{place}/stop")
    ended = await browser.get(place)
    assert "All came up" in ended.text
    assert "refresh" not in ended.headers
    assert await acts(story) == ["parked.stop", "parked.retry-all", "console.enter", "console.link"]


async def test_two_operators_who_try_the_same_again_are_told_who_was_first(browser: Browser) -> None:
    first = await browser.send("/parked", "/parked/retry-all", rate="10")
    fields = {"token": re.findall(r'name="token" value="(\w+)"', await browser.page("/parked"))[0], "rate": "10"}
    second = await browser.post("/parked/retry-all", fields)

    assert "/parked/lots/" in first.headers["location"]
    assert second.headers["location"] == "/console/parked"
    assert "in a lot that goes on" in await browser.said()


@pytest.mark.parametrize("rate", ["", "many", "0", "-1", "nan", "1e9"])
async def test_a_rate_is_a_number_that_makes_sense(story: Story, browser: Browser, rate: str) -> None:
    answer = await browser.send("/parked", "/parked/retry-all", rate=rate)

    assert answer.status_code == 400
    assert "how many a second" in answer.text
    assert "parked.retry-all" not in await acts(story)


async def test_an_edited_copy_is_published_in_the_originals_place(story: Story, browser: Browser) -> None:
    row, *_ = await story.parked()
    place = f"/parked/{row.parked_id}/edit"
    form = await browser.page(place)
    assert f"<code>{row.id}.edited-1</code>" in form
    told = builders.answer(match_id=UNKNOWN.format(9))

    wrong = await browser.send(place, place, data="{")
    empty = await browser.send(place, place, data="{}")
    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "are not JSON" in wrong.text
    assert "<code>/data/match_id</code>" in empty.text
    assert len(await story.parked()) == 3

    done = await browser.send(place, place, about=UNKNOWN.format(9), data=orjson.dumps(told).decode())

    assert done.headers["location"] == f"/console/trace/{row.id}.edited-1"
    assert f"is published in place of {row.id}" in await browser.said()
    assert len(await story.parked()) == 2
    assert "was given an edited copy" in await browser.page(f"/trace/{row.id}")


async def test_a_replay_is_counted_first_and_leaves_the_same_figures(story: Story, browser: Browser) -> None:
    before = await figures(story)
    assert sum(before.values()) > 1

    plan = await browser.page("/replay/plan", group="projector")
    assert f"would handle {sum(before.values())} events" in plan
    assert await figures(story) == before

    sent = await browser.send("/replay/plan?group=projector", "/replay/begin")
    assert sent.headers["location"] == "/console/replay"
    assert await figures(story) == {}
    assert (await browser.get("/replay")).headers["refresh"] == "3"
    while await story.hub.replayer.step() is not None:
        pass

    assert await figures(story) == before
    assert "epoch 1" in await browser.page("/replay")
    assert (await acts(story))[0] == "replay.start"


async def test_a_replay_is_stopped_and_goes_on(story: Story, browser: Browser) -> None:
    await browser.send("/replay/plan?group=projector", "/replay/begin")
    await browser.send("/replay", "/replay/projector/stop")
    assert await story.hub.replayer.step() is None

    await browser.send("/replay", "/replay/projector/resume")

    assert "goes on" in await browser.said()
    assert await story.hub.replayer.step() is not None


async def test_a_group_that_sends_has_no_plan(browser: Browser) -> None:
    answer = await browser.get("/replay/plan", group="workflow")

    assert answer.status_code == 404
    assert "Only groups that send nothing are replayed: projector" in answer.text
    assert (await browser.get("/replay/plan", group="projector", **{"from": "soon"})).status_code == 400


async def test_the_audit_tells_who_did_what_and_leads_to_all_on_one_thing(story: Story, browser: Browser) -> None:
    row, *_ = await story.parked()
    await browser.send(f"/parked/{row.parked_id}", f"/parked/{row.parked_id}/skip", reason="a slip")

    told = await browser.page("/audit", act="parked")
    one = await browser.page("/audit", on=row.id)

    assert "parked.skip" in told
    assert "reason a slip" in told
    assert "console.enter" not in told
    assert one.count("parked.skip") == 1
    assert "Nobody did anything of this kind" in await browser.page("/audit", act="topics")


async def test_the_stream_is_sifted_by_what_came_of_events(browser: Browser) -> None:
    waiting = await browser.page("/stream", group="workflow", outcome="waiting")
    about = await browser.page("/stream", subject="betangible/N-020", group="workflow", about="need")
    nobody = await browser.page("/stream", org="nobody-here")

    assert waiting.count('<td class="main">') == 3
    assert 'name="outcome"' in waiting
    assert 'name="about" value="need"' in about
    assert "match.answered" not in about.partition("<tbody")[2]
    assert "No event is here" in nobody


async def test_the_lines_tell_how_many_events_waited(story: Story, browser: Browser) -> None:
    await story.hub.sampler.take()
    await story.say("need.published", "betangible/N-021", builders.need(need_id="N-021"))
    story.clock.advance(seconds=20)

    page = await browser.page("/parked")

    assert "matcher: at most 1 events waited in the last ten minutes, 1 now" in page
    assert "<polyline" in page


async def test_a_trace_tells_operators_of_tries_and_mails(story: Story, browser: Browser) -> None:
    row, *_ = await story.parked()

    assert "next " in (await browser.page(f"/trace/{row.id}")).partition(f'href="/console/parked/{row.parked_id}"')[2]

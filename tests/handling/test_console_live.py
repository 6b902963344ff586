"""The live stream: says how much came to whoever may know of it, and ends with the session and with the hub."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from hub.settings import Settings
from hub.store import history
from hub.visitors import COORDINATOR, OPERATOR, Visitor, enter, leave, make_link, visitor
from hub.web.console import live as module
from hub.web.console.live import Live
from tests import builders
from tests.story import Story, playing

PATIENCE = 60.0  # seconds; nothing here takes that long


@pytest.fixture
async def story(embedded_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Story]:
    monkeypatch.setattr(module, "EVERY", 0.001)
    async with playing(embedded_settings) as found:
        await found.say("company.registered", "betangible", builders.company())
        await found.say("coordinator.registered", "cec", builders.coordinator(nuts=["ES"]))
        await found.say("coordinator.registered", "norte", builders.coordinator(organisation_id="norte", nuts=["PT"]))
        await found.settle()
        yield found


@pytest.fixture
async def live(story: Story) -> AsyncIterator[Live]:
    found = Live(story.hub)
    yield found
    found.close()


async def signed_in(story: Story, *, org: str = "hub", role: str = OPERATOR) -> Visitor:
    store, clock = story.hub.store, story.hub.clock
    cookie = await enter(store, clock, await make_link(store, clock, org=org, role=role))
    assert cookie is not None
    found = await visitor(store, clock, cookie)
    assert found is not None
    return found


async def opened(live: Live, who: Visitor, after: int | None = None) -> AsyncIterator[bytes]:
    """Open a stream of what came after a number, else of what comes from now on."""
    stream = live.stream(who, after)
    await anext(stream)
    return stream


async def told(stream: AsyncIterator[bytes]) -> tuple[str, dict[str, int]]:
    piece = b":"
    while piece.startswith(b":"):
        piece = await asyncio.wait_for(anext(stream), PATIENCE)  # type: ignore[arg-type]
    said = dict(line.split(": ", 1) for line in piece.decode().strip().splitlines())
    return said["event"], orjson.loads(said["data"])


async def publish(story: Story) -> None:
    await story.say("need.published", "betangible/N-020", builders.need())


async def test_what_comes_is_counted_by_noun_and_nothing_of_it_is_told(story: Story, live: Live) -> None:
    stream = await opened(live, await signed_in(story))

    await publish(story)

    assert await told(stream) == ("new", {"need": 1})


async def test_what_came_between_the_drawing_of_a_page_and_its_stream_is_told_once(story: Story, live: Live) -> None:
    before = await story.hub.store.read(history.last_seq)
    early = await opened(live, await signed_in(story))
    await publish(story)
    assert await told(early) == ("new", {"need": 1})

    late = await opened(live, await signed_in(story), before)
    assert await told(late) == ("new", {"need": 1})
    await story.say("need.updated", "betangible/N-020", builders.need(headcount=4))

    assert await told(early) == ("new", {"need": 1})
    assert await told(late) == ("new", {"need": 1})


async def test_each_message_says_where_a_browser_that_lost_it_goes_on(story: Story, live: Live) -> None:
    stream = await opened(live, await signed_in(story))
    await publish(story)

    piece = await anext(stream)  # type: ignore[arg-type]
    while piece.startswith(b":"):
        piece = await anext(stream)  # type: ignore[arg-type]

    assert piece.startswith(b"id: %d\n" % await story.hub.store.read(history.last_seq))


@pytest.mark.parametrize("after", [-1, 0, 10**17])
async def test_a_stream_goes_back_a_page_at_most_and_never_waits_for_a_number_that_is_far_away(
    story: Story, live: Live, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    stream = await opened(live, await signed_in(story), after)
    await publish(story)

    assert sum((await told(stream))[1].values()) <= 3
    await story.say("need.updated", "betangible/N-020", builders.need(headcount=4))
    assert (await told(stream))[0] == "new"


async def test_a_coordinator_hears_of_its_own_regions_only(story: Story, live: Live) -> None:
    here = await opened(live, await signed_in(story, org="cec", role=COORDINATOR))
    elsewhere = await opened(live, await signed_in(story, org="norte", role=COORDINATOR))
    await publish(story)
    await story.settle()
    await story.say("need.updated", "betangible/N-020", builders.need(headcount=4))

    kind, counted = await told(here)
    assert (kind, counted["need"] > 0) == ("new", True)
    live.close()
    assert not [piece async for piece in elsewhere if not piece.startswith(b":")]


async def test_signing_out_ends_the_streams_of_that_session_alone(story: Story, live: Live) -> None:
    mine, other = await signed_in(story), await signed_in(story)
    gone, stays = await opened(live, mine), await opened(live, other)

    live.leave(mine.session)
    await publish(story)

    assert await told(gone) == ("ended", {})
    assert (await told(stays))[0] == "new"
    with pytest.raises(StopAsyncIteration):
        await anext(gone)  # type: ignore[arg-type]


async def test_a_session_that_ended_elsewhere_ends_its_streams_at_the_next_heartbeat(
    story: Story, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.01)
    who = await signed_in(story)
    stream = await opened(live, who)
    assert await anext(stream) == b": still here\n\n"  # type: ignore[arg-type]

    await leave(story.hub.store, who.session)

    pieces = [piece async for piece in stream]
    assert pieces[-1] == b"event: ended\ndata: {}\n\n"


async def test_a_hub_that_stops_ends_every_stream_and_opens_no_more(story: Story, live: Live) -> None:
    streams = [await opened(live, await signed_in(story)) for _ in range(3)]

    live.close()

    for stream in streams:
        assert b"ended" not in b"".join([piece async for piece in stream])  # the browser may come back
    late = live.stream(await signed_in(story))
    assert [piece async for piece in late][1:] == []

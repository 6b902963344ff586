"""When a hub is through with what was said: nothing untaken, nothing on its way out; and that who waits for it is called."""

from collections.abc import AsyncIterator

import pytest

from hub.settings import Settings
from tests import builders
from tests.story import Story, playing


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    async with playing(embedded_settings) as opened:
        yield opened


async def test_a_hub_is_quiet_once_every_group_has_taken_what_was_said(story: Story) -> None:
    assert await story.hub.is_quiet()

    await story.say("company.registered", "betangible", builders.company())
    assert not await story.hub.is_quiet()

    await story.settle()
    assert await story.hub.is_quiet()


async def test_what_waits_is_quiet_but_looked_at_again(story: Story) -> None:
    await story.say("need.published", "betangible/N-020", builders.need())
    await story.settle()

    assert len(await story.parked()) == 1
    assert await story.hub.is_quiet()
    assert not await story.hub.is_idle()


async def test_who_waits_is_called_by_every_commit_and_every_report(story: Story) -> None:
    called: list[int] = []
    story.hub.call_when_moved(lambda: called.append(len(called)))

    await story.person("p-movex", "movex")
    await story.say("provider.registered", "movex", builders.provider(contact_ref="p-movex"))
    await story.settle()
    committed = len(called)
    await story.say("company.registered", "betangible", builders.company())
    await story.say("curriculum.published", "movex/C07", builders.curriculum())
    await story.settle()
    await story.say("session.scheduled", "movex/C07-1", builders.session())
    await story.say("need.published", "betangible/N-020", builders.need())
    await story.settle()

    assert committed >= 1
    mails = [job for job in await story.jobs() if job.channel == "mail"]
    assert mails
    assert len(called) > committed + 2

"""`vet-hub digest preview`: what a coordinator would get, or in one sentence why nothing; nothing is stored."""

from collections.abc import AsyncIterator

import pytest

from hub.cli.digest import _preview
from hub.errors import HubError
from hub.mail.kinds.digests import CoordinatorDigest
from hub.mail.render import render
from hub.settings import Settings
from hub.store import history
from tests.handling.conversations import Talk, talking
from tests.handling.test_digests import TUESDAY, coordinator, digests, register, until

AT = "2026-11-24T07:00"


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings) as opened:
        await register(opened.story)
        await coordinator(opened.story, timezone="Europe/Warsaw", language="es")
        yield opened


async def test_it_shows_the_mail_in_the_readers_language_and_stores_nothing(
    talk: Talk, embedded_settings: Settings
) -> None:
    before = await talk.story.hub.store.read(history.last_seq)

    shown = await _preview(embedded_settings, "p-hanne", AT)

    assert (shown["at"], shown["local_date"]) == ("2026-11-24T07:00:00+01:00", "2026-11-24")
    assert "Betangible SL" in shown["text"]
    assert "Buenas noticias" in shown["html"]
    assert await talk.story.hub.store.read(history.last_seq) == before
    assert await digests(talk.story) == []


TOLD = "the mail of 2026-11-24 has been prepared already, and mail list shows it; --at names another morning"


async def test_what_it_shows_is_what_is_sent(talk: Talk, embedded_settings: Settings) -> None:
    shown = await _preview(embedded_settings, "cec", AT)
    await until(talk.story, TUESDAY)

    (job,) = await digests(talk.story)
    context = CoordinatorDigest.model_validate(job.body["context"])
    assert render("coordinator_digest", language="es", context=context).text == shown["text"]
    again = await _preview(embedded_settings, "p-hanne", AT)
    assert (again["reason"], again["detail"]) == ("told", TOLD)


async def test_it_says_why_there_would_be_no_mail(embedded_settings: Settings) -> None:
    async with talking(embedded_settings) as talk:
        await coordinator(talk.story)
        assert (await _preview(embedded_settings, "p-hanne", AT))["reason"] == "no_region"

        await register(talk.story, "cec", "RO")

        assert (await _preview(embedded_settings, "p-hanne", AT))["reason"] == "nothing_new"


@pytest.mark.parametrize(
    ("word", "at", "complaint"),
    [
        ("p-nobody", AT, "nobody stands behind 'p-nobody'"),
        ("p-movex", AT, "p-movex is a contact; only people of kind coordinator"),
        ("p-hanne", "tomorrow", "--at 'tomorrow' is no instant; write 2026-11-24T07:00"),
    ],
)
async def test_what_cannot_be_previewed_is_said_in_one_sentence(
    talk: Talk, embedded_settings: Settings, word: str, at: str, complaint: str
) -> None:
    with pytest.raises(HubError, match=complaint.replace("(", r"\(")):
        await _preview(embedded_settings, word, at)


async def test_of_an_organisation_with_several_coordinators_one_must_be_named(
    talk: Talk, embedded_settings: Settings
) -> None:
    await coordinator(talk.story, "p-odile")

    with pytest.raises(HubError, match="several coordinators: p-hanne, p-odile"):
        await _preview(embedded_settings, "cec", AT)

"""The conversation over HTTP, each side with its own key: answers, decisions, nominations, and what is not theirs to say."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.settings import Settings
from tests import builders
from tests.handling.conftest import Caller, Office, event, office_over
from tests.handling.conversations import Talk, talking
from tests.story import day


@pytest.fixture
async def asked(embedded_settings: Settings) -> AsyncIterator[tuple[Talk, Office, str]]:
    """An office over a hub in which movex was asked, and the match."""
    async with talking(embedded_settings) as talk, office_over(talk.story.hub) as office:
        yield talk, office, (await talk.match()).key


def answered(match_id: str, **changes: Any) -> dict[str, Any]:
    data = builders.answer(match_id=match_id, **changes)
    return event("match.answered", id=f"a-{len(str(changes))}", subject=match_id, data=data)


def decided(match_id: str, **attributes: Any) -> dict[str, Any]:
    return event("match.decided", subject=match_id, data=builders.decision(match_id=match_id), **attributes)


async def test_the_whole_conversation_goes_over_http(asked: tuple[Talk, Office, str]) -> None:
    talk, office, match_id = asked
    provider, company = await office.caller("movex"), await office.caller("betangible")
    learner = {"kind": "learner", "organisation": "movex", "name": "Ana Exemplo", "email": "ana@movex.example"}

    statuses = [(await provider.post(answered(match_id))).status_code]
    await talk.story.settle()
    statuses.append((await company.post(decided(match_id))).status_code)
    await talk.story.settle()
    ref = (await put(provider, learner | {"language": "es", "timezone": "Europe/Madrid"})).json()["ref"]
    told = builders.nomination(match_id=match_id, learner_ref=ref, start=day(20), end=day(34))
    nominated = event("learner.nominated", source="/providers/movex", subject="movex/NOM-1", data=told)
    statuses.append((await provider.post(nominated)).status_code)
    await talk.story.settle()

    assert statuses == [202, 202, 202]
    shown = (await company.get(f"/v1/matches/{match_id}")).json()["cooperation"]
    assert (shown["nominations"], len(shown["agreements"])) == (["movex/NOM-1"], 1)
    paper = await provider.get(f"/v1/agreements/{shown['agreements'][0]}/document.pdf")
    assert paper.content.startswith(b"%PDF-")


async def put(caller: Caller, person: dict[str, Any]) -> Any:
    return await caller.post(person, path="/v1/people", content_type="application/json")


async def test_a_company_decides_on_its_own_matches_only(asked: tuple[Talk, Office, str]) -> None:
    _, office, match_id = asked
    other = await office.caller("belcinto")
    before = await office.stored()

    answer = await other.post(decided(match_id, source="/companies/belcinto"))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/subject")
    assert "betangible" not in answer.text
    assert await office.stored() == before


async def test_a_provider_answers_for_itself_only(asked: tuple[Talk, Office, str]) -> None:
    _, office, match_id = asked
    other = await office.caller("ctcp")

    answer = await other.post(answered(match_id) | {"source": "/providers/ctcp"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/data/provider_id")


async def test_a_provider_that_was_not_asked_changes_nothing(asked: tuple[Talk, Office, str]) -> None:
    talk, office, match_id = asked
    other = await office.caller("ctcp")
    said = answered(match_id, provider_id="ctcp", session_ref="ctcp/C07-1") | {"source": "/providers/ctcp"}

    answer = await other.post(said)
    await talk.story.settle()

    assert answer.status_code == 202
    assert (await talk.request()).state == "asked"
    assert (await other.get(f"/v1/matches/{match_id}")).status_code == 404


async def test_nobody_nominates_in_anothers_name(asked: tuple[Talk, Office, str]) -> None:
    talk, office, match_id = asked
    await talk.agree()
    other = await office.caller("belcinto")
    told = builders.nomination(match_id=match_id)

    as_another = event("learner.nominated", source="/companies/belcinto", subject="betangible/NOM-1", data=told)
    answer = await other.post(as_another)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/subject")

"""Keys, scopes and whose is what: who may say something, and that nobody learns of what is not theirs."""

from collections.abc import AsyncIterator, Iterator

import pytest

from hub.access import DEFAULT_SCOPES, Sender, create_key
from hub.rows import Match
from hub.store import keys, nouns
from hub.web.api import openapi
from tests import builders
from tests.handling.conftest import Caller, Office, event
from tests.story import Story

Played = tuple[Story, Office]

# ---- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic aHViOng=", "Bearer hub_live_0123456789abcdef_" + "x" * 43, "Bearer é"],
)
async def test_without_a_good_key_nobody_gets_in(office: Office, authorization: str) -> None:
    answer = await Caller(office.http, authorization).post()

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_key_and_a_wrong_secret_are_answered_alike(office: Office) -> None:
    key, row = await create_key(office.hub.store, office.hub.clock, org="betangible")

    wrong = await Caller(office.http, f"Bearer hub_live_{row.key_id}_{'x' * 43}").post()
    unknown = await Caller(office.http, f"Bearer hub_live_{'0' * 16}_{key[-43:]}").post()

    assert wrong.content == unknown.content
    assert set(wrong.headers) == set(unknown.headers)
    assert wrong.status_code == unknown.status_code == 401


async def test_the_key_is_looked_at_before_the_body(office: Office) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await office.http.post("/v1/events", content=body())

    assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
async def test_the_scheme_of_the_header_may_be_written_in_any_case(office: Office, scheme: str) -> None:
    key, _ = await create_key(office.hub.store, office.hub.clock, org="betangible")

    answer = await Caller(office.http, f"{scheme} {key}").post()

    assert answer.status_code == 202


async def test_a_revoked_key_opens_nothing_any_more(office: Office) -> None:
    key, row = await create_key(office.hub.store, office.hub.clock, org="betangible")
    await office.hub.store.write(keys.revoke, row.key_id, now="2026-11-23T12:00:00.000000Z")

    assert (await Caller(office.http, f"Bearer {key}").post()).status_code == 401


# ---- what a key may say -----------------------------------------------------------------------------------------------


async def test_a_key_without_the_scope_may_not_post(office: Office) -> None:
    reader = await office.caller("betangible", "read")

    answer = await reader.post()

    assert answer.status_code == 403
    assert "events:write" in answer.json()["detail"]


@pytest.mark.parametrize(
    "source",
    ["/companies/belcinto", "/companies/betangible2", "/companies", "/", "/hub", "https://betangible.example/"],
)
async def test_anothers_source_is_refused_by_whole_segments(office: Office, company: Caller, source: str) -> None:
    answer = await company.post(event(source=source))

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["pointer"] == "/source"
    assert await office.stored() == 0


@pytest.mark.parametrize("source", ["/companies/betangible", "/companies/betangible/hr/werk-2"])
async def test_everything_below_an_own_source_is_own(company: Caller, source: str) -> None:
    assert (await company.post(event(source=source))).status_code == 202


async def test_an_event_about_another_organisation_is_refused(office: Office, company: Caller) -> None:
    data = builders.need(company_id="belcinto")

    answer = await company.post(event(data=data, subject="belcinto/N-020"))

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["pointer"] == "/data/company_id"
    assert await office.stored() == 0


@pytest.mark.parametrize("short_type", ["match.proposed", "need.unmatched", "event.refused", "reminder.due"])
async def test_what_only_the_hub_may_say_is_refused(office: Office, company: Caller, short_type: str) -> None:
    answer = await company.post(event(short_type, source="/companies/betangible"))

    assert answer.status_code == 403
    assert await office.stored() == 0


async def test_an_import_key_may_post_for_anybody(office: Office) -> None:
    mover = await office.caller("hub", "import")

    assert (await mover.post(event())).status_code == 202


# ---- every route ------------------------------------------------------------------------------------------------------


def guarded() -> Iterator[tuple[str, str]]:
    for path, operations in openapi()["paths"].items():
        for method in operations:
            if path.startswith("/v1/"):
                yield (
                    method,
                    path.replace("{org}", "betangible").replace("{word}", "x").replace("{", "").replace("}", ""),
                )


@pytest.mark.parametrize(("method", "path"), list(guarded()))
async def test_every_route_of_the_api_asks_for_a_key_and_a_scope(office: Office, method: str, path: str) -> None:
    scopeless = await office.caller("betangible", "coordinate")

    without = await office.http.request(method, path)
    lacking = await office.http.request(method, path, headers=scopeless.headers)

    assert (without.status_code, lacking.status_code) == (401, 403)


def test_every_route_of_the_api_declares_its_key() -> None:
    operations = [(path, operation) for path, methods in openapi()["paths"].items() for operation in methods.values()]

    assert [path for path, operation in operations if path.startswith("/v1/") and not operation.get("security")] == []


# ---- whose is what ----------------------------------------------------------------------------------------------------


async def match_id(story: Story) -> str:
    found = await story.hub.store.read(nouns.page, Match)
    return found[0].key


async def test_a_company_sees_its_own_need_and_nobody_elses(played: Played) -> None:
    _, office = played
    own, other = await office.caller("betangible"), await office.caller("belcinto")

    for part in ("", "/matches", "/gap"):
        hidden = await other.get(f"/v1/needs/betangible/N-020{part}")
        absent = await other.get(f"/v1/needs/betangible/N-999{part}")
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace("N-020", "N-999") == absent.text

    assert (await own.get("/v1/needs/betangible/N-020")).status_code == 200


async def test_a_provider_sees_only_what_it_was_asked_itself(played: Played) -> None:
    story, office = played
    asked, other = await office.caller("movex"), await office.caller("ctcp")
    path = f"/v1/matches/{await match_id(story)}"

    answer = await asked.get(path)

    assert answer.status_code == 200
    assert answer.json()["candidates"] == [
        {"candidate_id": "c1", "curriculum_refs": ["movex/C07"], "session_refs": ["movex/C07-1"]}
    ]
    assert "betangible" not in answer.text
    assert "N-020" not in answer.text
    assert "about" not in answer.json()
    assert (await other.get(path)).status_code == 404


async def test_a_providers_trace_names_neither_company_nor_need(played: Played) -> None:
    story, office = played
    provider = await office.caller("movex")
    about = await match_id(story)
    answered = builders.answer(match_id=about)
    await story.say("match.answered", about, answered, sender=sender("movex"), source="/providers/movex")
    await story.settle()

    answer = await provider.get(f"/v1/trace/{about}")

    assert answer.status_code == 200
    assert answer.json()["correlation_id"] is None
    assert {each["type"] for each in answer.json()["steps"]} >= {
        "eu.vethub.match.requested.v1",
        "eu.vethub.match.answered.v1",
        "eu.vethub.request.answered.v1",
    }
    assert "betangible" not in answer.text
    assert "N-020" not in answer.text
    assert "need." not in answer.text


@pytest.mark.parametrize("word", ["betangible/N-020", "betangible", "test-5"])
async def test_a_provider_cannot_learn_whose_need_it_is_by_guessing(played: Played, word: str) -> None:
    _, office = played
    provider = await office.caller("movex")

    assert (await provider.get(f"/v1/trace/{word}")).status_code == 404


async def test_events_of_two_organisations_under_one_id_are_not_mixed_up(played: Played) -> None:
    story, office = played
    data = builders.need(company_id="belcinto", need_id="N-1")
    await story.say("company.registered", "belcinto", builders.company(company_id="belcinto"))
    await story.settle()
    story._said = 4  # the next id is the one betangible's need has
    await story.say("need.published", "belcinto/N-1", data, sender=sender("belcinto"), source="/companies/belcinto")
    await story.settle()
    other = await office.caller("belcinto")

    answer = await other.get("/v1/trace/test-5")

    assert answer.status_code == 200
    assert "betangible" not in answer.text


async def test_an_operator_sees_everything(played: Played) -> None:
    story, office = played
    operator = await office.caller("hub", "operate")

    assert (await operator.get("/v1/needs/betangible/N-020")).status_code == 200
    assert (await operator.get(f"/v1/matches/{await match_id(story)}")).json()["about"] == "betangible/N-020"
    assert (await operator.get("/v1/trace/betangible/N-020")).json()["correlation_id"] == "test-5"


async def test_a_coordinator_sees_the_needs_of_its_regions(played: Played) -> None:
    story, office = played
    await story.say("coordinator.registered", "cec", builders.coordinator(nuts=["ES61"]))
    await story.say("coordinator.registered", "norte", builders.coordinator(organisation_id="norte", nuts=["PT11"]))
    await story.settle()
    here, elsewhere = [await office.caller(org, "read", "coordinate") for org in ("cec", "norte")]
    plain = await office.caller("cec", "read")

    assert (await here.get("/v1/needs/betangible/N-020")).status_code == 200
    assert (await here.get(f"/v1/matches/{await match_id(story)}")).status_code == 200
    assert (await elsewhere.get("/v1/needs/betangible/N-020")).status_code == 404
    assert (await plain.get("/v1/needs/betangible/N-020")).status_code == 404


async def test_reading_changes_nothing(played: Played) -> None:
    _, office = played
    operator = await office.caller("hub", "operate", "read")
    before = await office.stored()

    for path, methods in openapi()["paths"].items():
        if "get" in methods:
            await operator.get(path.replace("{org}", "betangible").replace("{need_id}", "N-020"))

    assert await office.stored() == before


def sender(org: str) -> Sender:
    return Sender("key", org, frozenset(DEFAULT_SCOPES), (f"/companies/{org}", f"/providers/{org}", "/companies/test"))

"""What can be read: needs, matches, gaps, the catalogue, the trace; a need tried without publishing; people put in."""

from typing import Any

import orjson
import pytest

from hub.rows import Match
from hub.store import history, nouns, people
from tests import builders
from tests.handling.conftest import Caller, Office, event
from tests.story import Story

Played = tuple[Story, Office]


async def test_a_matched_need_is_shown_with_its_candidates(played: Played) -> None:
    _, office = played
    company = await office.caller("betangible")

    need = (await company.get("/v1/needs/betangible/N-020")).json()
    proposed = (await company.get("/v1/needs/betangible/N-020/matches")).json()

    assert (need["ref"], need["state"], need["headcount"]) == ("betangible/N-020", "proposed", 3)
    assert need["max_cost_per_learner"] == {"amount": "250.00", "currency": "EUR"}
    assert proposed["match_id"] == need["match_id"]
    assert proposed["candidates"][0]["curriculum_refs"] == ["movex/C07"]
    assert proposed["candidates"][0]["total_cost"] == {"amount": "220.00", "currency": "EUR"}
    assert (await company.get("/v1/needs/betangible/N-020/gap")).status_code == 404


async def test_a_need_without_a_match_has_no_candidates_and_a_gap(played: Played) -> None:
    story, office = played
    data = builders.need(need_id="N-021", languages=["pl"])
    await story.say("need.published", "betangible/N-021", data)
    await story.settle()
    company = await office.caller("betangible")

    proposed = (await company.get("/v1/needs/betangible/N-021/matches")).json()
    gap = (await company.get("/v1/needs/betangible/N-021/gap")).json()

    assert proposed == {"match_id": None, "candidates": []}
    assert gap["reason_codes"] == ["language"]
    assert gap["nearest_misses"][0]["curriculum_refs"] == ["movex/C07"]


async def test_a_withdrawn_need_has_no_candidates_any_more(played: Played) -> None:
    story, office = played
    await story.say("need.withdrawn", "betangible/N-020", {"need_id": "N-020", "reason_code": "budget"})
    await story.settle()
    company = await office.caller("betangible")

    assert (await company.get("/v1/needs/betangible/N-020")).json()["state"] == "withdrawn"
    assert (await company.get("/v1/needs/betangible/N-020/matches")).json()["candidates"] == []


async def test_a_company_sees_who_was_asked_and_what_was_answered(played: Played) -> None:
    story, office = played
    match = (await story.hub.store.read(nouns.page, Match))[0].key
    await story.say("match.answered", match, builders.answer(match_id=match, decision="interested"))
    await story.settle()
    company = await office.caller("betangible")

    shown = (await company.get(f"/v1/matches/{match}")).json()

    assert shown["about"] == "betangible/N-020"
    assert [(each["provider_id"], each["state"]) for each in shown["requests"]] == [("movex", "interested")]
    assert shown["requests"][0]["answer"]["seats_offered"] == 3


@pytest.mark.parametrize(
    "path",
    [
        "/v1/needs/betangible/N-999",
        "/v1/needs/BETANGIBLE/N-020",
        "/v1/needs/betangible/N%00020",
        "/v1/needs/betangible/N%20020",
        "/v1/matches/00000000-0000-4000-8000-000000000000",
        "/v1/matches/%00",
        "/v1/curricula/movex/C99",
        "/v1/curricula/movex/C99/sessions",
        "/v1/trace/nothing",
        "/v1/trace/a%00b",
        "/v1/trace/" + "x" * 300,
        "/v1/needs/betangible/N-020/",
    ],
)
async def test_what_is_not_there_is_not_found(played: Played, path: str) -> None:
    _, office = played
    reader = await office.caller("hub", "read", "operate")

    answer = await reader.get(path)

    assert answer.status_code == 404
    assert answer.json()["title"] == "Not found"


# ---- the catalogue ----------------------------------------------------------------------------------------------------


async def test_the_catalogue_is_paged_by_cursor(played: Played) -> None:
    story, office = played
    for n in range(5):
        data = builders.curriculum(curriculum_id=f"D{n}")
        await story.say("curriculum.published", f"movex/D{n}", data)
    await story.settle()
    anybody = await office.caller("belcinto")

    first = (await anybody.get("/v1/curricula", limit=4)).json()
    second = (await anybody.get("/v1/curricula", limit=4, after=first["next"])).json()

    assert [each["ref"] for each in first["items"]] == ["movex/C07", "movex/D0", "movex/D1", "movex/D2"]
    assert [each["ref"] for each in second["items"]] == ["movex/D3", "movex/D4"]
    assert (first["next"], second["next"]) == ("movex/D2", None)


async def test_the_catalogue_of_one_provider_is_that_providers(played: Played) -> None:
    _, office = played
    anybody = await office.caller("belcinto")

    assert len((await anybody.get("/v1/curricula", provider="movex")).json()["items"]) == 1
    assert (await anybody.get("/v1/curricula", provider="ctcp")).json() == {"items": [], "next": None}


async def test_a_curriculum_and_its_sessions_are_shown_to_everybody(played: Played) -> None:
    _, office = played
    anybody = await office.caller("belcinto")

    course = (await anybody.get("/v1/curricula/movex/C07")).json()
    sessions = (await anybody.get("/v1/curricula/movex/C07/sessions")).json()

    assert (course["ref"], course["state"], course["hours"]) == ("movex/C07", "published", 30)
    assert [(each["ref"], each["seats_free"]) for each in sessions["items"]] == [("movex/C07-1", 8)]


async def test_free_seats_are_those_told_last(played: Played) -> None:
    story, office = played
    told = {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 5}
    await story.say("session.seats-changed", "movex/C07-1", told)
    await story.settle()
    anybody = await office.caller("belcinto")

    assert (await anybody.get("/v1/curricula/movex/C07/sessions")).json()["items"][0]["seats_free"] == 5


@pytest.mark.parametrize(
    "parameters", [{"limit": 0}, {"limit": 201}, {"limit": "many"}, {"after": "'; DROP TABLE needs"}, {"after": "\0"}]
)
async def test_a_wrong_parameter_is_refused_by_name(
    office: Office, company: Caller, parameters: dict[str, Any]
) -> None:
    answer = await company.get("/v1/curricula", **parameters)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/query/{next(iter(parameters))}"


# ---- the trace --------------------------------------------------------------------------------------------------------


async def test_a_company_follows_its_need_from_event_to_mail(played: Played) -> None:
    _, office = played
    company = await office.caller("betangible")

    story = (await company.get("/v1/trace/betangible/N-020")).json()

    assert story["correlation_id"] == "test-5"
    steps = [(each["type"].removeprefix("eu.vethub."), each["group"], each["outcome"]) for each in story["steps"]]
    assert steps[:2] == [("need.published.v1", "matcher", "done"), ("need.published.v1", "projector", "done")]
    assert ("match.requested.v1", "notifier", "done") in steps
    assert ("notification.requested.v1", None, "stored") in steps
    assert ("notification.delivered.v1", "notifier", "done") in steps


async def test_every_event_a_group_caused_stands_with_that_group(played: Played) -> None:
    _, office = played
    company = await office.caller("betangible")

    steps = (await company.get("/v1/trace/betangible/N-020")).json()["steps"]

    types = {each["event_id"]: each["type"].removeprefix("eu.vethub.") for each in steps}
    caused = {(types[each["event_id"]], each["group"]): [types[one] for one in each["caused"]] for each in steps}
    assert caused["need.published.v1", "matcher"] == ["match.proposed.v1"]
    assert caused["need.published.v1", "projector"] == []
    assert caused["match.proposed.v1", "workflow"] == ["match.requested.v1"]
    assert caused["match.requested.v1", "notifier"][0] == "notification.requested.v1"


async def test_a_story_is_found_by_any_of_its_names(played: Played) -> None:
    story, office = played
    company = await office.caller("betangible")
    match = (await story.hub.store.read(nouns.page, Match))[0].key

    found = [(await company.get(f"/v1/trace/{word}")).json() for word in ("betangible/N-020", "test-5", match)]

    assert found[0]["steps"] == found[1]["steps"] == found[2]["steps"]


async def test_what_waits_says_what_for(played: Played) -> None:
    story, office = played
    data = builders.need(company_id="belcinto", need_id="N-1")
    await story.say("need.published", "belcinto/N-1", data)
    await story.settle()
    company = await office.caller("belcinto")

    steps = (await company.get("/v1/trace/belcinto/N-1")).json()["steps"]

    assert [(each["group"], each["outcome"]) for each in steps if each["group"] == "matcher"] == [
        ("matcher", "waiting")
    ]
    assert "belcinto is not registered as a company yet" in str(steps)


async def test_a_rejection_stands_with_the_group_that_refused(played: Played) -> None:
    story, office = played
    await story.say("need.published", "betangible/N-020", builders.need(headcount=9))
    await story.settle()
    company = await office.caller("betangible")

    steps = (await company.get("/v1/trace/test-6")).json()["steps"]

    refused = [each for each in steps if each["outcome"] == "refused"]
    assert [(each["group"], each["note"]) for each in refused] == [("matcher", "exists")]
    rejected = [each for each in steps if each["type"] == "eu.vethub.event.rejected.v1"]
    assert refused[0]["caused"] == [rejected[0]["event_id"]]


# ---- a need tried without publishing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [True, False], ids=["event", "data"])
async def test_a_need_can_be_ranked_without_publishing_it(played: Played, whole: bool) -> None:
    _, office = played
    company = await office.caller("belcinto")
    before = await office.stored()
    body = event(data=builders.need(need_id="draft")) if whole else builders.need(need_id="draft")

    answer = await company.post(body, path="/v1/match", content_type="application/json")

    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"candidates", "rejected", "gap", "milliseconds"}
    assert [each["curriculum_refs"] for each in found["candidates"]] == [["movex/C07"]]
    assert (found["rejected"], found["gap"]) == ([], None)
    assert await office.stored() == before


async def test_every_course_says_why_it_is_no_candidate(played: Played) -> None:
    story, office = played
    teaches = [{"title": "Sewing", "skills": [{"uri": builders.SKILLS["S16"]}]}]
    await story.say(
        "curriculum.published", "movex/C09", builders.curriculum(curriculum_id="C09", learning_outcomes=teaches)
    )
    await story.settle()
    company = await office.caller("belcinto")

    data = builders.need(languages=["pl"])
    found = (await company.post(data, path="/v1/match", content_type="application/json")).json()

    assert found["candidates"] == []
    assert found["gap"] == ["language"]
    failed = {each["curriculum_ref"]: each["failed"] for each in found["rejected"]}
    assert failed["movex/C07"] == ["language"]
    assert "skills" in failed["movex/C09"]


async def test_a_course_published_a_moment_ago_counts(played: Played) -> None:
    story, office = played
    await story.say("curriculum.retired", "movex/C07", {"curriculum_id": "C07", "reason": "No machine left"})
    await story.settle()
    company = await office.caller("belcinto")

    answer = await company.post(builders.need(), path="/v1/match", content_type="application/json")

    assert answer.json()["candidates"] == []


async def test_a_wrong_need_is_not_ranked(office: Office, company: Caller) -> None:
    data = await company.post(builders.need(headcount=0), path="/v1/match", content_type="application/json")
    whole = await company.post(event(data=builders.need(headcount=0)), path="/v1/match")
    other = await company.post(event("company.registered"), path="/v1/match")
    garbage = await company.post(b"<need/>", path="/v1/match", content_type="application/json")

    assert (data.status_code, data.json()["errors"][0]["pointer"]) == (422, "/headcount")
    assert (whole.status_code, whole.json()["errors"][0]["pointer"]) == (422, "/data/headcount")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/type")
    assert garbage.status_code == 400


# ---- people -----------------------------------------------------------------------------------------------------------

ANA = {
    "kind": "contact",
    "organisation": "betangible",
    "name": "Ana Exemplo",
    "email": "ana.exemplo@betangible.example",
    "language": "es",
    "timezone": "Europe/Madrid",
}


async def put(caller: Caller, **changes: Any) -> Any:
    body = {name: value for name, value in (ANA | changes).items() if value is not None}
    return await caller.post(body, path="/v1/people", content_type="application/json")


async def test_a_person_goes_into_the_vault_under_a_random_ref(office: Office, company: Caller) -> None:
    first, second = await put(company, phone="+34 956 000 000", birth_date="1990-05-17"), await put(company)

    assert (first.status_code, list(first.json())) == (201, ["ref"])
    assert first.json()["ref"] != second.json()["ref"]
    person = await office.hub.store.read(people.find, first.json()["ref"])
    assert person is not None
    assert (person.org, person.name, person.birth_date) == ("betangible", "Ana Exemplo", "1990-05-17")


async def test_a_person_leaves_no_trace_in_the_history(office: Office, company: Caller) -> None:
    await put(company)

    assert await office.hub.store.read(history.tail, after_seq=0, limit=10) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "ana@betangible.example\r\nBcc: all@betangible.example"}, "/email"),
        ({"email": "ana"}, "/email"),
        ({"email": "a" * 65 + "@betangible.example"}, "/email"),
        ({"name": "Ana\nExemplo"}, "/name"),
        ({"name": "Ana\u2028Exemplo"}, "/name"),
        ({"name": " "}, "/name"),
        ({"kind": "boss"}, "/kind"),
        ({"language": "Spanish"}, "/language"),
        ({"timezone": "Europe/Ubrique"}, "/timezone"),
        ({"birth_date": "2026-11-24"}, "/birth_date"),
        ({"phone": "ask Ana"}, "/phone"),
        ({"nickname": "Ana"}, "/nickname"),
        ({"email": None}, "/email"),
    ],
)
async def test_a_wrong_person_is_refused_at_the_place_to_mend(
    office: Office, company: Caller, changes: dict[str, Any], pointer: str
) -> None:
    answer = await put(company, **changes)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_person_of_another_organisation_is_refused_save_by_the_hub(office: Office, company: Caller) -> None:
    hub = await office.caller("hub", "people:write")

    refused, taken = await put(company, organisation="belcinto"), await put(hub, organisation="belcinto")

    assert (refused.status_code, taken.status_code) == (403, 201)
    assert refused.json()["errors"][0]["pointer"] == "/organisation"


async def test_a_person_too_large_to_be_one_is_refused(company: Caller) -> None:
    body = orjson.dumps(ANA | {"name": "x" * 20_000})

    assert (await company.post(body, path="/v1/people", content_type="application/json")).status_code == 413
    assert (await company.post(body, path="/v1/people", content_type="text/plain")).status_code == 415

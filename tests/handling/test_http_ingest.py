"""`POST /v1/events`: three modes, duplicates by meaning, conflicts, batches judged one by one, limits, and 202 means stored."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from cloudevents.core.bindings import http as sdk
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from hub.errors import HubError, ServiceAway
from hub.settings import Settings, load
from hub.store import history
from hub.web.limits import Buckets
from hub.web.problems import Refuse
from tests.builders import company as company_data
from tests.builders import need
from tests.handling.conftest import Caller, Office, event, taking_in


def numbered(n: int, **changes: Any) -> dict[str, Any]:
    return event(id=f"n-{n}", subject=f"betangible/N-{n}", data=need(need_id=f"N-{n}", **changes))


async def test_an_accepted_event_is_stored_with_who_sent_it(office: Office, company: Caller) -> None:
    answer = await company.post(numbered(1))

    assert answer.status_code == 202
    assert answer.json() == {"accepted": [{"source": "/companies/betangible", "id": "n-1", "duplicate": False}]}
    stored = await office.hub.store.read(history.one, "/companies/betangible", "n-1")
    assert stored is not None
    assert (stored.tenant, stored.partition_key, stored.correlation_id) == ("betangible", "betangible/N-1", "n-1")


async def test_an_event_in_binary_mode_may_escape_its_headers(office: Office) -> None:
    caller = await office.caller("betangible", sources=("https://hr.betangible.example/necesidades",))
    said = numbered(1, title="Tres operarios")
    headers = {
        "content-type": "application/json",
        "ce-source": quote("https://hr.betangible.example/necesidades", safe=""),
        **{f"ce-{name}": said[name] for name in ("specversion", "id", "type", "subject", "time")},
    }

    answer = await office.http.post("/v1/events", json=said["data"], headers=caller.headers | headers)

    assert answer.status_code == 202
    assert answer.json()["accepted"][0]["source"] == "https://hr.betangible.example/necesidades"


async def test_the_same_event_again_is_a_duplicate_without_a_second_effect(office: Office, company: Caller) -> None:
    await company.post(numbered(1))

    answer = await company.post(numbered(1))

    assert (answer.status_code, answer.json()["accepted"][0]["duplicate"]) == (202, True)
    assert await office.stored() == 1


async def test_the_same_event_written_differently_is_a_duplicate(office: Office, company: Caller) -> None:
    said = numbered(1) | {"time": "2026-11-23T09:00:00+01:00"}
    await company.post(said)

    other = dict(reversed(said.items())) | {"time": "2026-11-23T08:00:00.000Z"}
    other["data"] = dict(reversed(said["data"].items()))
    answer = await company.post(other, traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")

    assert answer.json()["accepted"][0]["duplicate"] is True
    assert await office.stored() == 1


async def test_an_event_without_time_sent_twice_is_a_duplicate(office: Office, company: Caller) -> None:
    said = {name: value for name, value in numbered(1).items() if name != "time"}
    await company.post(said)

    answer = await company.post(said)

    assert answer.json()["accepted"][0]["duplicate"] is True


async def test_an_id_used_for_other_content_is_a_conflict(office: Office, company: Caller) -> None:
    await company.post(numbered(1))

    answer = await company.post(numbered(1, headcount=4))

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert await office.stored() == 1


async def test_two_organisations_may_use_one_id(office: Office, company: Caller) -> None:
    other = await office.caller("belcinto")

    first = await company.post(event("company.registered", id="1"))
    second = await other.post(
        event(
            "company.registered",
            id="1",
            source="/companies/belcinto",
            subject="belcinto",
            data=company_data(company_id="belcinto"),
        )
    )

    assert (first.status_code, second.status_code) == (202, 202)


# ---- batches ----------------------------------------------------------------------------------------------------------


async def test_a_good_batch_is_accepted_in_its_order(office: Office, company: Caller) -> None:
    answer = await company.post([numbered(n) for n in range(100)])

    assert answer.status_code == 202
    assert [each["id"] for each in answer.json()["accepted"]] == [f"n-{n}" for n in range(100)]
    assert await office.stored() == 100


async def test_a_batch_with_bad_items_stores_the_good_ones_and_says_what_became_of_each(
    office: Office, company: Caller
) -> None:
    await company.post(numbered(0))
    batch = [
        numbered(1),
        numbered(0),
        numbered(2, headcount=0),
        numbered(0, headcount=9),
        numbered(3) | {"source": "/companies/belcinto"},
        {"id": "x"},
        numbered(4) | {"comment": "x" * 262_144},
        numbered(5),
    ]

    answer = await company.post(batch)

    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [each["index"] for each in results] == list(range(8))
    assert [each["status"] for each in results] == [202, 202, 422, 409, 403, 422, 413, 202]
    assert [each.get("duplicate") for each in results] == [False, True, None, None, None, None, None, False]
    assert results[2]["problem"]["errors"][0]["pointer"] == "/data/headcount"
    assert await office.stored() == 3


async def test_an_event_twice_in_one_batch_is_stored_once(office: Office, company: Caller) -> None:
    answer = await company.post([numbered(1), numbered(1)])

    assert [each["duplicate"] for each in answer.json()["accepted"]] == [False, True]
    assert await office.stored() == 1


async def test_a_batch_of_nothing_good_is_still_answered_one_by_one(office: Office, company: Caller) -> None:
    answer = await company.post([{}, 5])

    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["results"]] == [422, 422]


# ---- what official clients send ---------------------------------------------------------------------------------------


def official() -> CloudEvent:
    said = numbered(7, title="Três operários · ação")
    attributes = {name: said[name] for name in ("id", "source", "type", "subject")}
    return CloudEvent({**attributes, "time": datetime(2026, 11, 23, 8, 0, tzinfo=UTC)}, said["data"])


@pytest.mark.parametrize("write", [sdk.to_binary, sdk.to_structured], ids=["binary", "structured"])
async def test_what_the_official_client_posts_is_understood_and_twice_is_a_duplicate(
    office: Office, company: Caller, write: Any
) -> None:
    message = write(official(), JSONFormat())
    headers = company.headers | dict(message.headers)

    first = await office.http.post("/v1/events", content=message.body, headers=headers)
    again = await office.http.post("/v1/events", content=message.body, headers=headers)

    assert (first.status_code, first.json()["accepted"][0]["duplicate"]) == (202, False)
    assert (again.status_code, again.json()["accepted"][0]["duplicate"]) == (202, True)


async def test_what_the_official_client_posts_in_two_modes_is_one_event(office: Office, company: Caller) -> None:
    for write, duplicate in ((sdk.to_binary, False), (sdk.to_structured, True)):
        message = write(official(), JSONFormat())
        answer = await office.http.post(
            "/v1/events", content=message.body, headers=company.headers | dict(message.headers)
        )
        assert answer.json()["accepted"][0]["duplicate"] is duplicate


# ---- trace context ----------------------------------------------------------------------------------------------------

TRACE = f"00-{'ab' * 16}-{'cd' * 8}-01"


async def test_the_requests_trace_context_travels_with_the_event(office: Office, company: Caller) -> None:
    answer = await company.post(numbered(1), traceparent=TRACE, tracestate="vendor=1")

    stored = await office.hub.store.read(history.one, "/companies/betangible", "n-1")
    assert stored is not None
    assert stored.extensions == {"traceparent": TRACE, "tracestate": "vendor=1"}
    assert answer.headers["x-request-id"] == "ab" * 16


async def test_an_events_own_trace_context_is_kept(office: Office, company: Caller) -> None:
    own = f"00-{'12' * 16}-{'34' * 8}-00"

    await company.post(numbered(1) | {"traceparent": own}, traceparent=TRACE)

    stored = await office.hub.store.read(history.one, "/companies/betangible", "n-1")
    assert stored is not None
    assert stored.extensions["traceparent"] == own


async def test_a_broken_trace_context_is_left_out(office: Office, company: Caller) -> None:
    answer = await company.post(numbered(1), traceparent="00-nonsense")

    assert answer.status_code == 202
    stored = await office.hub.store.read(history.one, "/companies/betangible", "n-1")
    assert stored is not None
    assert stored.extensions == {}


# ---- too much, and services away --------------------------------------------------------------------------------------


@pytest.fixture
async def strict(embedded_settings: Settings) -> AsyncIterator[Office]:
    """An office that takes a hundred events at once and then one in a thousand seconds."""
    async with taking_in(load(data=embedded_settings.data, rate=0.001, burst=100)) as opened:
        yield opened


async def test_a_key_that_posts_too_much_is_told_when_to_come_again(strict: Office) -> None:
    hasty = await strict.caller("betangible")
    await hasty.post([numbered(n) for n in range(100)])

    answer = await hasty.post(numbered(100))

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert await strict.stored() == 100


async def test_one_keys_haste_does_not_hold_up_another(strict: Office) -> None:
    hasty, patient = await strict.caller("betangible"), await strict.caller("betangible")
    await hasty.post([numbered(n) for n in range(100)])

    answer = await patient.post(numbered(100))

    assert answer.status_code == 202


def test_a_bucket_fills_again_at_its_rate() -> None:
    clock = [0.0]
    buckets = Buckets(10, 100, now=lambda: clock[0])
    buckets.spend("key", 100)

    with pytest.raises(Refuse) as refused:
        buckets.spend("key", 5)
    clock[0] = 0.5
    buckets.spend("key", 5)

    assert refused.value.headers == {"Retry-After": "1"}
    with pytest.raises(Refuse):
        buckets.spend("key", 1)


async def test_a_database_that_is_away_is_answered_with_when_to_come_again(
    office: Office, company: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.post(numbered(1))
    monkeypatch.setattr(office.hub.store, "write", away)

    answer = await company.post(numbered(2))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "10.0.0.7" not in answer.text
    monkeypatch.undo()
    assert (await company.post(numbered(2))).json()["accepted"][0]["duplicate"] is False


async def test_a_post_is_answered_in_time_when_the_database_is_silent(
    office: Office, company: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def say_nothing(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("hub.web.ingest.ANSWER_LIMIT", 0.01)
    monkeypatch.setattr(office.hub.ingest, "accept", say_nothing)

    answer = await company.post(numbered(1))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_full_outbox_is_answered_with_when_to_come_again(embedded_settings: Settings) -> None:
    async with taking_in(load(data=embedded_settings.data, outbox_limit=1)) as opened:
        caller = await opened.caller("betangible")
        await opened.hub.store.write(unsent)

        answer = await caller.post(numbered(1))

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert await opened.stored() == 0


async def test_an_error_nobody_foresaw_is_told_without_details(
    office: Office, company: Caller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("what somebody wrote")

    monkeypatch.setattr(office.hub.ingest, "accept", broken)

    answer = await company.post(numbered(1))

    assert answer.status_code == 500
    assert "somebody" not in answer.text + capsys.readouterr().out
    assert answer.headers["x-request-id"] in answer.json()["detail"]


async def test_an_event_the_database_refuses_is_told_without_details(
    office: Office, company: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> None:
        raise HubError("the database refuses the event: IntegrityError")

    monkeypatch.setattr(office.hub.ingest, "accept", refused)

    answer = await company.post(numbered(1))

    assert answer.status_code == 500
    assert "IntegrityError" not in answer.text


async def test_posts_at_the_same_time_are_stored_each_for_itself(office: Office, company: Caller) -> None:
    answers = await asyncio.gather(*(company.post(numbered(n, headcount=n % 3)) for n in range(30)))

    assert [each.status_code for each in answers] == [422 if n % 3 == 0 else 202 for n in range(30)]
    assert await office.stored() == 20


async def away(*_: object, **__: object) -> None:
    raise ServiceAway("PostgreSQL does not answer: connection to 10.0.0.7 refused")


async def unsent(session: Any) -> None:
    for seq in (1, 2):
        await session.run("INSERT INTO outbox (seq, topic) VALUES (:seq, 'hub.cooperation.v1')", seq=seq)

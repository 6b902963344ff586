"""Liveness, readiness with reasons, figures, the listening itself, and what the log keeps to itself."""

import asyncio
import http.client
import io
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from hub import logs
from hub.errors import HubError, ServiceAway, WrongSetting
from hub.metrics import METRICS
from hub.parts import Hub
from hub.repeats import SummingHandler
from hub.store.session import Session
from hub.web.listening import taken
from hub.web.serve import serve
from tests.handling.conftest import Caller, Office, event, office_over
from tests.story import NOON, Story

# ---- health -----------------------------------------------------------------------------------------------------------


@dataclass
class Relay:
    """A relay as readiness sees it."""

    active: bool = True
    sent: int = 7
    sending_since: datetime | None = None


async def failing(office: Office) -> dict[str, str]:
    answer = await office.nobody.get("/readyz")
    found = {each["name"]: each["detail"] for each in answer.json()["checks"] if not each["ok"]}
    assert answer.status_code == (503 if found else 200)
    assert answer.json()["ready"] is not bool(found)
    return found


async def test_a_sound_hub_is_alive_and_ready(office: Office) -> None:
    assert (await office.nobody.get("/livez")).json() == {"alive": True}
    assert await failing(office) == {}


async def test_a_hub_whose_database_is_away_is_alive_and_not_ready(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ServiceAway("PostgreSQL does not answer: 10.0.0.7 refused")

    monkeypatch.setattr(office.hub.store, "read", away)

    assert await failing(office) == {"database": "the database does not answer"}
    assert (await office.nobody.get("/livez")).status_code == 200


async def test_a_group_that_stands_still_makes_the_hub_unready_until_it_moves(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def away(*_: object) -> None:
        tried.set()
        raise ServiceAway("SQLite: database is locked")

    runner = office.hub.runners["matcher"]
    monkeypatch.setattr(runner.executor, "run", away)
    batch = asyncio.ensure_future(runner.take([]))
    await tried.wait()
    await asyncio.sleep(0)

    assert await failing(office) == {"group matcher": "stands still since 12:00:00 UTC"}
    monkeypatch.undo()
    await batch
    assert await failing(office) == {}


@pytest.mark.parametrize(("age", "late"), [(29, False), (31, True)])
async def test_an_outbox_that_is_not_emptied_makes_the_hub_unready(
    office: Office, company: Caller, age: int, late: bool
) -> None:
    await company.post()
    await office.hub.store.write(put_into_outbox)
    office.hub.clock.advance(seconds=age)  # type: ignore[attr-defined]

    found = await failing(office)

    assert ("outbox" in found) is late
    assert not late or found["outbox"] == "1 events wait for the stream, the oldest since 12:00:00 UTC"


async def test_a_send_that_hangs_makes_the_hub_unready(office: Office) -> None:
    office.hub.relay = Relay(sending_since=NOON - timedelta(seconds=31))

    assert await failing(office) == {"relay": "a send to the stream hangs since 11:59:29 UTC"}


async def test_a_part_that_has_ended_makes_the_hub_unready(office: Office) -> None:
    office.hub.trouble = asyncio.get_running_loop().create_future()
    assert await failing(office) == {}

    office.hub.trouble.set_exception(RuntimeError("a bug"))
    assert list(await failing(office)) == ["parts"]


async def put_into_outbox(session: Session) -> None:
    await session.run("INSERT INTO outbox (seq, topic) VALUES (1, 'hub.cooperation.v1')")


# ---- figures ----------------------------------------------------------------------------------------------------------


async def figures(office: Office) -> dict[tuple[str, ...], float]:
    answer = await office.nobody.get("/metrics")
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_what_comes_in_is_counted_by_what_became_of_it(office: Office, company: Caller) -> None:
    await company.post()
    await company.post()
    await company.post([event(id="2"), event(id="3", source="/hub"), {}])
    await company.post(b"<event/>")
    await office.nobody.post()

    found = await figures(office)

    assert found["vet_hub_ingest_events_total", "accepted"] == 2
    assert found["vet_hub_ingest_events_total", "duplicate"] == 1
    assert {status: found["vet_hub_ingest_refused_total", status] for status in ("400", "401", "403", "422")} == {
        "400": 1,
        "401": 1,
        "403": 1,
        "422": 1,
    }
    assert found["vet_hub_http_requests_total", "/v1/events", "202"] == 2


async def test_what_groups_did_is_counted_by_outcome(played: tuple[Story, Office]) -> None:
    story, office = played
    story.hub.relay = Relay()

    found = await figures(office)

    assert found["vet_hub_group_events_total", "matcher", "done"] >= 4
    assert found["vet_hub_group_batches_total", "workflow"] >= 1
    assert found["vet_hub_jobs", "done"] == 1
    assert found["vet_hub_facts_total", "match.proposed"] == 1
    assert found["vet_hub_group_lag_events", "matcher"] == 0
    assert found["vet_hub_relay_events_total",] == 7
    assert found["vet_hub_store_readable",] == 1


async def test_figures_of_the_process_are_shown_while_the_database_is_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ServiceAway("gone")

    monkeypatch.setattr(office.hub.store, "read", away)

    found = await figures(office)

    assert found["vet_hub_store_readable",] == 0
    assert found["vet_hub_group_trouble", "matcher"] == 0


async def test_nobody_can_make_figures_grow_or_find_a_name_in_them(played: tuple[Story, Office]) -> None:
    _, office = played
    for n in range(20):
        await office.nobody.get(f"/v1/nowhere/{n}")
        await office.nobody.get(f"/v1/needs/belcinto/N-{n}")

    text = (await office.nobody.get("/metrics")).text

    assert "belcinto" not in text
    assert "betangible" not in text
    assert "movex" not in text
    assert 'vet_hub_http_requests_total{route="other",status="404"} 20.0' in text


async def test_two_applications_count_apart(office: Office) -> None:
    await office.nobody.get("/livez")

    async with office_over(office.hub) as other:
        assert ("vet_hub_http_requests_total", "/livez", "200") in await figures(office)
        assert ("vet_hub_http_requests_total", "/livez", "200") not in await figures(other)


def test_every_figure_is_named_like_the_others_and_explained() -> None:
    names = [metric.name for metric in METRICS]

    assert len(set(names)) == len(names)
    assert [name for name in names if not name.startswith("vet_hub_") or name.endswith("_total")] == []
    assert [metric.name for metric in METRICS if not metric.help.endswith((".", ")."))] == []


# ---- listening --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(hub: Hub) -> AsyncIterator[int]:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(hub, host="127.0.0.1", port=0, ready=port.set_result))
    try:
        yield await port
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


async def test_a_hub_listens_on_any_free_port_without_a_banner(office: Office) -> None:
    async with listening(office.hub) as port:
        status, body, headers = await asyncio.to_thread(ask, port, "GET", "/livez")

    assert (status, body) == (200, b'{"alive":true}')
    assert "server" not in headers


async def test_a_body_that_is_too_large_is_answered_over_a_real_connection(office: Office, company: Caller) -> None:
    key = company.headers["authorization"].decode()
    async with listening(office.hub) as port:
        status, _, _ = await asyncio.to_thread(
            ask,
            port,
            "POST",
            "/v1/events",
            b"x" * 8 * 1024 * 1024,
            **{"Authorization": key, "Content-Type": "application/cloudevents+json"},
        )

    assert status == 413


async def test_head_has_a_length_and_no_body_over_a_real_connection(office: Office) -> None:
    async with listening(office.hub) as port:
        status, body, headers = await asyncio.to_thread(ask, port, "HEAD", "/livez")

    assert (status, body, headers["content-length"]) == (200, b"", "14")


async def test_serving_takes_no_signals_and_ends_when_cancelled(office: Office) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with listening(office.hub) as port:
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(ask, port, "GET", "/livez")


async def test_a_port_that_is_taken_is_told_with_the_cure(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            HubError, match=f"port {port} on 127.0.0.1 is taken by another program; choose another"
        ) as told:
            await serve(office.hub, host="127.0.0.1", port=port)

    assert told.value.exit_code == 1


def test_an_address_of_another_machine_is_told_with_the_cure() -> None:
    with pytest.raises(HubError, match="choose another"), taken("203.0.113.7", 0):
        pass


def test_a_name_that_is_no_address_is_told_with_the_cure() -> None:
    with pytest.raises(HubError, match="is no address of this machine"), taken("no-such-host.invalid", 0):
        pass


# ---- the log ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """The log of a process that was set up to write here; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    logs.set_up("info", stream=out)
    yield out
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_an_action_and_its_fields(log_lines: io.StringIO) -> None:
    structlog.get_logger().warning("relay.away", failures=3, reason="gone")

    (line,) = lines(log_lines)
    assert (line["action"], line["level"], line["failures"], line["reason"]) == ("relay.away", "warning", 3, "gone")
    assert datetime.fromisoformat(line["at"]).utcoffset() == timedelta()


def test_what_somebody_sent_cannot_write_a_line_of_its_own(log_lines: io.StringIO) -> None:
    structlog.get_logger().info("x", reason='a\r\n{"action": "forged"}\x1b[31m\u2028')

    assert [line["action"] for line in lines(log_lines)] == ["x"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Ana Exemplo"},
        {"email": "ana@belcinto.example"},
        {"Birth_Date": "1990-05-17"},
        {"person": {"name": "Ana Exemplo", "phone": "1"}},
        {"reason": "550 no such user ana@belcinto.example"},
        {"reason": "postgresql+asyncpg://hub:ana@db.example/hub"},
        {"presented": "hub_live_0123456789abcdef_anasecret"},
        {"authorization": "Bearer ana"},
        {"people": [{"email": "ana@belcinto.example"}]},
    ],
)
def test_no_person_and_no_secret_gets_into_the_log(log_lines: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger().info("x", **fields)

    assert "ana" not in log_lines.getvalue().lower()


def test_an_errors_own_words_stay_out_of_the_log(log_lines: io.StringIO) -> None:
    try:
        raise ValueError("Ana Exemplo is not an integer")
    except ValueError:
        structlog.get_logger().exception("batch.failed")
        logging.getLogger("aiokafka").exception("it failed")

    ours, theirs = lines(log_lines)
    assert (ours["error"], theirs["error"], theirs["action"]) == ("ValueError", "ValueError", "aiokafka")
    assert ours["trace"][-1].endswith("test_an_errors_own_words_stay_out_of_the_log")
    assert "Ana" not in log_lines.getvalue()


def test_libraries_are_heard_from_warnings_on(log_lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Uvicorn running on …")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    (line,) = lines(log_lines)
    assert (line["action"], line["sentence"]) == ("uvicorn.error", "Invalid HTTP request received.")


def say_again(times: int, *, at: float, node: int = 1) -> None:
    """Say what a Kafka client says when its broker is away, as often as it does."""
    record = logging.makeLogRecord({"name": "aiokafka", "levelno": logging.ERROR, "levelname": "ERROR"})
    for _ in range(times):
        record.created, record.msg, record.args = at, "Unable connect to node with id %s", (node,)
        logging.getLogger("aiokafka").handle(record)


def summing_handler() -> SummingHandler:
    return next(handler for handler in logging.getLogger().handlers if isinstance(handler, SummingHandler))


def sentences(out: io.StringIO) -> list[str]:
    return [line["sentence"] for line in lines(out)]


def test_what_a_library_repeats_is_told_once_and_then_summed_up(log_lines: io.StringIO) -> None:
    say_again(242, at=1000.0)
    assert sentences(log_lines) == ["Unable connect to node with id 1"]

    say_again(1, at=1061.0, node=2)

    assert sentences(log_lines)[1:] == ["said 241 times in the last minute: Unable connect to node with id 1"]


def test_a_line_that_was_not_repeated_for_a_minute_is_told_again(log_lines: io.StringIO) -> None:
    say_again(1, at=1000.0)
    say_again(1, at=1061.0)

    assert sentences(log_lines) == ["Unable connect to node with id 1"] * 2


def test_what_was_counted_is_told_when_the_outage_is_over_and_nobody_speaks(log_lines: io.StringIO) -> None:
    handler = summing_handler()
    say_again(5, at=1000.0)

    handler.sum_up(1061.0)
    handler.sum_up(1122.0)

    assert sentences(log_lines)[1:] == ["said 4 times in the last minute: Unable connect to node with id 1"]


def test_what_was_counted_is_told_when_the_process_ends(log_lines: io.StringIO) -> None:
    handler = summing_handler()
    say_again(3, at=1000.0)

    handler.close()

    assert sentences(log_lines)[1:] == ["said 2 times in the last minute: Unable connect to node with id 1"]


def test_other_words_and_other_libraries_are_heard_beside_what_repeats(log_lines: io.StringIO) -> None:
    say_again(10, at=time.time())
    logging.getLogger("aiokafka").warning("Topic %s is not available", "hub.cooperation.v1")
    logging.getLogger("uvicorn.error").error("Unable connect to node with id %s", 1)

    assert [line["action"] for line in lines(log_lines)] == ["aiokafka", "aiokafka", "uvicorn.error"]


def test_an_unknown_level_is_told_with_the_choice() -> None:
    with pytest.raises(WrongSetting, match="VET_HUB_LOG_LEVEL = 'loud': there are debug, info, warning, error"):
        logs.set_up("loud")


async def test_a_refused_post_is_logged_with_its_request_and_without_its_content(
    log_lines: io.StringIO, office: Office, company: Caller
) -> None:
    answer = await company.post(event(data={"title": "Ana Exemplo"}))

    refused = [line for line in lines(log_lines) if line["action"] == "ingest.refused"]
    assert [(line["org"], line["request_id"]) for line in refused] == [("betangible", answer.headers["x-request-id"])]
    assert "Ana" not in log_lines.getvalue()

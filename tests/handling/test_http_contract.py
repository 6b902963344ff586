"""The contract and the manners of the API: documents, headers, methods, and whatever a stranger makes up."""

import asyncio
import re
import threading
from collections.abc import Iterator

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from schemathesis import Case
from schemathesis import openapi as contract
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from events.catalogue import EVENTS
from hub import stream
from hub.access import create_key
from hub.app import embedded
from hub.settings import Settings, load
from hub.web.api import make_app, openapi
from hub.web.serve import serve
from tests import builders
from tests.handling.conftest import Caller, Office

# ---- documents --------------------------------------------------------------------------------------------------------


async def test_the_openapi_page_is_whole(office: Office) -> None:
    answer = await office.nobody.get("/openapi.json")

    page = answer.json()
    named = {f"#/components/schemas/{name}" for name in page["components"]["schemas"]}
    assert set(re.findall(r'"\$ref":"([^"]+)"', answer.text)) == named
    assert next(iter(page["paths"])) == "/v1/events"


def test_the_official_validator_takes_the_openapi_page() -> None:
    validate(orjson.loads(orjson.dumps(openapi())))


def test_every_route_says_what_it_answers_who_may_ask_and_what_a_problem_looks_like() -> None:
    page = openapi()
    for path, methods in page["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (method, path)
            assert path.startswith("/v1/") == bool(operation.get("security")), (method, path)
            for status, answer in operation["responses"].items():
                assert answer["description"], (method, path, status)
                if int(status) >= 400 and path.startswith("/v1/"):
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


async def test_what_the_page_shows_of_posting_is_what_the_hub_takes_and_answers(office: Office) -> None:
    operation = openapi()["paths"]["/v1/events"]["post"]
    company = await office.caller("betangible")
    attributes = {each["name"]: each["example"] for each in operation["parameters"]}
    for media, body in operation["requestBody"]["content"].items():
        for shown in body["examples"].values():
            answer = await office.http.post(
                "/v1/events",
                content=orjson.dumps(shown["value"]),
                headers={
                    **company.headers,
                    "content-type": media,
                    **(attributes if media == "application/json" else {}),
                },
            )
            assert answer.status_code in (202, 207), answer.text
            schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
            Draft202012Validator({"components": openapi()["components"], **schema}).validate(answer.json())


@pytest.mark.parametrize("short_type", sorted(EVENTS))
async def test_every_type_has_a_schema_that_its_example_fulfils(office: Office, short_type: str) -> None:
    answer = await office.nobody.get(f"/schemas/{short_type}.json")

    assert answer.headers["content-type"] == "application/schema+json"
    Draft202012Validator.check_schema(answer.json())
    Draft202012Validator(answer.json()).validate(builders.EXAMPLES[short_type])
    assert (await office.nobody.get(f"/schemas/{EVENTS[short_type].wire_type()}.json")).json() == answer.json()


async def test_the_asyncapi_page_is_the_one_that_faststream_shows_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VET_HUB_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1/none")
    monkeypatch.setenv("VET_HUB_LOG_URL", "kafka://127.0.0.1:1")
    shown = stream.app().schema.to_specification().to_jsonable()

    answer = await office.nobody.get("/asyncapi.json")

    assert answer.json()["asyncapi"] == "3.0.0"
    assert answer.json() == orjson.loads(orjson.dumps(shown))


async def test_no_page_of_the_hub_loads_anything_from_elsewhere(office: Office) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert (await office.nobody.get(path)).status_code == 404

    page = (await office.nobody.get("/")).text
    assert re.findall(r'(?:href|src)="(?!/)', page) == []
    assert "<script" not in page


async def test_people_who_come_to_the_address_alone_are_shown_the_console(office: Office) -> None:
    answer = await office.nobody.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")


# ---- manners ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/livez"),
        ("GET", "/v1/curricula"),
        ("GET", "/nowhere"),
        ("PUT", "/v1/events"),
        ("POST", "/v1/events"),
    ],
)
async def test_every_answer_has_its_security_headers(office: Office, method: str, path: str) -> None:
    headers = (await office.http.request(method, path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_behind_tls_browsers_are_told_to_stay_there(embedded_settings: Settings) -> None:
    settings = load(data=embedded_settings.data, public_url="https://hub.example")
    async with embedded(settings) as hub, httpx.AsyncClient(transport=httpx.ASGITransport(make_app(hub))) as http:
        answer = await http.get("https://hub.example/livez")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/events", "POST"),
        ("HEAD", "/v1/events", "POST"),
        ("DELETE", "/v1/needs/betangible/N-020", "GET"),
        ("POST", "/livez", "GET"),
        ("PUT", "/v1/people", "POST"),
    ],
)
async def test_a_method_an_address_does_not_take_is_told_which_it_does(
    office: Office, method: str, path: str, allowed: str
) -> None:
    answer = await office.http.request(method, path)

    assert answer.status_code == 405
    assert allowed in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/console/sign-in", "/livez", "/readyz", "/metrics", "/openapi.json", "/v1/curricula"]
)
async def test_head_is_get_without_the_body(office: Office, company: Caller, path: str) -> None:
    got = await office.http.get(path, headers=company.headers)
    headed = await office.http.head(path, headers=company.headers)

    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]


async def test_an_unknown_address_is_a_problem_too(office: Office) -> None:
    answer = await office.nobody.get("/v2/events")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == []


@pytest.mark.parametrize(("given", "kept"), [("order-7.A_b", True), ("x" * 65, False), ("a b", False), ("", False)])
async def test_a_decent_request_id_of_the_client_is_answered(office: Office, given: str, kept: bool) -> None:
    answer = await office.http.get("/livez", headers={"x-request-id": given})

    assert (answer.headers["x-request-id"] == given) is kept


async def test_a_failure_in_any_read_is_told_without_details(
    office: Office, company: Caller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("what somebody wrote")

    await company.get("/v1/curricula")  # the key's row is remembered from here on
    monkeypatch.setattr(office.hub.store, "read", broken)

    for path, methods in openapi()["paths"].items():
        if path.startswith("/v1/") and "get" in methods:
            made_up = path.replace("{org}", "betangible").replace("{", "").replace("}", "").replace("_id", "")
            answer = await company.get(made_up.replace("matches/match", f"matches/{builders.MATCH_ID}"))
            assert answer.status_code in (500, 404), path
            assert "somebody" not in answer.text
    assert "somebody" not in capsys.readouterr().out


# ---- whatever a stranger makes up -------------------------------------------------------------------------------------

CONFORMANCE = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8  # requests an operation
SECONDS = 20.0  # until a server is given up


@pytest.fixture
def served(embedded_settings: Settings) -> Iterator[tuple[str, str]]:
    """The whole hub, listening on a port of its own in another thread: its address, and a key that may do all."""
    found: dict[str, str] = {}
    ready = threading.Event()
    ended: dict[str, object] = {}

    async def run() -> None:
        settings = load(data=embedded_settings.data, rate=1e6, burst=10**6)
        async with embedded(settings) as hub:
            scopes = ("events:write", "read", "people:write", "coordinate", "operate", "import")
            found["key"], _ = await create_key(hub.store, hub.clock, org="hub", scopes=scopes)

            def tell(port: int) -> None:
                found["url"] = f"http://127.0.0.1:{port}"
                ready.set()

            serving = asyncio.ensure_future(serve(hub, host="127.0.0.1", port=0, ready=tell))
            ended.update(loop=asyncio.get_running_loop(), stop=serving.cancel)
            await asyncio.wait([serving])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(SECONDS)
    yield found["url"], found["key"]
    ended["loop"].call_soon_threadsafe(ended["stop"])  # type: ignore[attr-defined]
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_nothing_a_stranger_makes_up_makes_the_hub_fail_or_leave_its_contract(served: tuple[str, str]) -> None:
    url, key = served
    for operation in contract.from_dict(orjson.loads(orjson.dumps(openapi()))).get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        def holds(case: Case) -> None:
            answer = case.call(base_url=url, headers={"Authorization": f"Bearer {key}"})
            case.validate_response(answer, checks=CONFORMANCE)

        holds()

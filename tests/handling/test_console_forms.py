"""Forms are taken from our own pages only, and every page has the headers of one. Both walk the routes, so none is missed."""

from collections.abc import AsyncIterator

import pytest
from starlette.routing import Route

from hub.settings import Settings
from hub.web.console import site
from tests.handling.console import HOST, OURS, Browser, browser_before, fields_of
from tests.story import Story, playing

OPEN = {"/console/sign-in", "/console/csp-report"}  # for who has no session yet; the report changes nothing
FORMS = sorted(
    route.path
    for route in site.ROUTES
    if isinstance(route, Route) and "POST" in (route.methods or ()) and route.path not in OPEN
)
PAGES = sorted(
    route.path
    for route in site.ROUTES
    if isinstance(route, Route)
    and "GET" in (route.methods or ())
    and "static" not in route.path
    and route.path not in ("/", "/console/live")
)
PLACES = {
    "job_id": "j-1",
    "key_id": "k-1",
    "parked_id": "p-1",
    "org": "betangible",
    "need_id": "N-020",
    "rest": "nothing",
    "secret": "x",
}


def filled(path: str) -> str:
    """Put something into the places of a route's path."""
    for name in PLACES:
        path = path.replace(f"{{{name}}}", PLACES[name])
    return (
        path.replace("{rest:path}", "nothing")
        .replace("{word:path}", "betangible/N-020")
        .replace("{", "")
        .replace("}", "")
    )


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    async with playing(embedded_settings) as found:
        yield found


@pytest.fixture
async def browser(story: Story) -> AsyncIterator[Browser]:
    async with browser_before(story.hub) as found:
        yield await found.sign_in()


FOREIGN = {
    "another site's origin": {"origin": "https://evil.example"},
    "our name with another's ending": {"origin": f"{HOST}.evil.example"},
    "no origin a browser would tell": {"origin": "null"},
    "another site, told by the browser": {"origin": HOST, "sec-fetch-site": "cross-site"},
    "another host of ours": {"origin": HOST, "sec-fetch-site": "same-site"},
    "nothing told at all": {"x-nothing": "1"},
}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_form_from_elsewhere_is_refused(browser: Browser, path: str, headers: dict[str, str]) -> None:
    token = fields_of(await browser.page(""), "/sign-out")["token"]

    answer = await browser.http.post(filled(path), data={"token": token}, headers=headers)

    assert answer.status_code == 403
    assert "nothing was done" in answer.text
    assert (await browser.get("")).status_code == 200


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
async def test_a_form_without_this_sessions_token_is_refused(browser: Browser, path: str, token: str) -> None:
    answer = await browser.http.post(filled(path), data={"token": token}, headers=OURS)

    assert answer.status_code == 403
    assert "another sign-in" in answer.text


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_of_somebody_who_is_not_signed_in_changes_nothing(browser: Browser, path: str) -> None:
    browser.http.cookies.clear()

    answer = await browser.http.post(filled(path), data={"token": "x"}, headers=OURS)

    assert answer.status_code == 401


async def test_what_is_no_form_is_not_read(browser: Browser) -> None:
    json = await browser.http.post("/console/sign-out", json={"token": "x"}, headers=OURS)
    large = await browser.post("/sign-out", {"token": "x" * 70_000})

    assert (json.status_code, large.status_code) == (415, 413)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_allows_only_its_own_scripts_and_is_not_kept(browser: Browser, path: str) -> None:
    answer = await browser.http.get(filled(path))

    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert policy["script-src"].startswith("'nonce-")
        assert (policy["style-src"], policy["form-action"]) == ("'self'", "'self'")
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "style=" not in answer.text
        assert " onclick" not in answer.text
        assert len(answer.content) < 100_000
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("referrer-policy") == ["same-origin"] or answer.status_code in (303, 404)


async def test_nonces_differ_from_page_to_page(browser: Browser) -> None:
    policies = {(await browser.get("")).headers["content-security-policy"] for _ in range(3)}

    assert len(policies) == 3


async def test_files_are_kept_for_ever_under_a_name_of_their_content(browser: Browser) -> None:
    page = await browser.page("")
    found = [part.partition('"')[0] for part in page.split('"/console/static/')[1:]]
    assert {name.partition(".")[0] for name in found} == {"console", "icon"}

    for name in found:
        answer = await browser.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/static/console.000000000000.css")).status_code == 404


async def test_an_error_nobody_foresaw_is_told_as_a_page_without_its_words(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr("hub.web.console.pages.needs.looks.newest", broken)

    answer = await browser.get("/needs")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-request-id"] in answer.text
    assert "secret words" not in answer.text
    assert "ZeroDivision" not in answer.text


async def test_a_report_of_a_refused_script_is_taken_and_nothing_else_is_said(browser: Browser) -> None:
    browser.http.cookies.clear()
    for body in (b'{"csp-report": {"effective-directive": "script-src"}}', b"[]", b"{", b"x" * 20_000):
        answer = await browser.http.post("/console/csp-report", content=body)
        assert (answer.status_code, answer.content) == (204, b"")

"""Coming into the console and leaving it: links that are good once, sessions that end, cookies nobody else gets."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hub.clock import FixedClock
from hub.errors import HubError
from hub.settings import Settings
from hub.visitors import LONGEST, make_link
from tests.handling.console import OURS, Browser, browser_before
from tests.story import playing


@pytest.fixture
async def browser(embedded_settings: Settings) -> AsyncIterator[Browser]:
    async with playing(embedded_settings) as story, browser_before(story.hub) as found:
        yield found


def clock_of(browser: Browser) -> FixedClock:
    assert isinstance(browser.hub.clock, FixedClock)
    return browser.hub.clock


async def test_a_link_lets_somebody_in_once(browser: Browser) -> None:
    secret = await browser.link()

    first, second = await browser.use(secret), await browser.use(secret)

    assert (first.status_code, first.headers["location"]) == (303, "/console")
    assert second.status_code == 410
    assert "opens nothing any more" in second.text
    assert "Welcome" in await browser.page("")


async def test_looking_at_a_link_does_not_use_it_up(browser: Browser) -> None:
    secret = await browser.link()

    for _ in range(3):
        assert "Sign in</button>" in await browser.page(f"/sign-in/{secret}")

    assert (await browser.use(secret)).status_code == 303


async def test_a_link_ends_after_a_quarter_of_an_hour(browser: Browser) -> None:
    secret = await browser.link()
    clock_of(browser).advance(minutes=15)

    assert (await browser.get(f"/sign-in/{secret}")).status_code == 410
    assert (await browser.use(secret)).status_code == 410


async def test_the_cookie_is_for_this_host_over_https_and_out_of_scripts_reach(browser: Browser) -> None:
    answer = await browser.use(await browser.link())

    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-vet-hub="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


async def test_a_session_ends_twelve_hours_after_its_last_page(browser: Browser) -> None:
    await browser.sign_in()
    for _ in range(3):
        clock_of(browser).advance(hours=11)
        await browser.page("")

    clock_of(browser).advance(hours=12)
    ended = await browser.get("")

    assert ended.status_code == 401
    assert "Your session has ended" in ended.text


async def test_a_busy_session_ends_after_a_week_all_the_same(browser: Browser) -> None:
    await browser.sign_in()
    for _ in range(int(LONGEST / timedelta(hours=8))):
        await browser.page("")
        clock_of(browser).advance(hours=8)

    assert (await browser.get("")).status_code == 401


async def test_signing_in_gives_a_new_session_and_ends_the_one_before(browser: Browser) -> None:
    await browser.sign_in()
    before = browser.http.cookies["__Host-vet-hub"]

    await browser.sign_in()

    assert browser.http.cookies["__Host-vet-hub"] != before
    browser.http.cookies.set("__Host-vet-hub", before, domain="hub.example", path="/")
    assert (await browser.get("")).status_code == 401


async def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    await browser.sign_in()
    cookie = browser.http.cookies["__Host-vet-hub"]

    answer = await browser.send("", "/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert "__Host-vet-hub" not in browser.http.cookies
    browser.http.cookies.set("__Host-vet-hub", cookie, domain="hub.example", path="/")
    assert (await browser.get("")).status_code == 401


async def test_who_is_not_signed_in_is_told_how_to_get_a_link(browser: Browser) -> None:
    sent_on = await browser.get("/needs")

    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/console/sign-in")
    assert "vet-hub console link" in await browser.page("/sign-in")


async def test_an_invented_cookie_is_nobodys(browser: Browser) -> None:
    for cookie in ("x", "é" * 5, "a" * 5000):
        answer = await browser.http.get("/console", headers={"cookie": f"__Host-vet-hub={cookie}".encode()})
        assert answer.status_code == 401


async def test_too_many_tries_to_sign_in_are_stopped(browser: Browser) -> None:
    answers = [await browser.use("guess") for _ in range(11)]

    assert {each.status_code for each in answers[:10]} == {410}
    assert answers[10].status_code == 429
    assert int(answers[10].headers["retry-after"]) > 0


async def test_another_sites_page_cannot_sign_somebody_in(browser: Browser) -> None:
    secret = await browser.link()

    for headers in ({"origin": "https://evil.example"}, OURS | {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert (await browser.use(secret, **headers)).status_code == 403

    assert (await browser.use(secret)).status_code == 303


@pytest.mark.parametrize(
    ("org", "role", "cure"),
    [
        ("cec", "operator", "operators belong to the organisation «hub»"),
        ("cec", "chief", "there are operator, coordinator"),
        ("C E C", "coordinator", "is no organisation's slug"),
    ],
)
async def test_a_link_for_nobody_is_not_made(browser: Browser, org: str, role: str, cure: str) -> None:
    with pytest.raises(HubError, match=cure):
        await make_link(browser.hub.store, browser.hub.clock, org=org, role=role)


async def test_a_link_for_a_person_of_another_organisation_is_not_made(browser: Browser) -> None:
    with pytest.raises(HubError, match="is nobody of cec"):
        await make_link(browser.hub.store, browser.hub.clock, org="cec", role="coordinator", person_ref="p-1")

"""The console in a real browser, over the demo's story: readable by everybody in any light and width, whole by keyboard.

One hub and one browser for all; pages are opened in turn.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from hub.cli.telling import Tale
from tests import builders
from tests.journeys.running import Running

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)  # milliseconds a page has; a loaded machine is no reason to fail

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LIGHT_AND_WIDTH = [(light, width) for light in ("light", "dark") for width in (1280, 390)]
MAIL, PARKED, AGREEMENT = "the first mail", "the parked event", "the first agreement"
EDIT = "a copy of the parked event"
NEW = "betangible/N-900"
PICTURES = {
    "overview": ("", "light", 1280),
    "need": ("/needs/betangible/N-002", "light", 1280),
    "agreement": (AGREEMENT, "light", 1280),
    "phone": ("/gaps", "dark", 390),
}
"""Pictures of the README: page, light, width. `VET_HUB_TEST_WRITE_PICTURES=1` writes them, to be looked at."""
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PAGES = (
    "",
    "/needs",
    "/needs?state=withdrawn",
    "/needs/betangible/N-002",
    "/needs/belcinto/N-001",
    "/requests",
    "/placements",
    "/placements/belcinto/O-001",
    "/gaps",
    "/agreements",
    AGREEMENT,
    "/stream",
    "/stream/1",
    "/trace/betangible/N-002",
    "/stream?group=workflow&outcome=waiting",
    "/parked",
    "/parked?state=waiting",
    PARKED,
    EDIT,
    "/replay",
    "/replay/plan?group=projector&from=3&rate=50",
    "/audit",
    "/mailbox",
    MAIL,
    "/catalogue",
    "/catalogue/movex/C07",
    "/organisations",
    "/organisations/cec",
    "/organisations/movex",
    "/keys",
    "/nothing-is-here",
)


class Visitor:
    """Somebody signed in with a browser, and everything their browser complained about."""

    def __init__(self, browser: Browser, hub: Running) -> None:
        self.browser = browser
        self.hub = hub
        self.complaints: list[str] = []
        context = self._context("light", 1280)
        page = context.new_page()
        page.goto(hub.link)
        page.get_by_role("button", name="Sign in").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Welcome")
        self.cookies = context.storage_state()
        self.places = {
            MAIL: self._first(page, "/mailbox"),
            PARKED: self._first(page, "/parked"),
            AGREEMENT: self._first(page, "/agreements"),
        }
        self.places[EDIT] = f"{self.places[PARKED]}/edit"
        context.close()

    def _context(self, light: str, width: int, **given: object) -> BrowserContext:
        size = {"width": width, "height": 900}
        return self.browser.new_context(viewport=size, color_scheme=light, **given)  # type: ignore[arg-type]

    def _first(self, page: Page, section: str) -> str:
        page.goto(f"{self.hub.url}/console{section}")
        address = page.locator("[data-rows] a").first.get_attribute("href")
        assert address is not None
        return address.removeprefix("/console")

    def page(self, light: str = "light", width: int = 1280, *, scripts: bool = True) -> Page:
        """Open a window; what its browser complains of is kept."""
        context = self._context(light, width, storage_state=self.cookies, java_script_enabled=scripts)
        page = context.new_page()
        page.on("console", lambda said: self._complain(page, said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(page, str(error)))
        page.on("request", lambda asked: self._complain(page, "a CSP report") if "csp-report" in asked.url else None)
        return page

    def _complain(self, page: Page, words: str) -> None:
        if "nothing-is-here" not in page.url:  # that page is a 404 on purpose, which browsers write down
            self.complaints.append(f"{page.url}: {words}")

    def open(self, page: Page, path: str) -> None:
        """Open a page of the console."""
        page.goto(f"{self.hub.url}/console{self.places.get(path, path)}", wait_until="load")


@pytest.fixture(scope="module")
def visitor(story: Tale, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("console") / "story"
    shutil.copytree(story.folder, folder)
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith("VET_HUB_")]:
            shell.delenv(name)
        hub = Running(folder)
    try:
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            yield Visitor(browser, hub)
            browser.close()
    finally:
        hub.process.kill()
        hub.process.communicate()


@pytest.mark.parametrize(("light", "width"), LIGHT_AND_WIDTH)
def test_every_page_can_be_read_by_everybody(visitor: Visitor, light: str, width: int) -> None:
    page = visitor.page(light, width)
    wrong: list[str] = []

    for path in PAGES:
        visitor.open(page, path)
        found = page.evaluate(
            f"{AXE}; axe.run({{runOnly: {RULES}, resultTypes: ['violations']}}).then(found => found.violations)"
        )
        wrong += [f"{path}: {each['id']} at {[node['target'] for node in each['nodes']][:3]}" for each in found]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path}: scrolls sideways")

    page.context.close()
    assert wrong == []
    assert visitor.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_what_people_see_before_they_are_in_can_be_read_by_everybody(visitor: Visitor, width: int) -> None:
    context = visitor.browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()

    for path in ("/sign-in", "/sign-in/used-up"):
        page.goto(f"{visitor.hub.url}/console{path}")
        assert (
            page.evaluate(
                f"{AXE}; axe.run({{runOnly: {RULES}, resultTypes: ['violations']}}).then(found => found.violations)"
            )
            == []
        )

    context.close()


@pytest.mark.parametrize("name", PICTURES)
def test_the_readme_shows_the_console_as_it_is_drawn(visitor: Visitor, name: str, tmp_path: Path) -> None:
    path, light, width = PICTURES[name]
    page = visitor.page(light, width)
    visitor.open(page, path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    folder = FOLDER if os.environ.get("VET_HUB_TEST_WRITE_PICTURES") == "1" else tmp_path

    page.screenshot(path=folder / f"{name}.png", clip={"x": 0, "y": 0, "width": width, "height": 900})

    assert f"docs/pictures/{name}.png" in (FOLDER.parents[1] / "README.md").read_text()
    assert (FOLDER / f"{name}.png").stat().st_size > 10_000
    page.context.close()


def test_the_story_is_read_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page()
    visitor.open(page, "")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("betangible/N-002")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operators for the new cutting table")

    visitor.open(page, "/needs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr.chosen a").first).to_be_focused()
    title = page.locator("tr.chosen a").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.context.close()
    assert visitor.complaints == []


def test_every_page_is_whole_without_a_script(visitor: Visitor) -> None:
    page = visitor.page(width=390, scripts=False)

    for path in PAGES:
        visitor.open(page, path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.locator(".menu > summary").click()
    page.locator(".menu").get_by_role("link", name="Catalogue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalogue")
    page.context.close()


def test_what_comes_is_announced_and_moves_nothing_while_somebody_reads(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page(width=390)
    visitor.open(page, "/keys")
    page.get_by_label("Organisation").fill("tannery")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text().strip()
    visitor.open(page, "/stream")
    page.mouse.wheel(0, 600)
    page.wait_for_function("window.scrollY > 100")
    first = page.locator("[data-rows] tr").first.inner_text()

    answer = page.request.post(
        f"{visitor.hub.url}/v1/events",
        headers={"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"},
        data={
            "specversion": "1.0",
            "id": "t-1",
            "source": "/companies/tannery",
            "type": "eu.vethub.company.registered.v1",
            "subject": "tannery",
            "data": {
                "company_id": "tannery",
                "legal_name": "<b>Tannery</b>",
                "country": "PT",
                "nuts": "PT11A",
                "languages": ["pt"],
            },
        },
    )

    assert answer.status == 202
    button = page.get_by_role("button", name="1 new")
    expect(button).to_be_visible()
    assert page.locator("[data-rows] tr").first.inner_text() == first
    button.click()
    expect(page.locator("[data-rows] tr").first).to_contain_text("<b>Tannery</b> joins as a company")
    page.context.close()
    assert visitor.complaints == []


def test_what_parties_told_by_phone_is_recorded_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page()
    _publish(page, visitor)
    visitor.open(page, f"/needs/{NEW}")

    follow(page, page.get_by_role("link", name="Fundación Movex answered"))
    choose(page, page.get_by_role("radio", name="It says yes"))
    press(page, page.get_by_role("button", name="Record the answer"))
    expect(page.get_by_text("It counts: the hub")).to_be_visible()

    follow(page, page.get_by_role("link", name="Betangible decided"))
    choose(page, page.get_by_role("radio", name="It takes", disabled=False).first)
    press(page, page.get_by_role("button", name="Record the decision"))
    expect(page.get_by_role("heading", name="What was agreed")).to_be_visible()

    follow(page, page.get_by_role("link", name="A learner is named"))
    write(page, page.get_by_label("Name", exact=True), "Ana Exemplo")
    write(page, page.get_by_label("Mail address"), "ana@betangible.example")
    write(page, page.get_by_label("Born on"), "05011990")
    press(page, page.get_by_role("button", name="Put into the vault"))
    expect(page.get_by_role("status")).to_contain_text("The person is in the vault")
    nominating = page.url
    write(page, page.get_by_label("Hours a week"), "15")
    press(page, page.get_by_role("button", name="Nominate"))
    expect(page.get_by_text("It counts: the hub")).to_be_visible()
    expect(page.get_by_role("link", name="draft")).to_be_visible()

    follow(page, page.get_by_role("link", name="draft"))
    expect(page.get_by_role("heading", name="Who must sign")).to_be_visible()
    expect(page.get_by_role("link", name="Open the PDF")).to_be_visible()
    expect(page.get_by_role("img", name="Page 1 of")).to_be_visible()
    agreement = page.url

    page.context.close()
    assert visitor.complaints == []
    _every_page_of_a_deal_can_be_read(visitor, nominating, agreement)


def _publish(page: Page, visitor: Visitor) -> None:
    """Let betangible publish a need that movex's course meets, with a key that was made in the console."""
    visitor.open(page, "/keys")
    page.get_by_label("Organisation").fill("betangible")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text().strip()
    first = datetime.now(UTC).date() + timedelta(days=10)
    window = {"earliest": first.isoformat(), "latest": (first + timedelta(days=60)).isoformat()}
    until = (first + timedelta(days=70)).isoformat()
    need = {"specversion": "1.0", "id": "n-900", "source": "/companies/betangible", "subject": NEW}
    told = builders.need(need_id="N-900", headcount=2, start_window=window, valid_until=until)
    answer = page.request.post(
        f"{visitor.hub.url}/v1/events",
        headers={"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"},
        data={**need, "type": "eu.vethub.need.published.v1", "data": told},
    )
    assert answer.status == 202, answer.text()
    while "Fundación Movex answered" not in page.request.get(f"{visitor.hub.url}/console/needs/{NEW}").text():
        page.wait_for_timeout(100)


def _every_page_of_a_deal_can_be_read(visitor: Visitor, nominating: str, agreement: str) -> None:
    match = nominating.partition("/nominate")[0]
    addresses = [nominating, agreement, f"{match}/answer/movex", f"{match}/decide"]
    lists = ("/placements", "/agreements", f"/needs/{NEW}", "/needs/belcinto/N-003/exclude")
    addresses += [f"{visitor.hub.url}/console{path}" for path in lists]
    for light, width in LIGHT_AND_WIDTH:
        page = visitor.page(light, width)
        for address in addresses:
            page.goto(address, wait_until="load")
            assert page.evaluate(f"{AXE}; axe.run({{runOnly: {RULES}}}).then(found => found.violations)") == [], address
            assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        page.context.close()
    assert visitor.complaints == []


def reach(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    target.wait_for()
    for _ in range(120):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached with the keyboard")


def follow(page: Page, link: Locator) -> None:
    """Follow a link with the keyboard."""
    reach(page, link)
    with page.expect_navigation():
        page.keyboard.press("Enter")


press = follow


def choose(page: Page, radio: Locator) -> None:
    """Choose one of several with the keyboard."""
    reach(page, radio)
    page.keyboard.press("Space")
    expect(radio).to_be_checked()


def write(page: Page, field: Locator, words: str) -> None:
    """Fill a field in with the keyboard."""
    reach(page, field)
    page.keyboard.type(words)


def test_signing_out_ends_what_is_live_and_the_hub_stops_within_its_grace(visitor: Visitor) -> None:
    page = visitor.page()
    visitor.open(page, "/stream")

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Companies say what their people should learn")
    visitor.open(page, "")
    assert page.url.endswith("/console/sign-in")
    assert "The hub has stopped" in visitor.hub.stop()

"""Strangers' words in every free text of a whole story: they reach mails, documents, calendars and pages as words, no more.

The texts are found in the types' JSON Schemas, the pages by following every link, the forms by what stands on the pages.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import date
from email import message_from_bytes, policy
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import pytest
import pytest_asyncio
from icalendar import Calendar
from pypdf import PdfReader

from events.catalogue import EVENTS, json_schema
from events.errors import Invalid
from hub.mail.message import Address
from hub.mailing import composed
from hub.rows import Agreement
from hub.settings import load
from hub.store import documents, nouns, people
from hub.vault import read_person
from schemas.values import ONE_LINE, PARAGRAPHS
from tests import builders
from tests.handling.console import OURS, Browser, browser_before
from tests.rules.test_hostile_fields import WHOLE, filled, leaves, spiced
from tests.story import Story, day, playing

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7 * 7 }} %(x)s\u202egnp\u2066'
PARAGRAPH = f"{LINE}\r\nBcc: all@evil.example\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\r\n</td></table><h1>Pay here</h1>"
WORDS: Mapping[str, str] = {ONE_LINE: LINE, PARAGRAPHS: PARAGRAPH}
TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
FREE = ("text", "search", "email", "tel", "date", "hidden", "", None)


def hostile(short_type: str, **changes: Any) -> dict[str, Any]:
    """The whole data of a type with the words in each of its free texts."""
    data = {name: value for name, value in (WHOLE[short_type] | changes).items() if value is not None}
    schema = json_schema(EVENTS[short_type])
    for place, pattern in leaves(schema, schema):
        at = filled(data, place)
        if at is not None and pattern in WORDS and place[-1] != "en":
            data = spiced(data, at, WORDS[pattern])
    return data


async def told(story: Story, short_type: str, subject: str, source: str, **changes: Any) -> None:
    receipt = await story.say(short_type, subject, hostile(short_type, **changes), source=source)
    assert receipt.refusal is None, (short_type, receipt.refusal)
    await story.settle()


async def match_about(story: Story, about: str) -> str:
    return [str(one["match_id"]) for one in await story.data("match.proposed") if one["about"] == about][-1]


async def whole_story(story: Story) -> None:
    for ref, org, kind in (
        ("p-b", "betangible", "contact"), ("p-bs", "betangible", "signatory"), ("p-m", "movex", "contact"),
        ("p-ms", "movex", "signatory"), ("p-l", "betangible", "learner"), ("p-g", "betangible", "guardian"),
        ("p-c", "cec", "coordinator"), ("p-7", "betangible", "tutor"),
    ):  # fmt: skip
        await story.person(ref, org, kind=kind, name=TURNED.sub("", LINE))
    company, provider = "/companies/betangible", "/providers/movex"
    await told(story, "company.registered", "betangible", company, contact_ref="p-b", signatory_ref="p-bs")
    await told(story, "provider.registered", "movex", provider, contact_ref="p-m", signatory_ref="p-ms")
    await told(story, "coordinator.registered", "cec", "/coordinators/cec", contact_ref=None)
    outcomes = [{"title": "x", "skills": [{"uri": builders.SKILLS["S12"]}, {"text": "x", "language": "es"}]}]
    course = {"learning_outcomes": outcomes, "prerequisites": []}
    for local_id in ("C07", "C08"):
        await told(story, "curriculum.published", f"movex/{local_id}", provider, curriculum_id=local_id, **course)
        run = {"session_id": f"{local_id}-1", "curriculum_id": local_id, "location": builders.UBRIQUE}
        days = {"start": day(20), "end": day(34), "application_deadline": day(15), "price": None}
        await told(story, "session.scheduled", f"movex/{local_id}-1", provider, **run, **days)
    skills = [{"uri": builders.SKILLS["S12"], "must": True}, {"text": "x", "language": "es", "must": False}]
    for local_id, more in (("N-020", {}), ("N-021", {"max_hours": 1})):
        asked = {"need_id": local_id, "skills": skills, "contact_ref": "p-b", "valid_until": "2027-03-31", **more}
        await told(story, "need.published", f"betangible/{local_id}", company, **asked)
    offered = {"company_id": "betangible", "skills": [{"uri": builders.SKILLS["S12"]}], "languages": ["es"]}
    await told(story, "placement.offered", "betangible/O-001", company, **offered)

    match = await match_about(story, "betangible/N-020")
    unsure = {"match_id": match, "decision": "interested", "reason_code": None, "session_ref": None, "price": None}
    await told(story, "match.answered", match, provider, **unsure, candidate_id=None)
    await told(story, "match.decided", match, company, match_id=match, decision="needs_info", candidate_id=None)
    sure = unsure | {"decision": "accepted", "seats_offered": 2, "valid_until": None}
    await told(story, "match.answered", match, provider, **sure, candidate_id="c1")
    await told(story, "match.decided", match, company, match_id=match, candidate_id="c1")
    who = {"match_id": match, "learner_ref": "p-l", "guardian_refs": ["p-g"], "start": day(20), "end": day(34)}
    await told(story, "learner.nominated", "betangible/NOM-1", company, **who, age_band="15-17")
    about = {"about": "betangible/N-021", "curriculum_ref": "movex/C08"}
    await told(story, "match.excluded", "betangible/N-021", "/coordinators/cec", **about)
    await told(story, "session.cancelled", "movex/C08-1", provider, session_id="C08-1", curriculum_id="C08")
    await told(story, "curriculum.retired", "movex/C08", provider, curriculum_id="C08", replaced_by=None)
    await story.later(hours=24)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with playing(load(data=tmp_path_factory.mktemp("hub"))) as opened:
        await whole_story(opened)
        yield opened


class Page(HTMLParser):
    """What a page holds: tags, attributes, links, words, and its forms with their fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "form" and found.get("method") == "post":
            self._form = self.forms.setdefault(found["action"] or "", {})
        name = found.get("name")
        if self._form is not None and tag in ("input", "select", "textarea") and name:
            self._form.setdefault(name, found.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def refuse_markup(html: str, where: str) -> Page:
    """Fail where a stranger's words became more than words."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag != "script" or "nonce" in attributes, where
        assert (tag, attributes.get("src")) != ("img", "x"), where
        assert not [name for name in attributes if name.startswith("on")], where
        assert not str(attributes.get("href", "")).startswith("javascript:"), where
    assert "Pay here" not in [words.strip() for words in page.words], where
    assert not TURNED.search(html), where
    assert " 49 " not in " ".join(page.words), where
    return page


async def test_no_mail_header_tag_or_calendar_entry_comes_of_a_strangers_words(story: Story) -> None:
    rows = [row for row in await story.jobs() if row.channel == "mail"]
    kinds = {row.kind for row in rows}
    assert kinds >= {"request_to_provider", "proposals_to_company", "answer_to_company", "decision_to_provider"}
    assert kinds >= {"agreement_to_party", "gap_to_company", "placement_to_provider", "coordinator_digest"}
    carried = 0
    for row in rows:
        person = (await story.hub.store.read(people.find_all, [row.body["recipient_ref"]]))[0]
        raw = composed(row, person, sender=Address("vet-hub", "hub@hub.example")).as_bytes()
        mail = message_from_bytes(raw, policy=policy.default)
        names = [name.lower() for name in mail]
        assert len(set(names)) == len(names), row.kind
        assert "bcc" not in names, row.kind
        assert len(mail["to"].addresses) == 1, row.kind
        for part in mail.walk():
            if part.get_content_type() == "text/html":
                page = refuse_markup(part.get_content(), row.kind)
                carried += any("<script>alert(1)" in words for words in page.words)
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_payload(decode=True))
                assert all(event["DTSTART"].dt for event in calendar.walk("VEVENT")), row.kind
                assert len(calendar.walk("VEVENT")) <= 3, row.kind
    assert carried > len(rows) / 2


async def test_a_document_holds_the_words_as_they_were_said(story: Story) -> None:
    (agreement,) = await story.hub.store.read(nouns.page, Agreement)
    found = await story.hub.store.read(documents.find, agreement.key, 1)
    assert found is not None
    text = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(found.body)).pages).split())
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert not TURNED.search(text)
    assert PdfReader(BytesIO(found.body)).attachments == {}


@pytest.mark.parametrize(
    "words", [f"Ana{each}Exemplo" for each in ("\u202e", "\u2066", "\r\nBcc: x@y.example", "\x1b[2J", "\x00")]
)
async def test_a_name_that_no_mail_can_carry_is_refused_before_it_is_kept(words: str) -> None:
    person = {
        "kind": "learner",
        "organisation": "movex",
        "email": "a@b.example",
        "language": "es",
        "timezone": "Europe/Madrid",
    }
    with pytest.raises(Invalid) as refused:
        read_person(orjson.dumps(person | {"name": words}), today=date(2026, 11, 23))

    (problem,) = refused.value.errors
    assert (problem.pointer, problem.detail.isprintable()) == ("/name", True)


async def crawl(browser: Browser) -> dict[str, Page]:
    """Every page that a link leads to, at most some of each sort."""
    todo, seen, pages = ["/console"], {"/console"}, dict[str, Page]()
    while todo:
        path = todo.pop(0)
        answer = await browser.http.get(path)
        assert answer.status_code in (200, 303, 404), (path, answer.status_code)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        pages[path] = refuse_markup(answer.text, path)
        links = [attributes.get("href") or "" for tag, attributes in pages[path].tags if tag == "a"]
        fresh = [link.partition("#")[0] for link in links if link.startswith("/console")]
        for link in dict.fromkeys(fresh):
            sort = re.sub(r"[0-9a-f-]{16,}|j-[0-9a-z]+|\?.*", "…", link)
            if sort not in seen:
                seen.add(sort)
                todo.append(link)
    return pages


async def test_no_page_of_the_console_holds_markup_of_a_stranger_and_no_form_takes_any(story: Story) -> None:
    async with browser_before(story.hub) as browser:
        pages = await crawl(await browser.sign_in())
        open_one, agreed = [await match_about(story, f"betangible/{about}") for about in ("O-001", "N-020")]
        answered, decided = f"matches/{open_one}/answer/movex", f"matches/{open_one}/decide"
        for path in (answered, decided, f"matches/{agreed}/nominate", "needs/betangible/N-021/exclude"):
            pages[f"/console/{path}"] = refuse_markup((await browser.http.get(f"/console/{path}")).text, path)
        assert {urlsplit(path).path.split("/")[2] for path in pages if path.count("/") > 1} >= {
            "needs", "placements", "gaps", "agreements", "stream", "trace", "mailbox", "catalogue", "organisations", "keys",
            "requests", "matches",
        }  # fmt: skip
        forms = {action: fields for page in pages.values() for action, fields in page.forms.items()}
        forms = {
            action: fields for action, fields in forms.items() if "sign-out" not in action and "again" not in action
        }
        assert len(forms) >= 7, list(forms)
        for action, fields in forms.items():
            for name in [name for name in fields if name != "token"]:
                await try_form(browser, action, fields, name)
        await story.settle()
        await crawl(browser)


async def try_form(browser: Browser, action: str, fields: dict[str, str], name: str) -> None:
    """Send a form three times with strangers' words in one field."""
    answer = await browser.http.post(action, data=fields | {name: PARAGRAPH}, headers=OURS)
    assert answer.status_code in (200, 303, 400, 404, 409, 422), (action, name)
    assert "\n" not in answer.headers.get("location", "")
    assert "bcc" not in {header.lower() for header in answer.headers}
    refuse_markup(answer.text, f"{action} {name}")
    for raw, sign in (("%00", "\\u0000"), ("%ED%A0%80", "\\u"), ("%1B%5B2J", "\\u001b")):
        body = "&".join(f"{key}={raw if key == name else quote(value)}" for key, value in fields.items())
        form = {**OURS, "content-type": "application/x-www-form-urlencoded"}
        refused = await browser.http.post(action, content=body, headers=form)
        assert refused.status_code == 400, (action, name, raw)
        assert f"«{name}» holds {sign}" in refused.text, (action, name, raw)
        assert "type the words" in refused.text


@pytest.mark.parametrize("path", ["/console/needs/a%00b/N-1", "/console/find?q=%00"])
async def test_an_address_with_a_nul_is_refused_before_a_database_sees_it(story: Story, path: str) -> None:
    async with browser_before(story.hub) as browser:
        answer = await (await browser.sign_in()).http.get(path)

    assert answer.status_code == 400
    assert "leave it out" in answer.text

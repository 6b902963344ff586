"""Who sees what, for every route that reads: strangers, both sides of a deal before and after it, coordinators, operators."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from hub.access import Sender
from hub.rows import Agreement
from hub.settings import load
from hub.store import nouns
from hub.web.api import openapi
from tests import builders
from tests.handling.conftest import Caller, Office, office_over
from tests.handling.conversations import MOVEX, NEED, Talk, talking
from tests.story import day

DAYS = {"start": day(20), "end": day(34)}
READERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stranger": ("belcinto", ("read",)),
    "provider who was not asked": ("ctcp", ("read",)),
    "company": ("betangible", ("read",)),
    "provider": ("movex", ("read",)),
    "coordinator here": ("cec", ("read", "coordinate")),
    "coordinator here without the scope": ("cec", ("read",)),
    "coordinator elsewhere": ("norte", ("read", "coordinate")),
    "operator": ("hub", ("operate",)),
}
EVERYBODY = frozenset(READERS)
OVERSEERS = frozenset({"coordinator here", "operator"})
COMPANY = OVERSEERS | {"company"}
PARTIES = COMPANY | {"provider"}
SEEN_BY: Mapping[str, frozenset[str]] = {
    "/v1/needs/{org}/{need_id}": COMPANY,
    "/v1/needs/{org}/{need_id}/matches": COMPANY,
    "/v1/needs/{org}/{need_id}/gap": COMPANY,
    "/v1/offers/{org}/{offer_id}": COMPANY,
    "/v1/offers/{org}/{offer_id}/matches": COMPANY,
    "/v1/matches/{match_id}": PARTIES,
    "/v1/agreements/{agreement_id}": PARTIES,
    "/v1/agreements/{agreement_id}/document.pdf": PARTIES,
    "/v1/curricula": EVERYBODY,
    "/v1/curricula/{org}/{curriculum_id}": EVERYBODY,
    "/v1/curricula/{org}/{curriculum_id}/sessions": EVERYBODY,
    "/v1/trace/{word}": frozenset({"company", "provider", "operator"}),
}


@dataclass(frozen=True)
class Deal:
    """What movex and betangible agreed on, and callers of every kind."""

    talk: Talk
    office: Office
    match_id: str
    agreement_id: str

    async def caller(self, reader: str) -> Caller:
        org, scopes = READERS[reader]
        return await self.office.caller(org, *scopes)

    def path(self, template: str) -> str:
        need = "N-GAP" if template.endswith("/gap") else "N-020"
        org = "movex" if "curriculum" in template else "betangible"
        return template.format(
            org=org,
            need_id=need,
            offer_id="O-001",
            curriculum_id="C07",
            match_id=self.match_id,
            agreement_id=self.agreement_id,
            word=self.match_id,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deal]:
    """A deal that a module's tests share: none of them may change it."""
    async with talking(load(data=tmp_path_factory.mktemp("deal"))) as talk, office_over(talk.story.hub) as office:
        await beside(talk)
        await talk.agree()
        await talk.nominate(sender=MOVEX, **DAYS)
        (paper,) = await talk.story.hub.store.read(nouns.page, Agreement)
        yield Deal(talk, office, paper.match_id, paper.key)


async def beside(talk: Talk) -> None:
    """Let coordinators register, and betangible also ask for what nobody teaches and offer a placement."""
    for slug, regions in (("cec", ["ES61"]), ("norte", ["PT11"])):
        await talk.story.say("coordinator.registered", slug, builders.coordinator(organisation_id=slug, nuts=regions))
    await talk.story.say("need.published", "betangible/N-GAP", builders.need(need_id="N-GAP", languages=["pl"]))
    offer = builders.offer(company_id="betangible", location=builders.UBRIQUE, languages=["es"])
    await talk.story.say("placement.offered", "betangible/O-001", builders.without(offer, "tutor_ref"))
    await talk.story.settle()


def test_the_table_names_every_route_that_reads() -> None:
    reading = {path for path, methods in openapi()["paths"].items() if path.startswith("/v1/") and "get" in methods}

    assert set(SEEN_BY) == reading - {"/v1/skills", "/v1/designs"}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("template", SEEN_BY)
async def test_each_reader_sees_what_is_theirs_and_nothing_else(deal: Deal, template: str, reader: str) -> None:
    answer = await (await deal.caller(reader)).get(deal.path(template))

    assert answer.status_code == (200 if reader in SEEN_BY[template] else 404)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("template", [path for path, seen in SEEN_BY.items() if seen != EVERYBODY])
async def test_what_is_hidden_is_answered_like_what_is_not_there(deal: Deal, template: str) -> None:
    stranger = await deal.caller("stranger")
    hidden = await stranger.get(deal.path(template))
    absent = "00000000-0000-4000-8000-000000000000"
    nothing = Deal(deal.talk, deal.office, absent, absent)
    path = nothing.path(template).replace("N-020", "N-1").replace("N-GAP", "N-1").replace("O-001", "O-9")

    missing = await stranger.get(path)

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert _nameless(hidden, deal.path(template)) == _nameless(missing, path)


def _nameless(answer: httpx.Response, path: str) -> str:
    text = answer.text
    for segment in path.split("/")[3:5]:
        text = text.replace(segment, "…")
    return text


# ---- what a provider learns, and when ---------------------------------------------------------------------------------


@pytest.fixture
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with talking(load(data=tmp_path_factory.mktemp("talk"))) as opened:
        yield opened


@pytest.mark.parametrize("decision", ["accepted", "interested", "declined", "counter_offer"])
async def test_before_the_company_agrees_no_answer_of_a_provider_shows_it_the_company(
    talk: Talk, decision: str
) -> None:
    await talk.answer(decision=decision)
    match_id = (await talk.match()).key
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        shown = [(await provider.get(f"/v1/{path}/{match_id}")) for path in ("matches", "trace")]

    for answer in shown:
        assert answer.status_code == 200
        assert "betangible" not in answer.text.lower()
        assert "N-020" not in answer.text
        assert "need." not in answer.text


async def test_a_company_that_turns_a_match_down_stays_unnamed(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(decision="declined", candidate_id=None)
    said = {one["match_id"] for one in await talk.story.data("match.requested")}
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        for match_id in said:
            for path in ("matches", "trace"):
                answer = await provider.get(f"/v1/{path}/{match_id}")
                assert "betangible" not in answer.text.lower()
                assert "need." not in answer.text


async def test_after_it_the_provider_sees_the_cooperation_and_its_agreements(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(**DAYS)
    match_id = (await talk.match()).key
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        shown = (await provider.get(f"/v1/matches/{match_id}")).json()
        paper = (await provider.get(f"/v1/agreements/{shown['cooperation']['agreements'][0]}")).json()
        steps = (await provider.get(f"/v1/trace/{match_id}")).json()["steps"]

    assert (shown["state"], "about" in shown) == ("accepted", False)
    assert shown["cooperation"] | {"agreements": []} == {
        "state": "agreed",
        "about": NEED,
        "company_id": "betangible",
        "provider_ids": ["movex"],
        "candidate_id": "c1",
        "curriculum_refs": ["movex/C07"],
        "session_refs": ["movex/C07-1"],
        "headcount": 3,
        "nominations": ["betangible/NOM-1"],
        "agreements": [],
    }
    assert (paper["state"], paper["parties"]["company_id"]) == ("draft", "betangible")
    told = {step["type"].removeprefix("eu.vethub.").removesuffix(".v1") for step in steps}
    assert {"cooperation.agreed", "learner.nominated", "agreement.drafted"} <= told
    assert {"need.published", "match.proposed", "match.decided"}.isdisjoint(told)


async def test_an_answer_that_a_coordinator_recorded_is_in_the_providers_trace(talk: Talk) -> None:
    await talk.story.say("coordinator.registered", "cec", builders.coordinator(nuts=["ES61"]))
    await talk.story.settle()
    scopes = frozenset({"events:write", "coordinate"})
    await talk.answer(sender=Sender("k", "cec", scopes, ("/coordinators/cec",)))
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        steps = (await provider.get(f"/v1/trace/{(await talk.match()).key}")).json()["steps"]

    assert "eu.vethub.match.answered.v1" in [step["type"] for step in steps]
    assert (await talk.request()).state == "accepted"


async def test_who_answers_too_late_is_told_so_in_the_trace(talk: Talk) -> None:
    await talk.agree()
    await talk.answer(decision="declined")
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        steps = (await provider.get(f"/v1/trace/{(await talk.match()).key}")).json()["steps"]

    refused = [step for step in steps if step["outcome"] == "refused"]
    assert [(step["type"], step["note"]) for step in refused] == [("eu.vethub.match.answered.v1", "match_closed")]
    assert "eu.vethub.event.rejected.v1" in [step["type"] for step in steps]


# ---- deals ------------------------------------------------------------------------------------------------------------


async def test_what_was_agreed_is_still_shown_with_what_was_proposed(talk: Talk) -> None:
    await talk.agree()
    async with office_over(talk.story.hub) as office:
        company = await office.caller("betangible")

        need = (await company.get(f"/v1/needs/{NEED}")).json()
        proposed = (await company.get(f"/v1/needs/{NEED}/matches")).json()
        match = (await company.get(f"/v1/matches/{need['match_id']}")).json()

    assert need["state"] == "agreed"
    assert (proposed["match_id"], proposed["candidates"][0]["curriculum_refs"]) == (need["match_id"], ["movex/C07"])
    assert (match["state"], match["cooperation"]["state"]) == ("closed", "agreed")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_placement_and_who_is_proposed_for_it_are_shown(deal: Deal) -> None:
    company = await deal.caller("company")

    offer = (await company.get("/v1/offers/betangible/O-001")).json()
    proposed = (await company.get("/v1/offers/betangible/O-001/matches")).json()

    assert (offer["ref"], offer["state"], offer["weeks"]) == ("betangible/O-001", "open", 12)
    assert proposed == {"match_id": None, "candidates": []}


async def test_the_companys_question_reaches_the_provider_it_is_for(talk: Talk) -> None:
    await talk.answer()
    await talk.decide(decision="needs_info", candidate_id=None, reason="Is there a bus?")
    async with office_over(talk.story.hub) as office:
        provider = await office.caller("movex")

        shown = (await provider.get(f"/v1/matches/{(await talk.match()).key}")).json()

    assert shown["company_asks"] == "Is there a bus?"
    assert "cooperation" not in shown


# ---- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="module")
async def test_the_document_is_served_as_it_is_stored(deal: Deal) -> None:
    company = await deal.caller("company")
    path = deal.path("/v1/agreements/{agreement_id}")

    shown = (await company.get(path)).json()
    answer = await company.get(f"{path}/document.pdf")

    assert answer.content.startswith(b"%PDF-")
    assert answer.content.endswith(b"%%EOF\n")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["etag"] == f'"{shown["document_sha256"]}"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == f'inline; filename="agreement-{deal.agreement_id}-v1.pdf"'


@pytest.mark.asyncio(loop_scope="module")
async def test_who_has_the_document_already_is_not_sent_it_again(deal: Deal) -> None:
    company = await deal.caller("company")
    path = deal.path("/v1/agreements/{agreement_id}/document.pdf")
    tag = (await company.get(path)).headers["etag"]

    again = await deal.office.http.get(path, headers=company.headers | {"if-none-match": f'"x", W/{tag}'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_a_document_that_is_not_rendered_yet_is_said_to_be_on_its_way(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.agree()

    async def idle() -> int:
        return 0

    monkeypatch.setattr(talk.story.hub.courier, "once", idle)
    await talk.nominate(**DAYS)
    (paper,) = await talk.story.hub.store.read(nouns.page, Agreement)
    async with office_over(talk.story.hub) as office:
        company, stranger = await office.caller("betangible"), await office.caller("belcinto")

        shown = await company.get(f"/v1/agreements/{paper.key}")
        answer = await company.get(f"/v1/agreements/{paper.key}/document.pdf")
        other = await stranger.get(f"/v1/agreements/{paper.key}/document.pdf")

    assert shown.json()["document_sha256"] is None
    assert (answer.status_code, "not rendered yet" in answer.json()["detail"]) == (404, True)
    assert (other.status_code, "rendered" in other.text) == (404, False)


async def test_another_employer_of_the_learner_may_read_what_it_signs(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(current_employer_id="belcinto", **DAYS)
    (paper,) = await talk.story.hub.store.read(nouns.page, Agreement)
    async with office_over(talk.story.hub) as office:
        employer = await office.caller("belcinto")

        shown = await employer.get(f"/v1/agreements/{paper.key}/document.pdf")
        match = await employer.get(f"/v1/matches/{paper.match_id}")

    assert (shown.status_code, match.status_code) == (200, 404)

"""The document of an agreement: made by a courier when the agreement is drafted, once for ever, with the names of the vault."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import orjson
import pytest
from pypdf import PdfReader

from events.agreements import DocumentRendered
from hub.clock import stamp
from hub.couriers import Carried
from hub.documents import CHANNEL, DocumentChannel
from hub.rows import Agreement, Nomination
from hub.settings import Settings
from hub.store import documents, jobs
from hub.store.documents import Document
from hub.store.jobs import JobRow
from hub.store.session import Session
from tests.handling.conversations import Talk, talking
from tests.rules.agreement_papers import PEOPLE, a_draft
from tests.story import NOON, Story, day, playing

DAYS = {"start": day(20), "end": day(34)}
DRAFT = a_draft("pt")


@pytest.fixture
async def talk(embedded_settings: Settings) -> AsyncIterator[Talk]:
    async with talking(embedded_settings, headcount=2) as opened:
        yield opened


@pytest.fixture
async def story(embedded_settings: Settings) -> AsyncIterator[Story]:
    async with playing(embedded_settings) as opened:
        for ref, person in PEOPLE.items():
            birth = {"birth_date": person.birth_date} if person.birth_date else {}
            await opened.person(ref, ref.partition("/")[0], name=person.name, email=person.email, **birth)
        yield opened


def a_job(**changes: Any) -> JobRow:
    """Return a leased job for the document of the tests' draft."""
    body = DRAFT.model_dump(mode="json", exclude_defaults=True) | changes
    at = stamp(NOON)
    return JobRow("job-1", "document/1", CHANNEL, "eu-generic", body, "c", "e", "running", 1, at, at, None)


async def erase(session: Session, ref: str) -> None:
    await session.run("DELETE FROM people WHERE ref = :ref", ref=ref)


async def rename(session: Session, ref: str, name: str) -> None:
    await session.run("UPDATE people SET name = :name WHERE ref = :ref", ref=ref, name=name)


async def stored(story: Story, agreement_id: str = DRAFT.agreement_id) -> Document:
    document = await story.hub.store.read(documents.find, agreement_id, 1)
    assert document is not None
    return document


def told(carried: Carried) -> Mapping[str, Any]:
    assert isinstance(carried.event, DocumentRendered)
    return {"sha256": carried.event.document_sha256, "unfilled": [(u.field, u.reason) for u in carried.event.unfilled]}


def text_of(document: Document) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(document.body)).pages)


async def test_a_nomination_ends_in_a_stored_document_and_the_agreement_names_its_hash(talk: Talk) -> None:
    await talk.agree()
    learner = await talk.story.person("p-ines", "betangible", kind="learner", name="Inés Secreta")
    await talk.nominate(learner_ref=learner, **DAYS)

    nomination = await talk.story.row(Nomination, "betangible/NOM-1")
    assert nomination is not None
    document = await stored(talk.story, nomination.agreement_id or "")
    (drafted,) = await talk.story.data("agreement.drafted")
    row = await talk.story.row(Agreement, document.agreement_id)
    assert sha256(document.body).hexdigest() == document.sha256 == drafted["document_sha256"]
    assert row is not None
    assert row.document_sha256 == document.sha256
    assert "Aprendiz Inés Secreta" in text_of(document)
    assert "Automatic cutting operator" in text_of(document) or "Operador de corte" in text_of(document)
    (job,) = [job for job in await talk.story.jobs() if job.channel == CHANNEL]
    assert (job.state, "Secreta" in str(job)) == ("done", False)
    # A need names no tutor, and nobody told who signs for the two organisations.
    assert {(each["field"], each["reason"]) for each in drafted["unfilled"]} == {
        ("company.signatory.name", "missing"),
        ("provider.signatory.name", "missing"),
        ("tutor.name", "missing"),
    }


async def test_each_learner_gets_a_document_of_his_own(talk: Talk) -> None:
    await talk.agree()
    await talk.nominate(1, **DAYS)
    await talk.nominate(2, **DAYS)

    hashes = {one["document_sha256"] for one in await talk.story.data("document.rendered")}
    assert len(hashes) == 2


async def test_the_stored_file_stays_whatever_happens_to_its_people(story: Story) -> None:
    channel = DocumentChannel(story.hub.store)
    first = told(await channel.carry(a_job(), now=NOON))
    kept = await stored(story)

    await story.hub.store.write(rename, "ctcp/learner", "Somebody Else")
    await story.hub.store.write(erase, "ctcp/guardian")
    again = told(await channel.carry(replace(a_job(), attempts=2), now=NOON))

    assert again == first == {"sha256": kept.sha256, "unfilled": []}
    assert await stored(story) == kept
    assert "Inês Conceição Araújo" in text_of(kept)


async def test_a_person_erased_between_draft_and_rendering_is_named_by_field_and_reason(story: Story) -> None:
    await story.hub.store.write(erase, "ctcp/learner")

    carried = told(await DocumentChannel(story.hub.store).carry(a_job(), now=NOON))

    assert carried["unfilled"] == [("learner.name", "erased")]
    text = text_of(await stored(story))
    assert "já não consta: apagado a pedido da pessoa" in text
    assert "João Araújo" in text
    # Told again from what was stored, not from what a new rendering would find.
    assert told(await DocumentChannel(story.hub.store).carry(a_job(), now=NOON)) == carried


async def test_a_name_in_letters_no_font_has_does_not_stop_the_document(story: Story) -> None:
    await story.hub.store.write(rename, "ctcp/learner", "王小明")

    carried = told(await DocumentChannel(story.hub.store).carry(a_job(), now=NOON))

    assert carried["unfilled"] == [("learner.name", "unprintable")]
    assert "王" not in str(carried)


async def test_two_couriers_at_once_store_one_document(story: Story) -> None:
    channels = [DocumentChannel(story.hub.store) for _ in range(3)]

    carried = await asyncio.gather(*(channel.carry(a_job(), now=NOON) for channel in channels))

    assert {told(one)["sha256"] for one in carried} == {(await stored(story)).sha256}


async def test_a_template_that_fails_parks_its_job_with_the_reason_and_nothing_else(story: Story) -> None:
    other = "3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b12"
    await put(story, "job-bad", a_job(template="xx-gone"))
    await put(story, "job-odd", a_job(start="no day", agreement_id="3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b13"))
    await put(story, "job-good", a_job(agreement_id=other))

    await story.hub.courier.once()

    answers = {job.job_id: (job.state, job.answer or "") for job in await story.jobs()}
    assert answers["job-bad"] == ("failed", "LookupError: agreement template 'xx-gone': there are eu-generic")
    assert answers["job-odd"][0] == "failed"
    assert "start" in answers["job-odd"][1]
    assert "no day" not in answers["job-odd"][1]
    assert answers["job-good"][0] == "done"
    rendered = await story.data("document.rendered")
    assert [one["agreement_id"] for one in rendered] == [other]


async def test_the_hub_is_not_idle_while_a_document_is_to_be_made(story: Story) -> None:
    await story.settle()
    await story.settle()  # what the scheduler said last
    assert await story.hub.is_idle()

    await put(story, "job-1", a_job())

    assert not await story.hub.is_idle()
    await story.hub.courier.once()
    assert await stored(story)


async def put(story: Story, job_id: str, job: JobRow) -> None:
    """Put a job where the courier finds it."""
    fields = {name: getattr(job, name) for name, _ in jobs.COLUMNS}
    row = fields | {
        "job_id": job_id,
        "dedupe_key": job_id,
        "state": "due",
        "body": orjson.dumps(job.body).decode(),
        "due_at": stamp(NOON),
    }
    await story.hub.store.write(jobs.put, [row])

"""A person is erased: the vault forgets, every part of the hub is told once, and what is kept is named."""

from typing import Any

import pytest

from hub.settings import Settings
from hub.store import history, jobs, mailbox, people
from tests.handling.conftest import Caller, Office, office_over
from tests.handling.conversations import talking
from tests.story import day

ANA = {
    "kind": "contact",
    "organisation": "betangible",
    "name": "Ana Exemplo",
    "email": "ana.exemplo@betangible.example",
    "language": "es",
    "timezone": "Europe/Madrid",
}


async def put(caller: Caller, **changes: Any) -> str:
    answer = await caller.post(ANA | changes, path="/v1/people", content_type="application/json")
    return str(answer.json()["ref"])


async def erase(caller: Caller, ref: str) -> Any:
    return await caller.http.delete(f"/v1/people/{ref}", headers=caller.headers)


async def test_a_person_who_is_erased_is_gone_and_everybody_is_told(office: Office, company: Caller) -> None:
    ref = await put(company)

    answer = await erase(company, ref)

    assert (answer.status_code, answer.json()["ref"]) == (200, ref)
    assert "Documents that were rendered keep" in answer.json()["kept"]
    assert await office.hub.store.read(people.find, ref) is None
    (said,) = await office.hub.store.read(history.tail, after_seq=0, limit=10)
    assert (said.short_type, said.subject, said.source) == ("subject.erased", ref, "/hub")
    assert said.tenant == "betangible"


async def test_to_erase_twice_is_harmless_and_said_once(office: Office, company: Caller) -> None:
    ref = await put(company)

    first, again = await erase(company, ref), await erase(company, ref)

    assert again.json() == first.json()
    assert await office.stored() == 1


@pytest.mark.parametrize("erased_before", [False, True])
async def test_a_person_of_another_organisation_is_like_nobody(
    office: Office, company: Caller, provider: Caller, erased_before: bool
) -> None:
    ref = await put(company)
    if erased_before:
        await erase(company, ref)

    answer, nobody = await erase(provider, ref), await erase(provider, "p-nobody")

    assert answer.status_code == nobody.status_code == 404
    assert answer.text.replace(ref, "p-nobody") == nobody.text
    assert (await office.hub.store.read(people.find, ref) is None) == erased_before


async def test_the_hub_itself_may_erase_anybody(office: Office, company: Caller) -> None:
    ref = await put(company)
    hub, reader = await office.caller("hub", "people:write"), await office.caller("betangible", "read")

    assert (await erase(reader, ref)).status_code == 403
    assert (await erase(hub, ref)).status_code == 200


@pytest.mark.parametrize("ref", ["p-%00", "p%20a", "x" * 300, "..%2f", "%F0%9F%91%A4"])
async def test_what_cannot_be_a_ref_is_nobody(company: Caller, ref: str) -> None:
    assert (await erase(company, ref)).status_code in (404, 405)


async def test_an_erased_learner_is_named_in_no_mail_that_is_kept_here_but_still_in_the_document(
    embedded_settings: Settings,
) -> None:
    async with talking(embedded_settings) as talk, office_over(talk.story.hub) as office:
        await talk.agree()
        await talk.nominate(start=day(20), end=day(34))
        ref = "p-learner-betangible-1"
        store = talk.story.hub.store
        (paper,) = await talk.story.data("agreement.drafted")
        company = await office.caller("betangible")
        path = f"/v1/agreements/{paper['agreement_id']}/document.pdf"
        before = (await company.get(path)).content
        told = [job for job in await store.read(jobs.listing, channel="mail") if job.body["recipient_ref"] == ref]
        names = [f"<{job.body['notification_id']}@vet-hub.example>" for job in told]
        assert names
        assert all([await store.read(mailbox.find, name) for name in names])

        await erase(company, ref)

        assert [await store.read(mailbox.find, name) for name in names] == [None] * len(names)
        assert (await company.get(path)).content == before

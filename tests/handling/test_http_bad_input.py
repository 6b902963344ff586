"""What partners get wrong: the answer names every place to mend, nothing is stored, and the hub is none the worse."""

from collections.abc import Mapping
from time import process_time
from typing import Any

import orjson
import pytest
import pytest_asyncio

from events.codec import BATCH, STRUCTURED
from tests.builders import curriculum, need, session, without
from tests.handling.conftest import Caller, Office, event

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = 1.0  # seconds of processor time, which a busy machine does not lengthen; the limits keep every refusal within milliseconds
DEEP = 1000  # levels


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company(shared_office: Office) -> Caller:
    return await shared_office.caller("betangible")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider(shared_office: Office) -> Caller:
    return await shared_office.caller("movex")


def pointers(problem: Mapping[str, Any]) -> list[str]:
    return [each["pointer"] for each in problem["errors"]]


NEEDS: Mapping[str, tuple[dict[str, Any], str]] = {
    "unknown field": (need(head_count=3), "/data/head_count"),
    "unknown nested field": (need(locations=[{"nuts": "ES612", "city": "Ubrique"}]), "/data/locations/0/city"),
    "text for a number": (need(headcount="3"), "/data/headcount"),
    "number with a fraction": (need(headcount=3.0), "/data/headcount"),
    "number for a bool": (need(green=1), "/data/green"),
    "missing field": (without(need(), "title"), "/data/title"),
    "headcount 0": (need(headcount=0), "/data/headcount"),
    "headcount 501": (need(headcount=501), "/data/headcount"),
    "window reversed": (
        need(start_window={"earliest": "2027-02-01", "latest": "2026-12-08"}),
        "/data/start_window/latest",
    ),
    "no such day": (need(valid_until="2026-02-30"), "/data/valid_until"),
    "an instant for a day": (need(valid_until="2027-03-31T00:00:00Z"), "/data/valid_until"),
    "valid for too long": (need(valid_until="2029-01-01"), "/data/valid_until"),
    "malformed ESCO URI": (need(skills=[{"uri": "esco:S12"}]), "/data/skills/0/uri"),
    "skill without words": (need(skills=[{"weight": 3}]), "/data/skills/0/text"),
    "skill text without language": (need(skills=[{"text": "corte"}]), "/data/skills/0/language"),
    "no skill": (need(skills=[]), "/data/skills"),
    "sixteen skills": (need(skills=need()["skills"] * 8), "/data/skills"),
    "malformed NUTS": (need(locations=[{"nuts": "Ubrique"}]), "/data/locations/0/nuts"),
    "latitude beyond the pole": (need(locations=[{"nuts": "ES612", "lat": 91, "lon": 0}]), "/data/locations/0/lat"),
    "language in capitals": (need(languages=["ES"]), "/data/languages/0"),
    "no such language in a map": (need(title={"xx": "?"}), "/data/title/xx"),
    "unknown code": (need(target_group="everybody"), "/data/target_group"),
    "money as a number": (
        need(max_cost_per_learner={"amount": 250, "currency": "EUR"}),
        "/data/max_cost_per_learner/amount",
    ),
    "money with a comma": (
        need(max_cost_per_learner={"amount": "250,00", "currency": "EUR"}),
        "/data/max_cost_per_learner/amount",
    ),
    "no such currency": (
        need(max_cost_per_learner={"amount": "250.00", "currency": "EURO"}),
        "/data/max_cost_per_learner/currency",
    ),
    "a local id with a blank": (need(need_id="N 1"), "/data/need_id"),
    "levels reversed": (need(eqf_min=5, eqf_max=3), "/data/eqf_max"),
    "a title of 201 characters": (need(title="x" * 201), "/data/title"),
    "a name instead of a person's ref": (need(contact_ref="Ana Exemplo"), "/data/contact_ref"),
}


@pytest.mark.parametrize(("data", "pointer"), NEEDS.values(), ids=NEEDS)
async def test_a_wrong_need_is_refused_at_the_place_to_mend(
    shared_office: Office, company: Caller, data: dict[str, Any], pointer: str
) -> None:
    answer = await company.post(event(data=data, subject=f"betangible/{data['need_id']}"))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in pointers(answer.json())
    assert await shared_office.stored() == 0


async def test_everything_that_is_wrong_is_told_at_once(company: Caller) -> None:
    answer = await company.post(event(data=need(headcount=0, languages=["ES"], radius_km=-1)))

    assert pointers(answer.json()) == ["/data/headcount", "/data/languages/0", "/data/radius_km"]


COURSES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "presential session without place": ("session.scheduled", session(mode="presential"), "/data/location"),
    "session that ends before it starts": ("session.scheduled", session(end="2026-12-01"), "/data/end"),
    "more seats free than there are": ("session.scheduled", session(seats_free=9), "/data/seats_free"),
    "malformed ref": ("curriculum.published", curriculum(prerequisites=["C06"]), "/data/prerequisites/0"),
    "malformed field of study": ("curriculum.published", curriculum(isced_f=["723"]), "/data/isced_f/0"),
    "no learning outcome": ("curriculum.published", curriculum(learning_outcomes=[]), "/data/learning_outcomes"),
}


@pytest.mark.parametrize(("short_type", "data", "pointer"), COURSES.values(), ids=COURSES)
async def test_a_wrong_course_or_session_is_refused_at_the_place_to_mend(
    shared_office: Office, provider: Caller, short_type: str, data: dict[str, Any], pointer: str
) -> None:
    answer = await provider.post(event(short_type, data=data))

    assert answer.status_code == 422
    assert pointer in pointers(answer.json())
    assert await shared_office.stored() == 0


ENVELOPES: Mapping[str, tuple[dict[str, Any], str]] = {
    "no id": ({"id": None}, "/id"),
    "empty id": ({"id": " "}, "/id"),
    "id of 201 characters": ({"id": "x" * 201}, "/id"),
    "id as a number": ({"id": 7}, "/id"),
    "no subject": ({"subject": None}, "/subject"),
    "subject of another need": ({"subject": "betangible/N-021"}, "/subject"),
    "time without offset": ({"time": "2026-11-23T09:00:00"}, "/time"),
    "another specversion": ({"specversion": "0.3"}, "/specversion"),
    "unknown type": ({"type": "eu.vethub.need.dreamt.v1"}, "/type"),
    "unknown version": ({"type": "eu.vethub.need.published.v2"}, "/type"),
    "hub's own attribute": ({"hubseq": "1"}, "/hubseq"),
    "hub's own correlation": ({"correlationid": "x"}, "/correlationid"),
    "partition key": ({"partitionkey": "x"}, "/partitionkey"),
    "attribute with a capital": ({"myAttribute": "x"}, "/myAttribute"),
    "data of another media type": ({"datacontenttype": "application/xml"}, "/datacontenttype"),
    "binary data": ({"data_base64": "e30="}, "/data_base64"),
    "no data": ({"data": None}, "/data"),
}


@pytest.mark.parametrize(("attributes", "pointer"), ENVELOPES.values(), ids=ENVELOPES)
async def test_a_wrong_envelope_is_refused_at_the_place_to_mend(
    shared_office: Office, company: Caller, attributes: dict[str, Any], pointer: str
) -> None:
    answer = await company.post(event(**attributes))

    assert answer.status_code == 422
    assert pointer in pointers(answer.json())
    assert await shared_office.stored() == 0


def text(data: str) -> bytes:
    """Write an event whose data are this text."""
    return orjson.dumps(event(data={"?": "?"})).replace(b'{"?":"?"}', data.encode())


HOSTILE: Mapping[str, tuple[bytes, int]] = {
    "300 KiB": (text('{"notes": "' + "x" * 300 * 1024 + '"}'), 413),
    "a thousand levels": (text("[" * DEEP + "]" * DEEP), 422),
    "a hundred thousand levels": (text("[" * 100_000 + "]" * 100_000), 422),
    "a doubled key": (text('{"headcount": 3, "headcount": 4}'), 422),
    "a doubled key written differently": (text('{"headcount": 3, "\\u0068eadcount": 4}'), 422),
    "half a surrogate pair": (text('{"title": "\\ud83d"}'), 422),
    "half a surrogate pair as a key": (text('{"\\ud83d": 1}'), 422),
    "NUL": (text('{"title": "a\\u0000b"}'), 422),
    "NaN": (text('{"headcount": NaN}'), 400),
    "Infinity": (text('{"headcount": -Infinity}'), 400),
    "a number of 400 digits": (text('{"headcount": ' + "9" * 400 + "}"), 422),
    "a number beyond every double": (text('{"headcount": 1e999}'), 422),
    "not UTF-8": (text('{"title": "x"}').replace(b"x", b"\xff\xfe"), 400),
    "surrogates as bytes": (text('{"title": "x"}').replace(b"x", b"\xed\xa0\x80"), 400),
    "UTF-16": (text("{}").decode().encode("utf-16"), 400),
    "not JSON": (b"<event/>", 400),
    "cut off": (text("{}")[:-1], 400),
    "nothing": (b"", 400),
    "a bare number": (b"5", 422),
    "a list in the place of an event": (b"[]", 422),
    "many tiny objects": (text("[" + "{}," * 80_000 + "{}]"), 422),
    "many keys": (text("{" + ",".join(f'"k{n}":0' for n in range(20_000)) + "}"), 422),
    "a long pointer": (text('{"' + "k" * 200_000 + '": 1}'), 422),
}


@pytest.mark.parametrize(("body", "status"), HOSTILE.values(), ids=HOSTILE)
async def test_hostile_json_is_refused_quickly_and_does_no_harm(
    shared_office: Office, company: Caller, body: bytes, status: int
) -> None:
    began = process_time()
    answer = await company.post(body)
    took = process_time() - began

    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert len(answer.content) < 32_768
    assert took < QUICK
    assert (await shared_office.nobody.get("/livez")).status_code == 200
    assert await shared_office.stored() == 0


BATCHES: Mapping[str, tuple[bytes, int]] = {
    "101 events": (orjson.dumps([event()] * 101), 413),
    "a hundred thousand empty objects": (b"[" + b"{}," * 99_999 + b"{}]", 413),
    "more than a MiB": (b'["' + b"x" * 1024 * 1024 + b'"]', 413),
    "no event": (b"[]", 422),
    "an event in the place of a list": (orjson.dumps(event()), 422),
    "not JSON": (b"[", 400),
}


@pytest.mark.parametrize(("body", "status"), BATCHES.values(), ids=BATCHES)
async def test_a_batch_that_is_none_is_refused_whole(
    shared_office: Office, company: Caller, body: bytes, status: int
) -> None:
    began = process_time()
    answer = await company.post(body, content_type=BATCH)

    assert answer.status_code == status
    assert process_time() - began < QUICK
    assert await shared_office.stored() == 0


MEDIA = {
    "an unknown CloudEvents format": ("application/cloudevents+avro", 415),
    "XML": ("application/xml", 415),
    "another charset": (f"{STRUCTURED}; charset=utf-16", 415),
    "plain JSON without ce- headers": ("application/json", 400),
    "nothing said": ("", 400),
}


@pytest.mark.parametrize(("media", "status"), MEDIA.values(), ids=MEDIA)
async def test_a_media_type_the_hub_does_not_read_is_refused(company: Caller, media: str, status: int) -> None:
    answer = await company.post(content_type=media)

    assert answer.status_code == status


async def test_a_compressed_body_is_refused_with_what_is_read_instead(company: Caller) -> None:
    answer = await company.post(content_encoding="gzip")

    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_body_that_is_told_to_be_too_long_is_refused_before_it_is_read(company: Caller) -> None:
    async def body() -> Any:
        raise AssertionError("the body was read")
        yield b""

    headers = company.headers | {"content-type": STRUCTURED, "content-length": str(300 * 1024)}
    answer = await company.http.post("/v1/events", content=body(), headers=headers)

    assert answer.status_code == 413


async def test_no_more_of_an_endless_body_is_read_than_the_limit(company: Caller) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    answer = await company.http.post(
        "/v1/events", content=endless(), headers=company.headers | {"content-type": STRUCTURED}
    )

    assert answer.status_code == 413
    assert read <= 2 * 256 * 1024

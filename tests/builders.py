"""Examples to build tests from: one of each event type (`events/examples`), organisations and skills, and small changes to them.

`need(headcount=4)` is the data of a need with one field changed, `without(need(), "title")` lacks one, `example(type)` is
the whole envelope as it came from outside, `said(type)` the event read from it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from events import examples
from events.base import Event
from events.catalogue import EVENTS, read
from events.envelope import Envelope

Data = dict[str, Any]

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ESCO = "http://data.europa.eu/esco/skill/"
SKILLS = {
    name: ESCO + uuid
    for name, uuid in {
        "S1": "03b9453e-d14d-46bc-baf5-f6a6fbaa3bb7",  # develop leather goods collection
        "S8": "b34e2ba1-9080-48c9-9b42-ee9192a4d3f1",  # use CAD software
        "S11": "3a2d5b45-56e4-4f5a-a55a-4a4a65afdc43",  # machine learning
        "S12": "1abcc511-ba5a-42e0-8d88-7efb39af4c36",  # operate automatic cutting systems
        "S13": "40ae7e06-5eb8-40cd-a755-ad7152bdb01e",  # apply machine cutting techniques
        "S15": "f2ce1560-2a29-41e9-b81b-bbe1554202d8",  # apply pre-stitching techniques
        "S16": "c8d75bf4-ad0d-4f36-8cdc-265a7b044881",  # apply stitching techniques
        "S17": "f7a1ccf0-fb40-49ef-ae9b-8a1f8646c218",  # leather goods materials
        "S34": "7d913551-e17a-40ba-baf7-48d0c3b12e50",  # predictive maintenance
        "S35": "17b3af3e-0bd5-4388-9fb4-db5d241aa9d8",  # basic rules of maintenance
        "S36": "22c45bf7-e52b-475f-847b-c32a87f65a5d",  # circular economy
        "S38": "73a9561d-112c-4d8a-9d5f-b2c11c5bbd5f",  # manage waste
    }.items()
}
MATCH_ID = "2f1b0a52-6a55-5d0c-9d31-6f4f2f0b7a01"
GAP_ID = "5c4c1a9b-0b8e-5c39-8f8a-0f6a0a4f3b02"

EXAMPLES: Mapping[str, Data] = {name: examples.example(name)["data"] for name in EVENTS}
UBRIQUE = {"nuts": "ES612", "lat": 36.678, "lon": -5.447, "label": "Ubrique"}

# ---- data of what partners say ----------------------------------------------------------------------------------------


def need(**changes: Any) -> Data:
    """Betangible looks for three operators of automatic cutting systems (the example of the wire's page)."""
    return {**_data("need.published"), **changes}


def curriculum(**changes: Any) -> Data:
    """Movex teaches automatic cutting (C07)."""
    return {**_data("curriculum.published"), **changes}


def session(**changes: Any) -> Data:
    """C07 from 13 to 27 December, eight seats."""
    return {**_data("session.scheduled"), **changes}


def company(**changes: Any) -> Data:
    """Betangible in Ubrique."""
    return {**_data("company.registered"), **changes}


def provider(**changes: Any) -> Data:
    """Movex, a technology centre in Ubrique."""
    return {**_data("provider.registered"), **changes}


def coordinator(**changes: Any) -> Data:
    """CEC looks after Portugal, Spain and Romania."""
    return {**_data("coordinator.registered"), **changes}


def answer(**changes: Any) -> Data:
    """Movex accepts."""
    return {**_data("match.answered"), **changes}


def decision(**changes: Any) -> Data:
    """Betangible takes the first candidate."""
    return {**_data("match.decided"), **changes}


def offer(**changes: Any) -> Data:
    """Belcinto offers two places in Portugal's «formação em contexto de trabalho» (the demo's O-001)."""
    return {**_data("placement.offered"), **changes}


def nomination(**changes: Any) -> Data:
    """Betangible nominates one of its own people for C07."""
    return {**_data("learner.nominated"), **changes}


# ---- data of what the hub says ----------------------------------------------------------------------------------------


def candidate(**changes: Any) -> Data:
    """C07 as the first candidate."""
    return {**_data("match.proposed")["candidates"][0], **changes}


def proposal(**changes: Any) -> Data:
    """A match with one candidate."""
    return {**_data("match.proposed"), **changes}


def request(**changes: Any) -> Data:
    """Movex is asked for C07."""
    return {**_data("match.requested"), **changes}


def gap(**changes: Any) -> Data:
    """Nothing fits: the course is given in another language and too far away."""
    return {**_data("need.unmatched"), **changes}


def _data(short_type: str) -> Data:
    data: Data = examples.example(short_type)["data"]
    return data


# ---- whole events -----------------------------------------------------------------------------------------------------


def without(data: Data, *names: str) -> Data:
    """Leave fields out."""
    return {name: value for name, value in data.items() if name not in names}


def envelope(short_type: str, data: Data | None = None, **attributes: Any) -> Envelope:
    """Wrap data (else the example's) in an envelope as it comes from outside; `attributes` replace its own."""
    found, given = EVENTS[short_type], examples.example(short_type)
    body = orjson.dumps(given["data"] if data is None else data)
    made = Envelope(
        id=given["id"],
        source=given["source"],
        type=found.wire_type(),
        subject=attributes.pop("subject", None) or _subject(found, body) or given["subject"],
        time=AT,
        data=body,
    )
    return replace(made, **attributes)


def _subject(found: type[Event], body: bytes) -> str:
    return found.model_validate_json(body, extra="ignore").subject


def example(short_type: str, **attributes: Any) -> Envelope:
    """Return the example of a type."""
    return envelope(short_type, **attributes)


def said(short_type: str, data: Data | None = None, **attributes: Any) -> Event:
    """Read an event as a handler gets it."""
    return read(envelope(short_type, data, **attributes))

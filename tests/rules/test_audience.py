"""Every field of every event, held against who may read it. A new field or type stands still here until it is decided.

The table is `golden/audience.json`; `VET_HUB_TEST_WRITE_SNAPSHOTS=1 pytest tests/rules/test_audience.py` writes it anew,
to be reviewed line by line: what stands under `part` reaches a provider before any company has agreed with it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from pydantic import BaseModel

from events.catalogue import EVENTS, read
from events.codec import to_kafka
from events.envelope import HUB_SOURCE, Envelope
from handlers.partners import share
from hub.audience import part_of
from hub.dispatch.unit_of_work import Memory, UnitOfWork
from hub.rows import Cooperation, Need, Offer, Row
from hub.store.tenants import TenantRow
from hub.subscribers import Subscribers
from hub.tenants import ALWAYS
from schemas.matches import Candidate
from tests import builders

GOLDEN = Path(__file__).parent / "golden" / "audience.json"
NEED = "betangible/N-020"
READERS = {
    "company": "betangible",
    "provider": "movex",
    "other provider": "ctcp",
    "coordinator": "cec",
    "coordinator elsewhere": "norte",
    "stranger": "belcinto",
}
REGIONS = {"cec": ("ES61", "PT11"), "norte": ("XX1",)}


class Rows(dict[Any, Row | None]):
    """Rows of which those that are not here are not anywhere."""

    def __missing__(self, place: object) -> None:
        return None


def told(name: str) -> Envelope:
    """Return the example of a type as the history holds it, in the story of betangible's need."""
    given = builders.example(name)
    example = replace(
        given,  # examples have two companies; here the one whose story it is has one name
        data=given.data.replace(b"belcinto", b"betangible"),
        subject=given.subject.replace("belcinto", "betangible"),
        source=given.source.replace("belcinto", "betangible"),
    )
    event = read(example)
    hubs = frozenset({"hub"}) == event.SAID_BY
    org = "hub" if hubs else example.source.split("/")[2]
    return replace(
        example,
        source=HUB_SOURCE if hubs else example.source,
        seq=7,
        tenant=org,
        key_id="k1",
        correlation_id="the-need-of-betangible",
        causation_id="also-betangible",
        partition_key=event.partition_key(cause_key=NEED),
        extensions={"traceparent": "00-betangible"},
    )


def shared(name: str, *, agreed: bool) -> dict[str, str]:
    """Return what the handler leaves for each kind of reader: whole, part or nothing."""
    memory = Memory(loaded=Rows())
    envelope = told(name)
    key = envelope.partition_key or ""
    row = {"key": key, "org": "betangible", "state": "open"}
    if EVENTS[name].NOUN == "offer":
        memory.loaded[Offer, key] = Offer(**row, told=builders.EXAMPLES["placement.offered"])
    else:
        memory.loaded[Need, key] = Need(**row, told=builders.EXAMPLES["need.published"])
    if agreed:
        candidate = Candidate.model_validate(builders.candidate(provider_ids=["movex"]))
        match_id = builders.EXAMPLES["learner.nominated"]["match_id"]
        memory.loaded[Cooperation, match_id] = Cooperation(
            key=match_id,
            org="betangible",
            state="agreed",
            about=NEED,
            provider_id="movex",
            candidate=candidate,
            headcount=1,
        )
    subscribers = Subscribers()
    subscribers._partners = tuple(TenantRow(org, (), (), ("*",), "") for org in READERS.values())
    subscribers._regions = REGIONS
    uow = UnitOfWork(memory, envelope=envelope, now=builders.AT)
    share(read(envelope), uow, subscribers)
    uow.keep()
    found = {each.tenant: "part" if each.part else "whole" for each in memory.shares}
    return {kind: found[org] for kind, org in READERS.items() if org in found}


def fields(model: type[BaseModel], at: str = "") -> Iterator[str]:
    """List every field that an event of a type can carry, nested ones too."""
    for name, field in model.model_fields.items():
        yield at + name
        for inner in _models(field.annotation):
            yield from fields(inner, f"{at}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def decided(name: str) -> Mapping[str, Any]:
    event = EVENTS[name]
    before, after = shared(name, agreed=False), shared(name, agreed=True)
    readers = {**before, **{f"{kind} after agreement": how for kind, how in after.items() if before.get(kind) != how}}
    every = list(fields(event))
    whole = every if "whole" in readers.values() else []
    known = event.BEFORE_AGREEMENT
    part = [each for each in every if known is None or each.partition(".")[0] in known]
    return {"readers": readers, "whole": whole, "part": part if "part" in readers.values() else []}


def test_every_field_of_every_event_is_held_against_who_may_read_it() -> None:
    table = {name: decided(name) for name in EVENTS}
    if os.environ.get("VET_HUB_TEST_WRITE_SNAPSHOTS"):
        GOLDEN.write_bytes(orjson.dumps(table, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))

    assert table == orjson.loads(GOLDEN.read_bytes())


def test_strangers_are_sent_what_is_published_and_nothing_else() -> None:
    sent = {name for name in EVENTS if "stranger" in shared(name, agreed=True)}

    assert sent == {name for name in EVENTS if name.startswith(("curriculum.", "session."))}


@pytest.mark.parametrize("name", EVENTS)
def test_before_agreement_no_provider_is_sent_anything_that_names_the_company(name: str) -> None:
    for kind, how in shared(name, agreed=False).items():
        said_after = name.startswith(("cooperation.", "agreement."))
        if "provider" in kind and name.split(".")[0] not in ("curriculum", "session", "provider") and not said_after:
            assert how == "part"
            own = told(name).tenant == READERS[kind]
            sent = b" ".join(_bytes(part_of(told(name))))
            assert own or b"betangible" not in sent
            assert not [each for each in to_kafka(part_of(told(name))).headers if each[0] in _HIDDEN]


_HIDDEN = {"ce_hubtenant", "ce_hubkeyid", "ce_correlationid", "ce_causationid", "ce_traceparent"}


def _bytes(envelope: Envelope) -> Iterator[bytes]:
    record = to_kafka(envelope)
    yield from (record.key, record.value)
    yield from (value for _, value in record.headers)


def test_what_is_said_to_the_sender_is_sent_whatever_it_subscribed_to() -> None:
    assert {name for name in EVENTS if name.startswith(ALWAYS)} == {"event.refused", "event.rejected"}

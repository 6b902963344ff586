"""Ranks a need that nobody has published and stores nothing: `POST /v1/match` and `vet-hub match`."""

from time import perf_counter
from typing import Any

import orjson

from events.catalogue import DATA, check_data
from events.errors import Invalid
from events.needs import NeedPublished, NeedUpdated
from events.wellformed import flaws_in, parse
from hub.matching import told
from hub.matching.follow import MatchingIndex
from hub.matching.rows import ask_of
from hub.store.port import Store
from schemas.problems import Problem, quoted

TYPES = (NeedPublished.wire_type(), NeedUpdated.wire_type())


def read_need(body: bytes) -> NeedPublished:
    """Read a need, as an event or its data alone; raises Invalid with pointers, NotCloudEvents where it is no JSON."""
    value, suspicious = parse(body)
    if suspicious and (found := flaws_in(value, at="")):
        raise Invalid(found)
    if isinstance(value, dict) and "specversion" in value:
        return _need_in(value)
    try:
        return _need(body)
    except Invalid as invalid:
        raise Invalid([each._replace(pointer=each.pointer.removeprefix(DATA)) for each in invalid.errors]) from None


async def preview(index: MatchingIndex, store: Store, need: NeedPublished) -> dict[str, Any]:
    """Rank a need against the catalogue as it is now."""
    began = perf_counter()
    ranking = await index.rank_unpublished(ask_of(need), store)
    return {**told.ranking(ranking), "milliseconds": round((perf_counter() - began) * 1000, 1)}


def _need_in(event: dict[str, Any]) -> NeedPublished:
    if event.get("type") not in TYPES:
        raise Invalid([Problem("/type", f"{quoted(event.get('type'))} is not a need; send {TYPES[0]}.")])
    return _need(orjson.dumps(event.get("data")))


def _need(data: bytes) -> NeedPublished:
    need = check_data(NeedPublished, data)
    if not isinstance(need, NeedPublished):
        raise TypeError(f"check_data made {type(need).__name__} of a need")
    return need

"""The console's lists on both stores: order and cursors, places that follow what rows say, few and many in a region."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.rows import Need, Offer, Row
from hub.store import looks, nouns
from hub.store.port import Store
from hub.store.session import Session
from schemas import needs, placements
from tests import builders


def need(n: int, *nuts: str, state: str = "open", org: str = "betangible", version: int = 1) -> Need:
    places = [{"nuts": each} for each in nuts or ("ES612",)]
    told = needs.Need.model_validate(builders.need(need_id=f"N-{n}", company_id=org, locations=places), strict=False)
    return Need(key=f"{org}/N-{n}", org=org, state=state, version=version, told=told, told_seq=n)


async def save(store: Store, *rows: Row) -> None:
    async def together(session: Session) -> None:
        await nouns.tick(session)
        for row in rows:
            await nouns.save(session, type(row), [row])

    await store.write(together)


async def keys(store: Store, **given: Any) -> list[str]:
    found = await store.read(looks.newest, Need, limit=given.pop("limit", 50), **given)
    return [each.row.key.rpartition("/")[2] for each in found]


async def test_a_list_begins_with_what_moved_last_and_goes_on_from_its_cursor(store: Store) -> None:
    for n in range(5):
        await save(store, need(n))
    await save(store, need(1, version=2))

    first = await store.read(looks.newest, Need, limit=2)
    rest = await keys(store, before=looks.cursor_of(first[-1].cursor))

    assert [each.row.key for each in first] == ["betangible/N-1", "betangible/N-4"]
    assert rest == ["N-3", "N-2", "N-0"]


async def test_a_list_is_cut_to_a_state_and_an_organisation(store: Store) -> None:
    await save(store, need(1), need(2, state="gap"), need(3, org="belcinto"), need(4, state="gap", org="belcinto"))

    assert await keys(store, state="gap") == ["N-2", "N-4"]
    assert await keys(store, org="belcinto") == ["N-4", "N-3"]
    assert await keys(store, org="belcinto", state="gap") == ["N-4"]
    assert (await store.read(looks.counts_for))["needs"] == {"open": 2, "gap": 2}


@pytest.mark.parametrize("many", [0, 10_000], ids=["looked at from the newest", "looked up by region"])
async def test_regions_are_prefixes_and_a_need_in_two_of_them_is_told_once(
    store: Store, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "MANY", many)
    await save(store, need(1, "PT11A"), need(2, "ES612", "PT170"), need(3, "PT", state="gap"))

    cases: Sequence[tuple[tuple[str, ...], list[str]]] = (
        (("PT",), ["N-3", "N-2", "N-1"]),
        (("PT1",), ["N-2", "N-1"]),
        (("PT11A",), ["N-1"]),
        (("ES", "PT"), ["N-3", "N-2", "N-1"]),
        (("P",), []),
        (("RO",), []),
        ((), []),
        (("",), ["N-3", "N-2", "N-1"]),
    )
    for regions, wanted in cases:
        assert await keys(store, regions=regions) == wanted, regions
    assert (await store.read(looks.counts_for, regions=("PT",)))["needs"] == {"open": 2, "gap": 1}
    assert (await store.read(looks.counts_for, regions=("ES",)))["needs"] == {"open": 1}


async def test_a_need_that_moves_is_found_where_it_is_and_nowhere_else(store: Store) -> None:
    await save(store, need(1, "PT11A", "ES612"))
    await save(store, need(1, "ES612", "RO213", version=2))

    found = {region: await keys(store, regions=(region,)) for region in ("PT", "PT11", "ES61", "RO213")}

    assert found == {"PT": [], "PT11": [], "ES61": ["N-1"], "RO213": ["N-1"]}


async def test_an_offer_has_its_place_too(store: Store) -> None:
    told = placements.PlacementOffer.model_validate(builders.offer(location={"nuts": "PT11A"}), strict=False)
    await save(store, Offer(key="belcinto/O-001", org="belcinto", state="open", version=1, told=told))

    async def places(session: Session) -> list[str]:
        return [row.region for row in await session.rows("SELECT region FROM places ORDER BY region")]

    assert await store.read(places) == ["PT", "PT1", "PT11", "PT11A"]


@pytest.mark.parametrize("text", ["", "x", "1~", "~k", "99999999999999999999~k", "-1~k", "1.5~k"])
def test_a_mangled_cursor_is_none(text: str) -> None:
    assert looks.cursor_of(text) is None

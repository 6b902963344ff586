"""ESCO in the store, on both engines: replaced whole or not at all, in several versions and languages."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import esco as importing
from hub.clock import FixedClock
from hub.errors import HubError
from hub.esco import Taken, take
from hub.skills.esco_files import Export, exports
from hub.skills.versions import age
from hub.store import audit, esco
from hub.store.audit import Deed
from hub.store.session import Session
from tests.delivery.conftest import Stores
from tests.esco import ESCO, FILES, Cells, skill, skills, text_of

Import = Callable[..., Awaitable[list[Taken]]]
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
DEED = Deed("2026-01-01T00:00:00.000000Z", "cli:0", "esco.import", "1.2.1")


@pytest.fixture
def into(store: Stores, tmp_path: Path) -> Import:
    async def run(
        version: str, files: dict[str, Cells], *, force: bool = False, told: importing.Told = _silent
    ) -> list[Taken]:
        place = tmp_path / f"v{version}"
        place.mkdir(exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        for name, cells in files.items():
            (place / name).write_text(text_of(cells))
        with ExitStack() as stack:
            return await take(store, FixedClock(NOW), exports([place], stack), told, deed=DEED, force=force)

    return run


def _silent(_export: Export, _so_far: int) -> None:
    pass


async def labels(store: Stores, words: str) -> list[tuple[str, str, str]]:
    return [(each.version, each.language, each.uri) for each in await store.read(esco.called, words)]


async def test_a_concept_is_found_by_any_of_its_names_in_any_language(store: Stores, into: Import) -> None:
    await into("1.2.1", {**FILES, "skills_pt.csv": skills((1, "facear a pele", "igualização do couro"))})

    assert await labels(store, "PARE  Leather") == [("1.2.1", "en", skill(1))]
    assert await labels(store, "igualizacao do couro") == [("1.2.1", "pt", skill(1))]
    assert [each.words for each in await store.read(esco.named, ESCO + skill(1))] == ["skive leather", "facear a pele"]
    assert [each.kind for each in await store.read(esco.related, ESCO + skill(2), "1.2.1")] == [
        "broader",
        "broader",
        "in_collection",
    ]


async def test_the_same_files_again_change_nothing(store: Stores, into: Import) -> None:
    await into("1.2.1", FILES)
    before = await store.read(esco.current)

    again = await into("1.2.1", FILES)

    assert {each.edition for each in again} == {None}
    assert await store.read(esco.current) == before
    assert await count(store, "esco_parts") == len(FILES)


async def test_a_new_file_takes_the_place_of_the_old_one_whole(store: Stores, into: Import) -> None:
    await into("1.2.1", FILES)

    await into(
        "1.2.1", {"skills_en.csv": skills((1, "pare leather", "paring"), (3, "edge painting", "inking of edges"))}
    )

    assert await labels(store, "skive leather") == []
    assert await labels(store, "edge painting") == [("1.2.1", "en", skill(3))]
    assert await labels(store, "hand stitching") == [("1.2.1", "en", skill(2))]  # another part, as before
    assert await count(store, "esco_names", "uri", skill(4)) == 0
    assert await count(store, "esco_parts") == len(FILES)  # nothing of the old edition is left


@pytest.mark.parametrize("broken", ["a line that is cut", "much less than before", "nothing"])
async def test_what_was_there_stays_when_a_file_is_wrong(store: Stores, into: Import, broken: str) -> None:
    await into("1.2.1", FILES)
    before = await store.read(esco.current)
    good, (header, first, *_) = skills((9, "another", "")), FILES["skills_en.csv"]
    bad = {"a line that is cut": [*good, ["cut"]], "much less than before": [header, first], "nothing": [header]}[
        broken
    ]

    with pytest.raises(HubError):
        await into("1.2.1", {"skills_de.csv": good, "skills_en.csv": bad})

    assert await store.read(esco.current) == before
    assert await labels(store, "another") == []
    assert await labels(store, "pare leather") == [("1.2.1", "en", skill(1))]


async def test_force_takes_less_than_before(store: Stores, into: Import) -> None:
    await into("1.2.1", FILES)

    await into("1.2.1", {"skills_en.csv": skills((1, "skive leather", ""))}, force=True)

    assert await labels(store, "pare leather") == []


async def test_a_killed_import_leaves_nothing_that_is_read_and_a_later_one_sweeps_it_away(
    store: Stores, into: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)

    def die(_export: Export, _so_far: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await into("1.2.1", FILES, told=die)
    assert await store.read(esco.current) == []
    assert await labels(store, "skive leather") == []

    monkeypatch.setattr(importing, "FORGOTTEN", importing.FORGOTTEN * -1)
    await into("1.2.1", FILES)

    assert await count(store, "esco_parts") == len(FILES)
    assert await labels(store, "skive leather") == [("1.2.1", "en", skill(1))]


async def test_a_concept_of_another_version_is_followed_to_what_stands_for_it(store: Stores, into: Import) -> None:
    await into("1.1.1", {"skills_en.csv": skills((1, "skive leather", ""), (2, "edge painting", ""), (5, "gone", ""))})
    await into("1.2.1", {"skills_en.csv": skills((1, "pare leather", ""), (3, "Edge Painting", ""), (4, "new", ""))})

    assert await store.read(esco.successors, ESCO + skill(1), "1.2.1") == [ESCO + skill(1)]
    assert await store.read(esco.successors, ESCO + skill(2), "1.2.1") == [ESCO + skill(3)]
    assert await store.read(esco.successors, ESCO + skill(5), "1.2.1") == []
    assert await store.read(esco.successors, ESCO + skill(3), "1.1.1") == [ESCO + skill(2)]


async def test_an_import_is_in_the_audit_with_what_became_current(store: Stores, into: Import) -> None:
    await into("1.2.1", FILES)
    await into("1.2.1", FILES)

    assert [(each.act, each.about) for each in await store.read(audit.newest, limit=9)] == [("esco.import", "1.2.1")]


def test_versions_sort_by_their_numbers() -> None:
    assert sorted(["1.2.1", "1.10.0", "1.1.x", "1.1.0", "1.0.9"], key=age) == [
        "1.0.9",
        "1.1.x",
        "1.1.0",
        "1.2.1",
        "1.10.0",
    ]


async def count(store: Stores, table: str, column: str = "''", value: str = "") -> int:
    async def ask(session: Session) -> int:
        return int((await session.rows(f"SELECT count(*) AS n FROM {table} WHERE {column} = :value", value=value))[0].n)  # noqa: S608

    return await store.read(ask)

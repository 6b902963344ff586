"""Rows that are remembered by their text: asked of the database each time, made only when the text is another one."""

import pytest

from hub.rows import Counter
from hub.store import nouns, recent
from hub.store.port import Store
from hub.store.session import Session
from tests.builders import AT


async def save(session: Session, *rows: Counter) -> None:
    await nouns.tick(session)
    await nouns.save(session, Counter, rows)


async def found(store: Store, key: str = "a") -> Counter:
    return (await store.read(nouns.load, Counter, [key]))[key]


def counter(key: str = "a", *, count: int = 0, version: int = 1) -> Counter:
    return Counter(key=key, org="x", state="counting", version=version, name=AT.isoformat(), count=count)


async def test_a_row_that_was_not_changed_is_made_once(store: Store) -> None:
    await store.write(save, counter())

    assert await found(store) is await found(store)


async def test_what_this_process_saved_is_what_it_reads(store: Store) -> None:
    saved = counter(count=3)
    await store.write(save, saved)

    assert await found(store) is saved


async def test_what_another_process_saved_is_seen_at_once(store: Store) -> None:
    await store.write(save, counter())
    assert (await found(store)).count == 0
    await store.write(_elsewhere, 7)

    assert (await found(store)).count == 7


async def _elsewhere(session: Session, count: int) -> None:
    said = recent.keep(counter(count=count, version=2))
    recent.keep(counter())  # this process remembers the old one
    await session.run("UPDATE counters SET body = :body, version = 2 WHERE key = 'a'", body=said)


async def test_what_was_rolled_back_is_not_read(store: Store) -> None:
    await store.write(save, counter())
    with pytest.raises(ZeroDivisionError):
        await store.write(_save_and_fail)

    assert (await found(store)).count == 0


async def _save_and_fail(session: Session) -> None:
    await save(session, counter(count=9, version=2))
    raise ZeroDivisionError


def test_the_rows_longest_untouched_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 2)
    monkeypatch.setattr(recent, "_recent", type(recent._recent)())
    rows = {key: counter(key) for key in "abc"}
    bodies = {key: recent.keep(row) for key, row in rows.items()}
    recent.keep(rows["b"])
    recent.keep(rows["a"])

    kept = {key for key, row in rows.items() if recent.row_of(Counter, key, bodies[key]) is row}

    assert kept == {"a", "b"}


def test_a_row_too_large_to_remember_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "LARGEST", 10)
    row = counter("large")

    again = recent.row_of(Counter, "large", recent.keep(row))

    assert again == row
    assert again is not row


def test_a_changed_copy_is_the_one_pydantic_would_make() -> None:
    row = counter()
    changed = row.model_copy(update={"count": 4})

    assert changed == Counter(**{**row.model_dump(), "count": 4})
    assert (row.count, changed.model_copy(), row.model_copy(deep=True)) == (0, changed, row)

"""The history as a log and as the record of what was said, the same on both stores."""

from dataclasses import replace

import pytest

from hub.log.history import HistoryLog
from hub.store import cursors, history
from hub.store.history import Entry
from hub.store.port import Store
from tests.builders import AT
from tests.delivery.rigs import entries
from tests.delivery.toys import Bench, Toys, need, needs, ref

TYPES = ("eu.vethub.need.published.v1",)


async def say(store: Store, *said: Entry) -> int:
    return await store.write(HistoryLog().append, said)


async def test_an_event_comes_back_exactly_as_it_was_stored(store: Store) -> None:
    event = need(
        "ñ-1",
        key_id="k1",
        causation_id="c1",
        correlation_id="s1",
        extensions={"traceparent": "00-1-2-01", "x": "«ü»"},
        data='{"title": "Três operários «x» \\u0000 😀"}'.encode(),
        time=AT.replace(microsecond=123456),
    )
    await say(store, *entries([event]))

    found = await store.read(history.one, event.source, "ñ-1")

    assert found == replace(event, seq=found.seq if found else None)


async def test_the_first_content_of_an_id_wins(store: Store) -> None:
    assert await say(store, *entries([need("e1", data=b'{"n": 1}')])) == 1
    assert await say(store, *entries([need("e1", data=b'{"n": 2}'), need("e2")])) == 1

    first = await store.read(history.one, "/companies/betangible", "e1")
    assert first is not None
    assert first.data == b'{"n": 1}'
    assert await say(store) == 0


async def test_the_same_id_of_another_source_is_another_event(store: Store) -> None:
    assert await say(store, *entries([need("e1"), need("e1", source="/companies/other")])) == 2


async def test_known_events_are_told_with_their_hash(store: Store) -> None:
    (entry,) = entries([need("e1")])
    await say(store, entry._replace(hash="h1"))

    asked = [("/companies/betangible", "e1"), ("/companies/betangible", "e2"), ("/x", "e1")]
    assert await store.read(history.known, asked) == {("/companies/betangible", "e1"): "h1"}


async def test_a_reader_is_told_how_far_it_has_read_even_past_what_it_does_not_hear(store: Store) -> None:
    said = [need(f"e{n}", short_type="need.published" if n < 3 else "need.updated") for n in range(6)]
    await say(store, *entries(said))
    last = await store.read(history.last_seq)

    first, position = await store.read(history.after, 0, types=TYPES, limit=2)
    rest, end = await store.read(history.after, position, types=TYPES, limit=2)

    assert [event.id for event in (*first, *rest)] == ["e0", "e1", "e2"]
    assert position == first[-1].seq
    assert end == last
    assert await store.read(history.after, end, types=TYPES, limit=2) == ([], last)


async def test_a_story_is_found_by_whatever_belongs_to_it(store: Store) -> None:
    said = [need("e1", "a", correlation_id="s1"), need("e2", "b", correlation_id="s1"), need("e3", "c")]
    await say(store, *entries(said))

    for word in ("e2", "s1", ref("a")):
        stories = await store.read(history.stories_of, word)
        assert stories == ["s1"]
        assert [e.id for e in await store.read(history.story, correlation_ids=stories)] == ["e1", "e2"]
    assert await store.read(history.stories_of, "nothing") == []


async def test_a_subjects_story_begins_with_its_first_event(store: Store) -> None:
    said = [need("e1", correlation_id="s1"), need("e2", correlation_id="s2")]
    await say(store, *entries(said))

    assert await store.read(history.beginnings, [ref("a"), ref("z")]) == {ref("a"): ("s1", ref("a"))}
    joining = entries([need("e3")])[0]._replace(joins_story=True)
    stranger = entries([need("e4", "z")])[0]._replace(joins_story=True)
    joined = await store.read(history.joined, [joining, stranger, entries([need("e5")])[0]])
    assert [entry.envelope.correlation_id for entry in joined] == ["s1", "e4", "e5"]


async def test_the_tail_may_be_narrowed(store: Store) -> None:
    await say(store, *entries([*needs(6), need("w1", short_type="need.updated")]))
    start = (await store.read(history.tail, after_seq=0, limit=1))[0].seq
    assert start is not None

    assert [e.id for e in await store.read(history.tail, after_seq=start, limit=2)] == ["b1", "c1"]
    only = await store.read(history.tail, after_seq=0, limit=9, types=["eu.vethub.need.updated.v1"], subject=ref("a"))
    assert [e.id for e in only] == ["w1"]


@pytest.mark.parametrize("position", [0, 40])
async def test_the_embedded_cursor_is_stored_with_its_batch(bench: Bench, position: int) -> None:
    toys = Toys()

    await bench.run(toys, await bench.tell(*needs(6)), position=position or None)

    assert await bench.store.read(cursors.position, "toys") == position

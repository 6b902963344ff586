"""Ten thousand parked keys: what is looked up is found along an index, on both engines, and the backlog drains.

Plans and counts are judged, never times.
"""

from dataclasses import replace

from hub.clock import stamp
from hub.store import history, lots, parked
from hub.store.audit import Deed
from hub.store.history import Entry
from hub.store.parked import ALL, ParkedRow
from hub.store.port import Store
from hub.store.session import Session
from tests.builders import AT
from tests.delivery.toys import Bench, Toys, change, need, ref

KEYS = 10_000
HANDLED = 300  # of them, in the test that drains; the bench drains them all
NOW = stamp(AT)
LATER = "2099-01-01T00:00:00.000000Z"


async def fill(store: Store, *, next_at: str | None) -> None:
    """Park one failed event of each key and one behind it."""
    one = need("e", "0")
    events = [
        need(f"e{n}", str(n % KEYS))
        if n % KEYS < HANDLED
        else replace(one, id=f"e{n}", partition_key=ref(str(n % KEYS)))
        for n in range(2 * KEYS)
    ]
    await store.write(history.append, [Entry(each, "hub.cooperation.v1") for each in events], outbox=False)
    rows = [
        ParkedRow(
            parked_id=f"p-{n}",
            grp="toys",
            epoch=0,
            partition_name="history",
            partition_key=ref(str(n % KEYS)),
            seq=n + 1,
            source=each.source,
            id=each.id,
            type=each.type,
            state="retrying" if n < KEYS else "behind",
            blocks=1,
            waits_for=None,
            attempts=1,
            first_at=NOW,
            next_at=next_at if n < KEYS else NOW,
            reason="a test put it there",
        )
        for n, each in enumerate(events)
    ]
    await store.write(parked.park, rows)
    if store.engine == "postgresql":
        await store.write(change, "ANALYZE parked")


class Watched:
    """A session that keeps what it was asked, to be explained."""

    def __init__(self, session: Session) -> None:
        self.engine = session.engine
        self.session = session
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def rows(self, sql: str, **params: object) -> list[object]:
        self.asked.append((sql, params))
        return await self.session.rows(sql, **params)


async def plans(session: Session, question: object, **given: object) -> str:
    """Return how the database goes about a question."""
    watched = Watched(session)
    await question(watched, **given)  # type: ignore[operator]
    told = []
    for sql, params in watched.asked:
        explain = "EXPLAIN QUERY PLAN " if session.engine == "sqlite" else "EXPLAIN "
        told += [str(row[-1]) for row in await session.rows(explain + sql, **params)]
    return "\n".join(told)


async def test_what_is_looked_up_among_ten_thousand_keys_is_found_along_an_index(store: Store) -> None:
    await fill(store, next_at=LATER)
    key = ref("4711")

    for question, given in (
        (parked.named, {"word": "e4711"}),
        (parked.find, {"parked_id": "p-4711"}),
        (parked.blocked, {"keys": [key], "grp": "toys"}),
        (parked.behind, {"grp": "toys", "key": key, "limit": 20}),
        (parked.of_events, {"event_ids": ["e4711"]}),
        (lots.running, {}),
    ):
        plan = await store.read(plans, question, **given)
        assert "SCAN p\n" not in plan + "\n", (question, plan)
        assert "Seq Scan on parked" not in plan, (question, plan)

    (found,) = await store.read(parked.named, "e4711")
    assert (found.id, found.waiting_behind) == ("e4711", 1)


async def test_ten_thousand_parked_keys_drain_in_order(bench: Bench) -> None:
    await fill(bench.store, next_at=None)
    toys = Toys()
    number = await bench.store.write(
        lots.start, Deed(NOW, "cli:1000", "parked.retry-all", "snapshot"), ALL, rate=float(HANDLED)
    )
    assert number is not None
    bench.clock.advance(seconds=0.99)

    taken = 1
    while taken:
        taken = await bench.retry(toys)

    few = len(await bench.trails())
    assert few > HANDLED / 2
    lot = await bench.store.read(lots.find, number)
    assert lot is not None
    assert (lot.events, lot.through, lot.failed, lot.due) == (KEYS, few, 0, KEYS - few)
    trails = await bench.trails()
    assert all(trail == [f"e{n}", f"e{n + KEYS}"] for n in range(few) for trail in [trails[toys.row(ref(str(n)))]])

"""When the hub may call itself idle: not while a parked event is about to be tried."""

from hub.store import parked
from hub.store.port import Store
from tests.delivery.test_store_parked import LATER, NOW, put


async def test_rows_behind_one_that_is_not_due_leave_the_hub_idle(store: Store) -> None:
    await put(store, "e1", state="retrying", next_at=LATER)
    await put(store, "e2", state="behind")

    assert await store.read(parked.due_before, at=NOW) == 0


async def test_a_row_that_stands_behind_nothing_any_more_keeps_the_hub_busy(store: Store) -> None:
    head = await put(store, "e1", state="retrying", next_at=NOW)
    await put(store, "e2", state="behind")

    await store.write(parked.through, [head.parked_id])

    assert await store.read(parked.due_before, at=NOW) == 1

"""The product's handlers with a witness in each group, which notes every event the group was given, in order.

Its rows lie in the table of the counters, are saved in the same transaction as everything else the event led to, and are
what the judge counts. It also plays the bug: an event marked faulty fails in its group for a while.
"""

from datetime import timedelta
from functools import reduce
from operator import or_

from events.base import Event
from handlers import ROUTERS as PRODUCT
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Counter, Row
from tests.delivery.torture.workload import FAULT

FAULTY_FOR = timedelta(seconds=100)


class Lane(Row):
    """What one group was given under one partition key, oldest first."""

    NOUN, TABLE, WRITER = "lane", Counter.TABLE, "each group"
    group: str
    partition_key: str
    seen: tuple[tuple[str, str], ...] = ()


class PlayedBug(Exception):
    """A bug in a handler, for a while."""


HEARS: dict[str, tuple[type[Event], ...]] = {}
for _each in PRODUCT:
    for _reaction in _each.reactions:
        HEARS[_reaction.group] = tuple(dict.fromkeys((*HEARS.get(_reaction.group, ()), *_reaction.hears)))


def _fails(event: Event, group: str, uow: UnitOfWork) -> None:
    envelope = event.envelope
    if envelope.id.endswith(FAULT + group) and envelope.received_at and uow.now < envelope.received_at + FAULTY_FOR:
        raise PlayedBug(f"{group} cannot handle this before {envelope.received_at + FAULTY_FOR}")


LANES: dict[str, type[Lane]] = {group: type("LaneOf", (Lane,), {"WRITER": group}) for group in HEARS}
"""Each group writes its own lanes, as it must."""


def _note(event: Event, group: str, uow: UnitOfWork) -> None:
    # The same string can be a key in two topics; order is kept in each.
    lane = f"{event.TOPIC}|{uow.envelope.partition_key}"
    key = f"lane/{group}/{lane}"
    row = uow.find(LANES[group], key) or LANES[group](
        key=key, org="hub", state="noted", group=group, partition_key=lane
    )
    uow.save(row.model_copy(update={"seen": (*row.seen, (uow.envelope.source, uow.envelope.id))}))


def _witness(group: str, *, notes: bool) -> Router:
    def witness(event: Event, uow: UnitOfWork) -> None:
        _fails(event, group, uow)
        if notes:
            _note(event, group, uow)

    witness.__annotations__["event"] = reduce(or_, HEARS[group])
    router = Router(group)
    router.on(f"witness-{group}")(witness)
    return router


NOTING = (*PRODUCT, *(_witness(group, notes=True) for group in HEARS))
BARE = (*PRODUCT, *(_witness(group, notes=False) for group in HEARS))

"""Runs what a group would do with one event, over the store as it is, and writes nothing: for previews."""

from datetime import datetime

from events.base import Event
from events.envelope import Envelope
from hub.dispatch.flush import load
from hub.dispatch.outcomes import NotLoaded
from hub.dispatch.router import Group
from hub.dispatch.unit_of_work import Memory, Terms, UnitOfWork
from hub.store.port import Store


async def rehearse(
    group: Group, event: Event, envelope: Envelope, store: Store, *, now: datetime, terms: Terms
) -> Memory:
    """Return the rows and jobs that the group's handlers would leave; what they raise goes through."""
    await group.prepare(store, [event])
    memory = Memory()
    while True:
        uow = UnitOfWork(memory, envelope=envelope, now=now, terms=terms)
        try:
            for handler in group.by_type.get(event.TYPE, ()):
                uow.begin(handler.name)
                list(handler.call(event, uow) or ())
        except NotLoaded as lacking:
            await store.read(load, memory, lacking.wanted)
        else:
            uow.keep()
            return memory

"""A usual service, as FastStream's and SQLAlchemy's own pages teach it: one message, one session, one commit.

It does what the bench's handler does, once and durably, to the same tables: it looks into the inbox, reads company and
row, changes the row, keeps what it says in history and outbox.
"""

from typing import Annotated, Protocol

import orjson
from faststream.kafka import KafkaBroker
from faststream.params import Header
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped

from events.needs import NeedRematchDue
from events.topics import COOPERATION
from hub.clock import SystemClock, stamp
from hub.ids import said_id
from hub.store import tables
from schemas.needs import Need
from tests.bench.workload import BECAUSE, HANDLER


class Model(DeclarativeBase):
    """What every table of the service inherits."""

    metadata = tables.metadata


class Company(Model):
    """A company that asks."""

    __table__ = tables.organisations


class NeedRow(Model):
    """A need as it stands."""

    __table__ = tables.needs
    version: Mapped[int]
    body: Mapped[str]


class Taken(Model):
    """An event that was handled."""

    __table__ = tables.inbox


class Said(Model):
    """An event that was said."""

    __table__ = tables.history
    seq: Mapped[int]


class Unsent(Model):
    """An event that is still to be sent."""

    __table__ = tables.outbox


class Clocked(Protocol):
    """What is told when an event is in hand and when it is committed."""

    def in_hand(self) -> None: ...
    def committed(self, events: int) -> None: ...


def service(bootstrap: str, topic: str, group: str, engine: AsyncEngine, clock: Clocked) -> KafkaBroker:
    """Make the service."""
    broker = KafkaBroker(bootstrap, logger=None)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @broker.subscriber(topic, group_id=group, auto_offset_reset="earliest")
    async def restate(
        need: Need,
        event_id: Annotated[str, Header("ce_id")],
        source: Annotated[str, Header("ce_source")],
        correlation_id: Annotated[str, Header("ce_correlationid")],
    ) -> None:
        clock.in_hand()
        at = stamp(SystemClock().now())
        async with sessions() as session:
            if await session.get(Taken, (group, 0, source, event_id)):
                return
            ref = f"{need.company_id}/{need.need_id}"
            company, row = await session.get(Company, need.company_id), await session.get(NeedRow, ref)
            if company is None or row is None:
                raise LookupError(ref)
            row.body = orjson.dumps({**orjson.loads(row.body), "state": "open", "version": row.version + 1}).decode()
            row.version += 1
            said = Said(
                id=said_id(source, event_id, HANDLER, 0),
                source="/hub",
                type=NeedRematchDue.wire_type(),
                subject=ref,
                partition_key=ref,
                topic=COOPERATION,
                tenant="hub",
                time=at,
                received_at=at,
                correlation_id=correlation_id,
                causation_id=event_id,
                handler=HANDLER,
                hash="",
                data=NeedRematchDue(need_ref=ref, because=BECAUSE).model_dump_json(),
            )
            session.add_all([said, Taken(grp=group, epoch=0, source=source, id=event_id, at=at, outcome="done")])
            await session.flush()
            session.add(Unsent(seq=said.seq, topic=COOPERATION))
            await session.commit()
        clock.committed(1)

    return broker

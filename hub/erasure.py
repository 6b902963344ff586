"""Erases a person: the vault's row and the mails kept here go, and `subject.erased` is said in the same transaction.

`DELETE /v1/people/{ref}` and `vet-hub people erase` call it. Events hold refs only, so nothing in the history changes.
Documents that were rendered stay as they are until their own retention ends.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from events.catalogue import dump
from events.envelope import HUB_SOURCE, Envelope
from events.notifications import SubjectErased
from hub.clock import Clock, stamp
from hub.ids import erased_id
from hub.log.port import Log
from hub.store import audit, history, jobs, mailbox, people
from hub.store.audit import Deed
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session
from schemas.values import LOCAL_ID_SHAPE

REF = re.compile(LOCAL_ID_SHAPE)
KEPT = (
    "Documents that were rendered keep what they say of the person until their own retention ends; "
    "mails that left the hub are with their readers."
)
"""What an erasure does not reach, as it is told to whoever asked for it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Nobody stands behind the ref any more, since when, and to which organisation the person belonged."""

    ref: str
    org: str
    erased_at: datetime


async def erase(
    store: Store,
    appender: Log,
    clock: Clock,
    ref: str,
    *,
    org: str | None = None,
    key_id: str | None = None,
    by: str = "hub",
) -> Erased | None:
    """Erase a person; erased before is as good. None where `org` has no such person; without `org` anybody's.

    `key_id` is the key that asked, else `by` says for the audit who did.
    """
    if not REF.fullmatch(ref):
        return None
    found = await store.write(_erase, appender, ref, org, key_id, by, clock.now())
    appender.appended()
    return found


async def _erase(
    session: Session, appender: Log, ref: str, org: str | None, key_id: str | None, by: str, now: datetime
) -> Erased | None:
    person = await people.find(session, ref)
    if person is None:
        return await _before(session, ref, org)
    if org not in (None, person.org):
        return None
    await people.erase(session, ref)
    await mailbox.forget(session, await jobs.notifications_to(session, ref))
    await appender.append(session, [_said(ref, person.org, key_id, now)])
    who = f"key:{key_id}" if key_id else by
    await audit.note(session, Deed(stamp(now), who, "people.erase", ref, {"org": person.org}))
    return Erased(ref, person.org, now)


async def _before(session: Session, ref: str, org: str | None) -> Erased | None:
    said = await history.one(session, HUB_SOURCE, erased_id(ref))
    if said is None or said.time is None or org not in (None, said.tenant):
        return None
    return Erased(ref, said.tenant or "", said.time)


def _said(ref: str, org: str, key_id: str | None, now: datetime) -> Entry:
    event = SubjectErased(subject_ref=ref)
    envelope = Envelope(
        id=erased_id(ref),
        source=HUB_SOURCE,
        type=event.wire_type(),
        subject=ref,
        time=now,
        data=dump(event),
        tenant=org,
        key_id=key_id,
        received_at=now,
        correlation_id=erased_id(ref),
        partition_key=event.partition_key(cause_key=None),
    )
    return Entry(envelope, event.TOPIC, "vault")

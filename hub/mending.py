"""Mending: an edited copy of a parked event is published in its place, once, whoever else does the same meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from events.codec import from_http, to_structured
from events.envelope import HUB_ATTRIBUTES, Envelope
from events.errors import EventError
from events.json_format import STRUCTURED
from hub.access import Sender
from hub.clock import instant
from hub.errors import HubError
from hub.ingest import judge_one, store_entries
from hub.log.port import Log
from hub.rights import Refusal
from hub.store import audit, history, parked
from hub.store.audit import Deed
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session
from schemas.problems import Problem

EDITED = ".edited-"  # goes between an event's id and the number of its edited copy
OPERATOR = Sender("operator", "hub", frozenset({"import"}), ())


class NotMended(HubError):
    """Nothing was published, and why; `problems` point into the copy."""

    def __init__(self, words: str, problems: Sequence[Problem] = ()) -> None:
        told = "; ".join(f"{each.pointer}: {each.detail}" for each in problems)
        super().__init__(f"nothing was published: {words}" + (f" ({told})" if told else ""))
        self.words = words
        self.problems = tuple(problems)


def draft_of(original: Envelope) -> dict[str, Any]:
    """Return a parked event as an operator edits it: without what the hub adds, under the copy's id."""
    event = {name: value for name, value in to_structured(original).items() if name not in HUB_ATTRIBUTES}
    return {**event, "id": next_id(original.id)}


def next_id(event_id: str) -> str:
    """Return the id of an event's edited copy."""
    stem, mark, number = event_id.rpartition(EDITED)
    return f"{stem}{EDITED}{int(number) + 1}" if mark and number.isdigit() else f"{event_id}{EDITED}1"


def copy_in(body: bytes, original: Envelope) -> Envelope:
    """Read an edited copy; raises NotMended for what is no event or has the original's id."""
    try:
        item = from_http({"content-type": STRUCTURED}, body)[0]
    except EventError as problem:
        raise NotMended(str(problem)) from None
    if item.envelope is None:
        raise NotMended("the copy is no event", [Problem(*each) for each in item.problems])
    if (item.envelope.source, item.envelope.id) == (original.source, original.id):
        raise NotMended(f"the copy needs an id of its own, as {next_id(original.id)}")
    return item.envelope


def copy_with(data: str, original: Envelope, *, subject: str = "") -> Envelope:
    """Return a copy of which only the data, and what it is about, were edited; raises NotMended for what is no JSON."""
    try:
        draft: Mapping[str, Any] = {
            **draft_of(original),
            "subject": subject or original.subject,
            "data": orjson.loads(data),
        }
    except orjson.JSONDecodeError as broken:
        raise NotMended("the data are not JSON", [Problem("/data", str(broken))]) from None
    return copy_in(orjson.dumps(draft), original)


async def mend(store: Store, appender: Log, deed: Deed, parked_id: str, copy: Envelope) -> str:
    """Publish a copy and take the original out of its group, both or neither; returns the copy's id. Raises NotMended.

    The copy is said because of the original and belongs to its story. Groups that handled the original hear it as well.
    """
    judged = judge_one(copy, OPERATOR, instant(deed.at))
    if isinstance(judged, Refusal):
        raise NotMended(judged.title, judged.problems)
    await store.write(_mend, appender, deed, parked_id, judged)
    appender.appended()
    return copy.id


async def _mend(session: Session, appender: Log, deed: Deed, parked_id: str, entry: Entry) -> None:
    row = await parked.find(session, parked_id)
    # Deleting the row is what only one of two operators can do; everything else follows from it.
    if row is None or not await parked.replace(session, parked_id, by=entry.envelope.id, now=deed.at):
        raise NotMended("the event is not parked any more; it went through, or somebody was faster")
    original = await history.one(session, row.source, row.id)
    if original is None:
        raise NotMended("nobody can read the original; `vet-hub parked skip` gives it up")
    (state,) = await store_entries(session, [_because_of(entry, original, deed.who)], appender)
    if state != "new":
        raise NotMended(f"the id {entry.envelope.id} was used before; give the copy another")
    named = replace(deed, what="parked.edit", about=row.id, detail={"group": row.grp, "copy": entry.envelope.id})
    await audit.note(session, named)


def _because_of(entry: Entry, original: Envelope, who: str) -> Entry:
    envelope = replace(
        entry.envelope,
        tenant=original.tenant,
        key_id=who,
        correlation_id=original.correlation_id,
        causation_id=original.id,
    )
    return entry._replace(envelope=envelope)

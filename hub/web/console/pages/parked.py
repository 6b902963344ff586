"""Parked events and streams: what waits or failed with its reason, and whether every group moves."""

from dataclasses import replace
from typing import Any

import orjson
from starlette.responses import Response

from events.envelope import TYPE_PREFIX, Envelope
from hub.clock import stamp
from hub.lag import GroupLag
from hub.store import audit, history, jobs, lots
from hub.store import parked as store
from hub.store.audit import Deed
from hub.store.parked import Which
from hub.store.session import Session
from hub.visitors import OPERATOR
from hub.web.console import charts, links, words
from hub.web.console.forms import Form
from hub.web.console.pages.lots import which_in
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

MOST = 100  # parked events on the page
BEHIND = 20  # events behind one that are named

desk = Desk()


def lag_line(lag: GroupLag) -> str:
    """Draw how many events waited over the last minutes."""
    most = max(lag.line, default=0)
    return charts.line(lag.line, f"{lag.group}: at most {most} events waited in the last ten minutes, {lag.events} now")


@desk.page("/parked", roles=(OPERATOR,))
async def parked(visit: Visit) -> Response:
    """Everything parked, oldest first, and every stream."""
    which = which_in({name: visit.asked(name) for name in ("group", "state", "types", "key", "reason")})
    found = await visit.read(_all, which)
    rows = found.pop("rows")
    return await visit.draw(
        "parked.html", rows=rows[:MOST], more=len(rows) > MOST, streams=visit.pulse.groups, which=which, **found
    )


async def _all(session: Session, which: Which) -> dict[str, Any]:
    return {
        "rows": await store.listing(session, limit=MOST + 1, which=which),
        "mails": await jobs.counts(session),
        "matching": await lots.matching(session, which),
        "lots": await lots.running(session),
    }


@desk.page("/parked/{parked_id}", roles=(OPERATOR,))
async def one_parked(visit: Visit) -> Response:
    """One parked event: why it is here, what waits behind it, what it says, and what can be done."""
    row, envelope, behind = await visit.read(_one, visit.given("parked_id"))
    told = orjson.dumps(orjson.loads(envelope.data), option=orjson.OPT_INDENT_2).decode() if envelope else ""
    return await visit.draw("one_parked.html", row=row, envelope=envelope, behind=behind, told=told, mark=mark_of(row))


async def _one(session: Session, parked_id: str) -> tuple[Any, Envelope | None, list[Any]]:
    row = await store.find(session, parked_id)
    if row is None:
        raise Refuse(404, "This event is not parked any more: it went through, or somebody gave it up.")
    behind = await store.behind(session, grp=row.grp, key=row.partition_key, limit=BEHIND) if row.blocks else []
    # A record that was refused may bear the name of an event that is stored.
    return row, None if row.seq is None else await history.one(session, row.source, row.id), behind


@desk.form("/parked/{parked_id}/retry", roles=(OPERATOR,))
async def retry(visit: Visit, form: Form) -> Response:
    """Try it again now, unless it has moved on since the page was drawn."""
    return await _changed(visit, form, "retried", store.retry, now=stamp(visit.hub.clock.now()))


@desk.form("/parked/{parked_id}/skip", roles=(OPERATOR,))
async def skip(visit: Visit, form: Form) -> Response:
    """Give it up in its group, with a reason that stays in its trace."""
    reason = form.get("reason", "")
    if not reason:
        raise Refuse(400, "Say why it is skipped; the reason stays in the event’s trace. Nothing was changed.")
    return await _changed(visit, form, "skipped", store.skip, reason=reason[:500], now=stamp(visit.hub.clock.now()))


async def _changed(visit: Visit, form: Form, said: str, change: Any, **given: str) -> Response:
    parked_id = visit.given("parked_id")
    act = visit.act(f"parked.{change.__name__}", parked_id, reason=given.get("reason"))
    outcome, row = await visit.write(_change, parked_id, form.get("mark", ""), change, given, act)
    event = row.id if row is not None else parked_id
    if outcome == "done":
        return visit.back(links.listed("parked"), said, event=event, group=row.grp)
    back = links.parked(parked_id) if outcome == "moved_on" else links.listed("parked")
    return visit.back(back, outcome, event=event)


async def _change(
    session: Session, parked_id: str, mark: str, change: Any, given: dict[str, str], act: Deed
) -> tuple[str, Any]:
    row = await store.find(session, parked_id)
    if row is None:
        return "not_parked", None
    if mark_of(row) != mark:
        return "moved_on", row
    named = replace(act, about=row.id, detail={"group": row.grp, **act.detail})
    return ("done" if await audit.acted(session, named, change, row.parked_id, **given) else "not_parked"), row


def mark_of(row: Any) -> str:
    """Name how a row stands, so that a form says what its sender saw."""
    return f"{row.state}.{row.attempts}.{row.next_at or ''}"


def short_type(full: str) -> str:
    """Return a type without prefix and version."""
    return full.removeprefix(TYPE_PREFIX).rpartition(".v")[0] or full


words.FILTERS["short_type"] = short_type
words.FILTERS["lag_line"] = lag_line

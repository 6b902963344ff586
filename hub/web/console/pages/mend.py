"""The form that publishes an edited copy of a parked event in its place."""

from typing import Any

import orjson
from starlette.responses import Response

from events.envelope import Envelope
from hub import mending
from hub.mending import NotMended
from hub.store import history
from hub.store import parked as store
from hub.store.session import Session
from hub.visitors import OPERATOR
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

desk = Desk()


@desk.page("/parked/{parked_id}/edit", roles=(OPERATOR,))
async def edit(visit: Visit) -> Response:
    """Show the event's data to be edited."""
    row, original = await visit.read(_original, visit.given("parked_id"))
    data = orjson.dumps(orjson.loads(original.data), option=orjson.OPT_INDENT_2).decode()
    return await visit.draw(
        "mend.html", row=row, copy=mending.next_id(original.id), about=original.subject, data=data, wrong=None
    )


@desk.form("/parked/{parked_id}/edit", roles=(OPERATOR,))
async def publish(visit: Visit, form: Form) -> Response:
    """Publish the copy, or show what is wrong with it."""
    row, original = await visit.read(_original, visit.given("parked_id"))
    data, about = form.get("data", ""), form.get("about", "").strip()
    try:
        copy = mending.copy_with(data, original, subject=about)
        made = await mending.mend(visit.hub.store, visit.hub.log, visit.act("parked.edit", row.id), row.parked_id, copy)
    except NotMended as wrong:
        return await visit.draw(
            "mend.html", status=422, row=row, copy=mending.next_id(original.id), about=about, data=data, wrong=wrong
        )
    return visit.back(links.trace(made), "mended", event=row.id, copy=made)


async def _original(session: Session, parked_id: str) -> tuple[Any, Envelope]:
    row = await store.find(session, parked_id)
    original = await history.one(session, row.source, row.id) if row is not None else None
    if row is None or original is None:
        raise Refuse(404, "This event is not parked any more, or nobody can read it.")
    return row, original

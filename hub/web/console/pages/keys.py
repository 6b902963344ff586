"""Keys: who may post and read, made and revoked here. A key is shown once, in the answer that made it."""

import secrets
from typing import Any

from starlette.responses import Response

from hub.access import DEFAULT_SCOPES, SCOPES, create_key
from hub.errors import HubError
from hub.store import keys
from hub.visitors import OPERATOR
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

WHAT = {
    "events:write": "post events",
    "read": "read what is its own",
    "people:write": "put people into the vault",
    "coordinate": "coordinate regions",
    "operate": "operate the hub (hub only)",
    "import": "say events of anybody (hub only)",
}

desk = Desk()


@desk.page("/keys", roles=(OPERATOR,))
async def list_keys(visit: Visit) -> Response:
    """All keys, revoked ones last; never their secrets."""
    found = sorted(
        await visit.read(keys.listing), key=lambda row: (row.revoked_at is not None, row.org, row.created_at)
    )
    return await visit.draw(
        "keys.html", keys=found, what=WHAT, chosen=DEFAULT_SCOPES, once=secrets.token_hex(8), wrong="", form={}
    )


@desk.form("/keys/create", roles=(OPERATOR,))
async def make_key(visit: Visit, form: Form) -> Response:
    """Make a key and show it, this once. It cannot wait for a redirect: it is kept nowhere."""
    once = form.get("once", "")
    if len(once) != 16 or not once.isalnum():
        raise Refuse(400, "The form is not whole; open the page of keys again.")
    if await visit.read(keys.known, once):
        raise Refuse(409, "This form was sent before and its key was shown then. Make another if it was lost.")
    scopes = [scope for scope in SCOPES if form.get(f"scope-{scope}") == "on"]
    try:
        key, row = await create_key(
            visit.hub.store,
            visit.hub.clock,
            org=form.get("org", ""),
            scopes=scopes,
            sources=form.get("sources", "").split(),
            key_id=once,
            by=visit.visitor.sender.key_id,
        )
    except HubError as wrong:
        found = await visit.read(keys.listing)
        shown: dict[str, Any] = {
            "keys": found,
            "what": WHAT,
            "chosen": scopes,
            "once": once,
            "wrong": str(wrong),
            "form": form,
        }
        return await visit.draw("keys.html", status=422, **shown)
    return await visit.draw("new_key.html", key=key, row=row, what=WHAT)


@desk.page("/keys/{key_id}", roles=(OPERATOR,))
async def one_key(visit: Visit) -> Response:
    """One key, and what revoking it touches."""
    row = next((each for each in await visit.read(keys.listing) if each.key_id == visit.given("key_id")), None)
    if row is None:
        raise Refuse(404, "There is no such key.")
    return await visit.draw("one_key.html", row=row, what=WHAT)


@desk.form("/keys/{key_id}/revoke", roles=(OPERATOR,))
async def revoke_key(visit: Visit, _form: Form) -> Response:
    """Make a key useless."""
    key_id = visit.given("key_id")
    act = visit.act("key.revoke", key_id)
    done = await visit.change(act, keys.revoke, key_id, now=act.at)
    return visit.back(links.listed("keys"), "revoked" if done else "not_revoked", key=key_id)

"""Organisations: who takes part, as company, provider or coordinator; and a way in for coordinators."""

from starlette.responses import Response

from hub.access import Sender
from hub.errors import HubError
from hub.parts import hub_url
from hub.rows import Organisation
from hub.store import nouns
from hub.store.looks import Regions
from hub.store.session import Session
from hub.visitors import COORDINATOR, OPERATOR, make_link
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from hub.web.sight import regions_seen

MOST = 100  # organisations a page

desk = Desk()


@desk.page("/organisations")
async def organisations(visit: Visit) -> Response:
    """All who take part, by slug; coordinators see companies of their regions only."""
    found, further = await visit.read(_listed, visit.visitor.sender, visit.asked("after"))
    return await visit.draw(
        "organisations.html",
        found=found,
        first=links.listed("organisations") if visit.asked("after") else "",
        next=links.listed("organisations", after=further) if further else "",
    )


async def _listed(session: Session, sender: Sender, after: str) -> tuple[list[Organisation], str]:
    rows = await nouns.page(session, Organisation, after=after, limit=MOST + 1)
    regions = await regions_seen(session, sender)
    shown = [row for row in rows[:MOST] if is_seen(row, regions)]
    return shown, rows[MOST - 1].key if len(rows) > MOST else ""


def is_seen(row: Organisation, regions: Regions) -> bool:
    """Return whether somebody who looks after regions sees an organisation: providers and coordinators everybody sees."""
    if regions is None or row.provider or row.coordinator:
        return True
    return row.company is not None and any(row.company.nuts.startswith(region) for region in regions)


@desk.page("/organisations/{slug}")
async def organisation(visit: Visit) -> Response:
    """One organisation."""
    found = await visit.read(_one, visit.given("slug"), visit.visitor.sender)
    return await visit.draw("organisation.html", found=found)


async def _one(session: Session, slug: str, sender: Sender) -> Organisation:
    row = (await nouns.load(session, Organisation, [slug])).get(slug)
    if row is None or not is_seen(row, await regions_seen(session, sender)):
        raise Refuse(404, f"There is no organisation {slug[:70]} that you may see.")
    return row


@desk.form("/organisations/{slug}/link", roles=(OPERATOR,))
async def link_for(visit: Visit, _form: Form) -> Response:
    """Make a coordinator's link and show it, this once; like a key it is kept nowhere, so it cannot wait for a redirect."""
    row = await visit.read(_one, visit.given("slug"), visit.visitor.sender)
    if row.coordinator is None:
        raise Refuse(400, f"{row.key} is no coordinator, and only coordinators and operators enter the console.")
    try:
        secret = await make_link(
            visit.hub.store, visit.hub.clock, org=row.key, role=COORDINATOR, by=visit.visitor.sender.key_id
        )
    except HubError as wrong:
        raise Refuse(400, str(wrong)) from None
    address = f"{_address(visit)}{links.HOME}/sign-in/{secret}"
    return await visit.draw("new_link.html", found=row, address=address)


def _address(visit: Visit) -> str:
    """Return how people reach this hub: the public address, else the one this page was asked at."""
    settings = visit.hub.settings
    return hub_url(settings) if settings.public_url else str(visit.request.base_url).rstrip("/")

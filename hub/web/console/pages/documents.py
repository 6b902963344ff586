"""The document of an agreement, as it was stored and page by page as pictures, for whoever may see the agreement."""

import asyncio

from starlette.responses import Response

from hub.agreements import pictures
from hub.store import documents
from hub.store.documents import Document
from hub.store.session import Session
from hub.web.console import drawing
from hub.web.console.visit import Desk, Visit
from hub.web.deals import PDF, seen_agreement
from hub.web.problems import Refuse

AT_ONCE = 2  # pictures one process makes at the same time
# The browser's own viewer shows a PDF in a page that it makes itself, with a style of its own.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

desk = Desk()
drawing_room = asyncio.Semaphore(AT_ONCE)


@desk.page("/agreements/{agreement_id}/document.pdf")
async def document(visit: Visit) -> Response:
    """The document as it was stored, byte for byte."""
    found = await visit.read(_document, visit)
    name = f"agreement-{found.agreement_id}-v{found.version}.pdf"
    headers = drawing.headers(PDF_POLICY) | {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(found.body, headers=headers, media_type=PDF)


@desk.page("/agreements/{agreement_id}/pages/{page}")
async def page(visit: Visit) -> Response:
    """One page of the document as a picture."""
    found = await visit.read(_document, visit)
    number = visit.given("page")
    if not number.isdecimal() or len(number) > 4 or not 1 <= int(number) <= pictures.pages(found.body):
        raise Refuse(404, "The document has no such page.")
    async with drawing_room:
        picture = await asyncio.to_thread(pictures.picture, found.body, int(number))
    return Response(picture, headers=drawing.headers("default-src 'none'"), media_type="image/png")


async def _document(session: Session, visit: Visit) -> Document:
    row = await seen_agreement(session, visit.given("agreement_id"), visit.visitor.sender)
    found = await documents.find(session, row.key, row.told.version)
    if found is None:
        raise Refuse(404, "The document is not made yet; look again in a moment.")
    return found

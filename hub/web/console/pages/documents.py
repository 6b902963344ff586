"""The document of an agreement, as it was stored and page by page as pictures, for whoever may see the agreement."""

import asyncio
from collections import OrderedDict

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
KEPT = 16_000_000  # bytes of pictures that one process keeps, about a hundred pages
# The browser's own viewer shows a PDF in a page that it makes itself, with a style of its own.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

desk = Desk()


class Album:
    """Pages drawn lately, by their document's SHA-256, so that a page is drawn once however often it is looked at.

    It lets nobody in: whoever asks was shown the document before. Names stay in memory only, as long as there is room.
    """

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._drawing_room = asyncio.Semaphore(AT_ONCE)

    async def picture(self, found: Document, page: int) -> bytes:
        """Return a page of a document as a picture."""
        place = (found.sha256, page)
        if place not in self._pictures:
            async with self._drawing_room:
                if place not in self._pictures:  # somebody may have waited for the same one
                    self._put(place, await asyncio.to_thread(pictures.picture, found.body, page))
        self._pictures.move_to_end(place)
        return self._pictures[place]

    def _put(self, place: tuple[str, int], picture: bytes) -> None:
        self._pictures[place] = picture
        while len(self._pictures) > 1 and sum(map(len, self._pictures.values())) > self._kept:
            self._pictures.popitem(last=False)


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
    album: Album = visit.request.app.state.album
    picture = await album.picture(found, int(number))
    return Response(picture, headers=drawing.headers("default-src 'none'"), media_type="image/png")


async def _document(session: Session, visit: Visit) -> Document:
    row = await seen_agreement(session, visit.given("agreement_id"), visit.visitor.sender)
    found = await documents.find(session, row.key, row.told.version)
    if found is None:
        raise Refuse(404, "The document is not made yet; look again in a moment.")
    return found

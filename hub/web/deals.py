"""The present state of deals: offers, matches with what was agreed on, agreements and their documents.

Each question is one read of the store. Who may see what is decided in `sight`.
"""

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from hub import rows
from hub.access import Sender
from hub.store import documents, nouns
from hub.store.documents import Document
from hub.store.session import Session
from hub.web import deal_views, views
from hub.web.door import hub_of
from hub.web.problems import Refuse, documented
from hub.web.reads import Reader, not_found, proposed, ref_of
from hub.web.sight import sees, sees_about, sees_agreement
from schemas.values import UUID_SHAPE

UUID = re.compile(UUID_SHAPE)
PDF = "application/pdf"
PRIVATE = "private, no-store"

deals = APIRouter(prefix="/v1", tags=["state"], responses=documented(401, 403, 404))


@deals.get("/offers/{org}/{offer_id}", responses=views.documented(views.OfferView))
async def get_offer(org: str, offer_id: str, request: Request, reader: Reader) -> Response:
    """A placement as its company offers it last, and where it stands."""
    return views.shown(views.offer(await hub_of(request).store.read(seen_offer, ref_of(org, offer_id), reader)))


@deals.get("/offers/{org}/{offer_id}/matches", responses=views.documented(views.Proposed))
async def get_matches_of_offer(org: str, offer_id: str, request: Request, reader: Reader) -> Response:
    """Which providers are proposed for an offer."""
    return views.shown(await hub_of(request).store.read(_proposed, ref_of(org, offer_id), reader))


@deals.get("/matches/{match_id}", responses=views.documented(deal_views.MatchView | deal_views.OwnRequestView))
async def get_match(match_id: str, request: Request, reader: Reader) -> Response:
    """A match of a need or offer, with what was agreed on.

    Its company sees all of it, a provider only what it was asked itself until the company agrees with it.
    """
    return views.shown(await hub_of(request).store.read(_match, match_id, reader))


@deals.get("/agreements/{agreement_id}", responses=views.documented(deal_views.AgreementView))
async def get_agreement(agreement_id: str, request: Request, reader: Reader) -> Response:
    """An agreement: its parties, days, signers and checks."""
    return views.shown(deal_views.agreement(await hub_of(request).store.read(seen_agreement, agreement_id, reader)))


@deals.get(
    "/agreements/{agreement_id}/document.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: {}}}, 304: {"description": "The document is the one you have"}},
)
async def get_document(agreement_id: str, request: Request, reader: Reader) -> Response:
    """The document of an agreement, byte for byte as it was rendered."""
    document = await hub_of(request).store.read(_document, agreement_id, reader)
    return served(document, request.headers.get("if-none-match", ""))


def served(document: Document, known: str) -> Response:
    """Serve a document as stored; `known` is the request's If-None-Match."""
    tag = f'"{document.sha256}"'
    headers = {
        "etag": tag,
        "cache-control": PRIVATE,
        "content-disposition": f'inline; filename="agreement-{document.agreement_id}-v{document.version}.pdf"',
    }
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type=PDF)


async def seen_offer(session: Session, ref: str, reader: Sender) -> rows.Offer:
    """Return an offer the reader may see; raises Refuse (404)."""
    offer = (await nouns.load(session, rows.Offer, [ref])).get(ref)
    if offer is None or not await sees(session, offer, reader):
        raise not_found("offer", ref)
    return offer


async def seen_agreement(session: Session, agreement_id: str, reader: Sender) -> rows.Agreement:
    """Return an agreement the reader may see; raises Refuse (404)."""
    known = UUID.fullmatch(agreement_id)
    row = (await nouns.load(session, rows.Agreement, [agreement_id])).get(agreement_id) if known else None
    if row is None or not await sees_agreement(session, row, reader):
        raise not_found("agreement", agreement_id)
    return row


async def _proposed(session: Session, ref: str, reader: Sender) -> views.Proposed:
    return await proposed(session, await seen_offer(session, ref, reader))


async def _document(session: Session, agreement_id: str, reader: Sender) -> Document:
    row = await seen_agreement(session, agreement_id, reader)
    found = await documents.find(session, row.key, row.told.version)
    if found is None:
        raise Refuse(404, f"The document of agreement {row.key} is not rendered yet; ask again in a moment.")
    return found


async def _match(session: Session, match_id: str, reader: Sender) -> deal_views.MatchView | deal_views.OwnRequestView:
    match = (await nouns.load(session, rows.Match, [match_id])).get(match_id) if UUID.fullmatch(match_id) else None
    if match is None:
        raise not_found("match", match_id)
    agreed = (await nouns.load(session, rows.Cooperation, [match_id])).get(match_id)
    if match.org == reader.org or await sees_about(session, match.about, reader):
        requests = await nouns.where(session, rows.Request, "match_id", match_id)
        return deal_views.match(match, requests, await _shown(session, agreed, reader))
    key = f"{match_id}/{reader.org}"
    own = (await nouns.load(session, rows.Request, [key])).get(key)
    if own is None:
        raise not_found("match", match_id)
    is_party = agreed is not None and reader.org in agreed.candidate.provider_ids
    return deal_views.own_request(own, await _shown(session, agreed if is_party else None, reader))


async def _shown(
    session: Session, agreed: rows.Cooperation | None, reader: Sender
) -> deal_views.CooperationView | None:
    if agreed is None:
        return None
    papers = await nouns.where(session, rows.Agreement, "match_id", agreed.key)
    return deal_views.cooperation(agreed, [each for each in papers if await sees_agreement(session, each, reader)])

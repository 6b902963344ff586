"""What is asked of the hub without an event: to try a need without publishing it, to keep a person, to erase one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from hub import erasure, preview, vault
from hub.access import Sender
from hub.web import body
from hub.web.door import Holder, buckets_of, hub_of
from hub.web.problems import Refuse, documented, dumped
from hub.web.reads import not_found
from hub.web.sight import HUB_ORG
from hub.web.views import shown
from schemas.matches import Candidate
from schemas.problems import Problem
from schemas.values import Instant

JSON = "application/json"
PERSON = 16 * body.KIB  # bytes

acts = APIRouter(prefix="/v1", responses=documented(400, 401, 403, 413, 415, 422, 429))
Asker = Annotated[Sender, Depends(Holder("read", "operate"))]
Clerk = Annotated[Sender, Depends(Holder("people:write"))]


class RejectedCourse(BaseModel):
    """A course that is no candidate, and the codes of what fails."""

    curriculum_ref: str
    failed: list[str]


class Preview(BaseModel):
    """The ranking of a need that nobody has published."""

    candidates: list[Candidate]
    rejected: list[RejectedCourse]
    gap: list[str] | None
    milliseconds: float


class NewRef(BaseModel):
    """Under what a person is known."""

    ref: str


class Erased(BaseModel):
    """Nobody stands behind the ref any more."""

    ref: str
    erased_at: Instant
    kept: str
    """What the erasure does not reach."""


def _body(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}  # `contract` describes it
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


@acts.post("/match", tags=["state"], responses={200: {"model": Preview}}, openapi_extra=_body("NeedSent"))
async def post_match(request: Request, asker: Asker) -> Response:
    """Rank a need (an event, or its data alone) against the catalogue, with why each course is no candidate.

    Nothing is stored.
    """
    hub = hub_of(request)
    buckets_of(request).spend(asker.key_id, 1)
    need = preview.read_need(await _json_of(request, body.EVENT))
    return Response(dumped(await preview.preview(hub.index, hub.store, need)), media_type=JSON)


@acts.post(
    "/people",
    tags=["people"],
    status_code=201,
    responses={201: {"model": NewRef}},
    openapi_extra=_body("PersonSent"),
)
async def post_person(request: Request, clerk: Clerk) -> Response:
    """Put a person into the vault; events carry the ref that is answered, never the name."""
    hub = hub_of(request)
    buckets_of(request).spend(clerk.key_id, 1)
    person = vault.read_person(await _json_of(request, PERSON), today=hub.clock.now().date())
    if clerk.org not in (person.organisation, HUB_ORG):
        problem = Problem("/organisation", f"{person.organisation} is not the key's organisation, {clerk.org}.")
        raise Refuse(403, errors=[problem])
    return Response(dumped({"ref": await vault.keep(hub.store, hub.clock, person)}), 201, media_type=JSON)


@acts.delete("/people/{ref}", tags=["people"], responses={200: {"model": Erased}, **documented(404)})
async def delete_person(ref: str, request: Request, clerk: Clerk) -> Response:
    """Erase a person of the key's organisation from the vault; to do it twice is harmless."""
    hub = hub_of(request)
    buckets_of(request).spend(clerk.key_id, 1)
    org = None if clerk.org == HUB_ORG else clerk.org
    erased = await erasure.erase(hub.store, hub.log, hub.clock, ref, org=org, key_id=clerk.key_id)
    if erased is None:
        raise not_found("person", ref)
    return shown(Erased(ref=erased.ref, erased_at=erased.erased_at, kept=erasure.KEPT))


async def _json_of(request: Request, limit: int) -> bytes:
    media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media != JSON and not media.endswith("+json"):
        raise Refuse(415, f"Send {JSON}.")
    return await body.body_of(request, limit)

"""What is shown of a deal: a match to its company and to one provider, what they agreed on, and its agreements."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from hub import rows
from schemas import agreements, matches
from schemas.values import About, AgreementId, Instant, Label, LocalId, MatchId, Note, OrganisationId, Ref


class RequestView(BaseModel):
    """The question to one provider. State: asked, accepted, interested, declined, counter_offered, expired, closed."""

    provider_id: OrganisationId
    state: str
    respond_by: str
    answer: matches.Answer | None = None
    company_asks: Note | None = None
    """What the company wants to know before it decides."""


class CooperationView(BaseModel):
    """What a company and its providers agreed on. State: agreed, filled, done, broken."""

    state: str
    about: About
    company_id: OrganisationId
    provider_ids: tuple[OrganisationId, ...]
    candidate_id: LocalId
    curriculum_refs: tuple[str, ...]
    session_refs: tuple[str, ...]
    headcount: int
    nominations: tuple[Ref, ...]
    """Refs of the nominations that count."""
    agreements: tuple[AgreementId, ...]
    """Those that the reader may see."""
    reason_code: Label | None = None
    """Why it broke."""


class MatchView(BaseModel):
    """A match as the company sees it. State: open, superseded, expired, closed."""

    match_id: MatchId
    about: About
    state: str
    candidates: tuple[matches.Candidate, ...]
    ruleset_version: Label
    expires_at: Instant
    requests: tuple[RequestView, ...] = ()
    cooperation: CooperationView | None = None


class OwnRequestView(matches.Request):
    """A match as one provider sees it: what it was asked and what it answered, and nobody else.

    Neither company nor need is named before the company has agreed with this provider; then the cooperation is shown.
    """

    state: str
    answer: matches.Answer | None = None
    company_asks: Note | None = None
    """What the company wants to know before it decides."""
    cooperation: CooperationView | None = None


class AgreementView(agreements.Agreement):
    """A work-based-learning agreement; its people are refs. State: draft, withdrawn.

    The SHA-256 is null until the document is rendered.
    """

    SHOWN_EMPTY: ClassVar[tuple[str, ...]] = ("document_sha256",)
    state: str
    document_sha256: agreements.Sha256 | None = None
    unfilled: tuple[agreements.Unfilled, ...] = ()
    """Fields of the document that stayed empty, and why."""


def cooperation(row: rows.Cooperation, papers: Sequence[rows.Agreement]) -> CooperationView:
    """Show what was agreed on, with those of its agreements that the reader may see."""
    return CooperationView(
        state=row.state,
        about=row.about,
        company_id=row.org,
        provider_ids=row.candidate.provider_ids,
        candidate_id=row.candidate.candidate_id,
        curriculum_refs=row.candidate.curriculum_refs,
        session_refs=row.candidate.session_refs,
        headcount=row.headcount,
        nominations=row.nominated,
        agreements=tuple(each.key for each in papers),
        reason_code=row.reason,
    )


def match(row: rows.Match, requests: Sequence[rows.Request], agreed: CooperationView | None) -> MatchView:
    """Show a match to its company."""
    return MatchView(
        match_id=row.key,
        about=row.about,
        state=row.state,
        candidates=row.candidates,
        ruleset_version=row.ruleset_version,
        expires_at=row.expires_at,
        requests=tuple(_request(each) for each in requests),
        cooperation=agreed,
    )


def own_request(row: rows.Request, agreed: CooperationView | None) -> OwnRequestView:
    """Show a match to one provider."""
    return OwnRequestView(
        **dict(row.told), state=row.state, answer=row.answer, company_asks=row.company_asks, cooperation=agreed
    )


def agreement(row: rows.Agreement) -> AgreementView:
    """Show an agreement."""
    return AgreementView(**dict(row.told), state=row.state, document_sha256=row.document_sha256, unfilled=row.unfilled)


def _request(row: rows.Request) -> RequestView:
    return RequestView(
        provider_id=row.org,
        state=row.state,
        respond_by=row.told.respond_by.isoformat(),
        answer=row.answer,
        company_asks=row.company_asks,
    )

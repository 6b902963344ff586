"""Agreements: the list, and one with the pages of its document as pictures, who must sign, and what the rules say.

People appear by role and organisation only; their names stand in the document, which is shown to whoever may read it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from hub.agreements import pictures
from hub.rows import Agreement, Cooperation, Curriculum, Need, Offer
from hub.store import documents, looks, nouns
from hub.store.documents import Document
from hub.store.session import Session
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit
from hub.web.deals import seen_agreement
from hub.web.sight import regions_seen
from schemas.agreements import Signer

MOST = 50  # agreements a page
STATES = ("draft", "withdrawn")
CHECKS: Mapping[str, str] = {
    "minors_hours": "Hours of young people",
    "guardian": "Somebody signs for a minor",
    "tutor": "A tutor at the workplace",
    "tutor_ratio": "Learners for each tutor",
    "overlap": "No other agreement on the same days",
    "duration": "First and last day",
    "insurance": "Insurance",
    "hazard": "Hazards at the workplace",
    "rest_times": "Rest",
    "medical": "Medical examination",
    "share_of_hours": "Share of hours at the workplace",
}
VERDICTS: Mapping[str, tuple[str, str, str]] = {
    # status → (sign, words, tone)
    "ok": ("✓", "in order", "good"),
    "warning": ("!", "look at it", "warn"),
    "failed": ("✕", "not in order", "bad"),
}
ROLES: Mapping[str, str] = {
    "learner": "The learner",
    "guardian": "A guardian of the learner",
    "company": "The company",
    "provider": "The provider",
    "current_employer": "The learner’s employer",
}

desk = Desk()


@dataclass(frozen=True, slots=True)
class Line:
    """One agreement in the list."""

    agreement: Agreement
    about: Need | Offer | None
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of agreements, and where the next begins."""

    lines: list[Line]
    names: dict[str, str]
    next: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One agreement with everything about it."""

    agreement: Agreement
    about: Need | Offer | None
    agreed: Cooperation | None
    courses: Mapping[str, Curriculum]
    versions: Sequence[tuple[int, str, str]]
    document: Document | None
    names: Mapping[str, str]

    @property
    def pages(self) -> int:
        """How many pages the document has, 0 while there is none."""
        return pictures.pages(self.document.body) if self.document else 0

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many checks came out how."""
        return Counter(check.status for check in self.agreement.told.checks)

    def body_of(self, signer: Signer) -> str | None:
        """Return the organisation a signer signs for."""
        told = self.agreement.told
        bodies = {
            "company": told.parties.company_id,
            "provider": told.parties.provider_id,
            "current_employer": told.current_employer_id,
        }
        return bodies.get(signer.role)


@desk.page("/agreements")
async def agreements(visit: Visit) -> Response:
    """Agreements, the last moved first."""
    asked = visit.asked("state")
    state = asked if asked in STATES else ""
    found = await visit.read(_listed, visit, state)
    choices = [("", "all", None), *((each, _called(each), visit.pulse.of("agreements", each)) for each in STATES)]
    return await visit.draw(
        "agreements.html",
        found=found,
        verdicts=VERDICTS,
        filters=options("agreements", "state", choices, state),
        first=links.listed("agreements", state=state) if visit.asked("before") else "",
        next=links.listed("agreements", state=state, before=found.next) if found.next else "",
    )


def _called(state: str) -> str:
    return {"draft": "drafts"}.get(state, state)


async def _listed(session: Session, visit: Visit, state: str) -> Listed:
    found = await looks.newest(
        session,
        Agreement,
        limit=MOST + 1,
        state=state,
        regions=await regions_seen(session, visit.visitor.sender),
        before=looks.cursor_of(visit.asked("before")),
    )
    shown = found[:MOST]
    about = await _about(session, [each.row.about for each in shown])
    lines = [
        Line(each.row, about.get(each.row.about), Counter(check.status for check in each.row.told.checks))
        for each in shown
    ]
    names = await looks.names(session, [org for each in shown for org in (each.row.org, each.row.provider_id)])
    return Listed(lines, names, shown[-1].cursor if len(found) > MOST else "")


async def _about(session: Session, refs: Sequence[str]) -> dict[str, Need | Offer]:
    found: dict[str, Need | Offer] = {**await nouns.load(session, Need, refs)}
    return found | await nouns.load(session, Offer, refs)


@desk.page("/agreements/{agreement_id}")
async def agreement(visit: Visit) -> Response:
    """One agreement: its pages, who must sign, what the rules say, and what happens next."""
    found = await visit.read(_whole, visit.given("agreement_id"), visit)
    return await visit.draw(
        "agreement.html",
        found=found,
        row=found.agreement,
        told=found.agreement.told,
        checks=CHECKS,
        verdicts=VERDICTS,
        roles=ROLES,
    )


async def _whole(session: Session, agreement_id: str, visit: Visit) -> Whole:
    row = await seen_agreement(session, agreement_id, visit.visitor.sender)
    told = row.told
    orgs = {row.org, *(org for org in (told.parties.provider_id, told.current_employer_id) if org)}
    return Whole(
        row,
        (await _about(session, [row.about])).get(row.about),
        (await nouns.load(session, Cooperation, [row.match_id])).get(row.match_id),
        await nouns.load(session, Curriculum, told.curriculum_refs),
        await documents.versions(session, row.key),
        await documents.find(session, row.key, told.version),
        await looks.names(session, sorted(orgs)),
    )

"""What stands between the parties of a need or offer: the match, who was asked, what was agreed, who learns.

Pages of needs and placements show it; the forms that record what a party told begin from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.access import Sender
from hub.rows import Agreement, Cooperation, Curriculum, Match, Need, Nomination, Offer, Request
from hub.rows import Session as Course
from hub.store import looks, nouns
from hub.store.session import Session
from hub.web.deals import UUID
from hub.web.reads import not_found
from hub.web.sight import sees

OVER = frozenset({"closed", "expired"})
WILLING = frozenset({"accepted", "counter_offered"})


@dataclass(frozen=True, slots=True)
class Deal:
    """One need or offer with its match, and everything that came of it."""

    about: Need | Offer
    match: Match | None
    requests: Sequence[Request]
    agreed: Cooperation | None
    nominations: Sequence[Nomination]
    agreements: Mapping[str, Agreement]
    courses: Mapping[str, Curriculum]
    sessions: Mapping[str, Course]
    names: Mapping[str, str]

    @property
    def answerable(self) -> bool:
        """Whether providers may still answer."""
        return self.agreed is None and any(each.state not in OVER for each in self.requests)

    @property
    def decidable(self) -> bool:
        """Whether the company may still decide."""
        return self.match is not None and self.answerable

    @property
    def nominable(self) -> int:
        """How many learners may still be nominated."""
        if self.agreed is None or self.agreed.state != "agreed":
            return 0
        return self.agreed.headcount - len(self.agreed.nominated)

    @property
    def parties(self) -> tuple[str, ...]:
        """The company and the providers that agreed."""
        return (self.agreed.org, *self.agreed.candidate.provider_ids) if self.agreed else ()

    def willing(self, candidate_id: str) -> bool:
        """Whether all providers of a candidate said yes to it, so that the company can accept it."""
        candidate = next((each for each in self.match.candidates if each.candidate_id == candidate_id), None)  # type: ignore[union-attr]
        return candidate is not None and all(self._says_yes(org, candidate_id) for org in candidate.provider_ids)

    def _says_yes(self, org: str, candidate_id: str) -> bool:
        request = next((each for each in self.requests if each.org == org), None)
        if request is None or request.answer is None or request.state not in WILLING:
            return False
        return request.answer.candidate_id in (None, candidate_id)


async def deal_about(session: Session, about: Need | Offer, match_id: str | None = None) -> Deal:
    """Return what stands between the parties of a need or offer: by its present match, or by an earlier one."""
    match_id = match_id or about.match_id
    match = (await nouns.load(session, Match, [match_id])).get(match_id) if match_id else None
    agreed = (await nouns.load(session, Cooperation, [match_id])).get(match_id) if match_id else None
    requests = await nouns.where(session, Request, "match_id", match_id) if match_id else []
    nominations = await nouns.where(session, Nomination, "match_id", match_id) if match_id else []
    papers = await nouns.where(session, Agreement, "match_id", match_id) if match_id else []
    candidates = match.candidates if match else ()
    courses = await nouns.load(session, Curriculum, [ref for each in candidates for ref in each.curriculum_refs])
    refs = {ref for each in candidates for ref in each.session_refs}
    refs |= set(agreed.candidate.session_refs) if agreed else set()
    sessions = await nouns.load(session, Course, sorted(refs))
    orgs = {about.org, *(each.org for each in requests), *(org for each in candidates for org in each.provider_ids)}
    return Deal(
        about,
        match,
        requests,
        agreed,
        nominations,
        {each.key: each for each in papers},
        courses,
        sessions,
        await looks.names(session, sorted(orgs)),
    )


async def seen_deal(session: Session, match_id: str, reader: Sender) -> Deal:
    """Return the deal of a match whose need or offer the reader looks after; raises Refuse (404)."""
    known = UUID.fullmatch(match_id) is not None
    match = (await nouns.load(session, Match, [match_id])).get(match_id) if known else None
    about = await _about(session, match.about) if match else None
    if about is None or not await sees(session, about, reader):
        raise not_found("match", match_id)
    return await deal_about(session, about, match_id)


async def _about(session: Session, ref: str) -> Need | Offer | None:
    need = (await nouns.load(session, Need, [ref])).get(ref)
    return need or (await nouns.load(session, Offer, [ref])).get(ref)

"""What a company and its providers agreed on, and its end. From here on the company is named to its providers."""

from typing import Annotated

from schemas.matches import OfMatch
from schemas.strictness import Listed, Size, Whole
from schemas.values import About, CurriculumRef, LocalId, OrganisationId, SessionRef


class Cooperation(OfMatch):
    """Names a cooperation: the match it came from, and its parties."""

    about: About
    company_id: OrganisationId
    provider_ids: Annotated[tuple[OrganisationId, ...], Size(1, 4)]
    candidate_id: LocalId


class Agreed(Cooperation):
    """A company chose a candidate whose providers all want it too; the seats are taken."""

    curriculum_refs: Annotated[tuple[CurriculumRef, ...], Size(0, 4)] = ()
    session_refs: Annotated[tuple[SessionRef, ...], Size(0, 20)] = ()
    headcount: Annotated[int, Whole(1, 500)]


class Filled(Cooperation):
    """As many learners are nominated as were asked for."""

    headcount: Annotated[int, Whole(1, 500)]


class Broken(Cooperation):
    """A cooperation that cannot take place as agreed; the need or offer is matched again."""

    reason_code: Annotated[str, Listed("session_cancelled", "session_moved", "curriculum_retired", "withdrawn")]
    curriculum_ref: CurriculumRef | None = None
    session_ref: SessionRef | None = None

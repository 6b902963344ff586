"""Demand that nothing in the catalogue meets, and why."""

from typing import Annotated

from schemas.matches import Reason
from schemas.strictness import Between, Listed, Size
from schemas.values import CurriculumRef, Label, Language, NeedRef, Noun, Nuts, Payload, Uuid

GAP_CODES = (
    "no_curriculum",
    "no_session_in_window",
    "no_seats",
    "too_far",
    "language",
    "level",
    "cost",
    "hours",
    "mode",
    "kind",
    "accreditation",
    "excluded",
    "provider_declined",
    "no_response",
    "low_score",
    "unresolved_skills",
)


class NearestMiss(Payload):
    """What came closest, and the filters it failed."""

    curriculum_refs: Annotated[tuple[CurriculumRef, ...], Size(1, 4)]
    score: Annotated[float, Between(0, 100)] | None = None
    failed: tuple[Annotated[str, Listed(*GAP_CODES, "skills")], ...]
    """Reason codes of a gap, and `skills` where a must is missing."""
    explanation: tuple[Reason, ...] = ()
    """The same with figures: what would have to change."""


class ClusterKey(Payload):
    """What gaps are gathered by, so that a new curriculum can be suggested."""

    skill_group: Label
    """ESCO URI of the common parent."""
    nuts2: Nuts
    language: Language
    eqf_band: Label


class Gap(Payload):
    """A need without a match."""

    gap_id: Annotated[Uuid, Noun("gap")]
    need_ref: NeedRef
    reason_codes: Annotated[tuple[Annotated[str, Listed(*GAP_CODES)], ...], Size(1, 20)]
    uncovered_skills: tuple[str, ...]
    """ESCO URIs, or the company's words where the concept is not known."""
    best_score: Annotated[float, Between(0, 100)] | None = None
    nearest_misses: Annotated[tuple[NearestMiss, ...], Size(0, 3)] = ()
    cluster_key: ClusterKey | None = None
    ruleset_version: Label

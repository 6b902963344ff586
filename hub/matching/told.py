"""What matching found, in the words of the wire. The handlers, the web part and the command line tell it in the same way."""

from collections.abc import Mapping
from typing import Any

from hub.matching.outcome import Candidate, Ranking
from schemas import matches
from schemas.values import Money


def candidate(n: int, found: Candidate) -> matches.Candidate:
    """Write the n-th candidate as `match.proposed` has it."""
    cost = found.total_cost
    return matches.Candidate(
        candidate_id=f"c{n}",
        curriculum_refs=found.curriculum_refs,
        session_refs=found.session_refs,
        provider_ids=found.provider_ids,
        score=found.score,
        coverage=found.coverage,
        breakdown=dict(found.breakdown),
        explanation=tuple(matches.Reason(code=note.code, params=dict(note.params)) for note in found.explanation),
        uncovered_skills=found.uncovered_skills,
        total_hours=found.total_hours,
        total_cost=Money(amount=cost.amount, currency=cost.currency) if cost else None,
        distance_km=found.distance_km,
    )


def ranking(found: Ranking) -> Mapping[str, Any]:
    """Write a whole ranking: the candidates, why every other course is none, and the gap's codes if it is one."""
    candidates = [candidate(n, each) for n, each in enumerate(found.candidates, 1)]
    return {
        "candidates": [each.model_dump(mode="json", exclude_none=True) for each in candidates],
        "rejected": [{"curriculum_ref": each.curriculum_ref, "failed": list(each.failed)} for each in found.rejected],
        "gap": list(found.gap) if found.gap is not None else None,
    }

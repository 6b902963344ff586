"""What a need lacks when nothing answers it, and which unmet needs belong together.

`rank` asks for the nearest misses; the handlers write `cluster_of(ask).key` into need.unmatched and gather gaps by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.matching.filters import why
from hub.matching.fit import Fit
from hub.matching.model import Ask
from hub.matching.outcome import Miss, Note

NO_CURRICULUM = "no_curriculum"
LOW_SCORE = "low_score"
UNRESOLVED = "unresolved_skills"
GAP_CODES = (NO_CURRICULUM, LOW_SCORE, UNRESOLVED)

# A gap of only these asks a provider for another session, not for another curriculum.
SESSION_CODES = frozenset({"no_seats", "no_session_in_window", "cost", LOW_SCORE})

NUTS_2 = 4  # characters
ANY_LEVEL = "any"

Failing = tuple[Fit, tuple[str, ...]]


def nearest(failing: Sequence[Failing]) -> list[Failing]:
    """The misses, nearest first.

    Courses that teach every resolved must come alone when there are any: fewest failed filters, then the higher
    coverage, then the lower id. Without any, those come first that teach most of what must be taught.
    """
    covering = [each for each in failing if each[0].cover.every_must]
    if covering:
        return sorted(covering, key=by_failures)
    return sorted(failing, key=lambda each: (-each[0].cover.must_weight, by_failures(each)))


def by_failures(failing: Failing) -> tuple[int, float, str]:
    """How far a miss is from fitting."""
    fit, codes = failing
    return len(codes), -fit.cover.coverage, fit.course.ref


def reason_codes(near: Sequence[Failing]) -> tuple[str, ...]:
    """What fails at the nearest miss, if there is one that teaches every must."""
    if not near or not near[0][0].cover.every_must:
        return (NO_CURRICULUM,)
    return near[0][1] or (LOW_SCORE,)


def miss(fit: Fit, codes: tuple[str, ...], *, score: float) -> Miss:
    """A nearest miss as it is told; what passes every filter failed by its score alone."""
    return Miss(
        curriculum_refs=(fit.course.ref,),
        score=score,
        coverage=round(fit.cover.coverage, 4),
        failed=codes or (LOW_SCORE,),
        why=why(fit) or (Note("score_too_low", {"score": score}),),
    )


def asks_for_session(reason_codes: Sequence[str]) -> bool:
    """Would another date, class or price do, so that no new curriculum is wanted."""
    return SESSION_CODES.issuperset(reason_codes)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What needs must share to be one demand for one new curriculum."""

    skill_group: str
    nuts2: str
    language: str
    eqf_band: str

    @property
    def key(self) -> str:
        """The cluster in one string."""
        return f"{self.nuts2}|{self.language}|{self.eqf_band}|{self.skill_group}"


def itself(uri: str) -> str:
    """Without ESCO's hierarchy every concept is its own group."""
    return uri


def cluster_of(ask: Ask, *, group_of: Callable[[str], str] = itself) -> Cluster:
    """Where an unmet need belongs; its group is that of the first must that is understood."""
    musts = [skill.uri for skill in ask.skills if skill.must and skill.uri]
    return Cluster(
        skill_group=group_of(musts[0]) if musts else "",
        nuts2=ask.locations[0].nuts[:NUTS_2] if ask.locations else "",
        language=ask.languages[0] if ask.languages else "",
        eqf_band=eqf_band(ask.eqf_min, ask.eqf_max),
    )


def eqf_band(lowest: int | None, highest: int | None) -> str:
    """The pair of levels in which the wish begins: 1-2, 3-4, 5-6 or 7-8; «any» without a wish."""
    level = lowest if lowest is not None else highest
    if level is None:
        return ANY_LEVEL
    start = level - (level + 1) % 2
    return f"{start}-{start + 1}"

"""What would have to change for a course that nearly fits: the codes of `explain` turned round, from the company's side."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.matching.explain import READABLE, Counting
from hub.matching.outcome import NO_PARAMS, Param

CURES: Mapping[str, str] = MappingProxyType(
    {
        "score_too_low": "it meets more of what you wish for",
        "held_in": "a session in a language you asked for, or you accept {language}",
        "taught_as": "you accept a course taught {mode}",
        "site_not_covered": "its provider comes to your region",
        "beyond_radius": "you go up to {km} km, or a session nearer to you",
        "beyond_radius_estimated": "you go up to about {km} km, or a session nearer to you",
        "no_session_planned": "a session in your window is planned",
        "starts_too_early": "your window opens on {start}, or a later session",
        "starts_too_late": "your window closes on {start}, or an earlier session",
        "ends_too_late": "you can wait for the people until {end}",
        "too_late_to_apply": "a session that one can still apply for",
        "seats_short": "a session with {headcount:free seat}",
        "level_far": "you accept EQF level {eqf}",
        "musts_missing": "you can do without «{skills}», or another course adds it",
        "over_your_limit": "a limit {amount} {currency} higher, or a lower price",
        "hours_over": "you give {hours:hour} more",
        "kind": "you open it to other learners (initial or continuing training)",
        "language": "a session in a language you asked for",
        "mode": "another way of teaching it",
        "too_far": "a session nearer to you",
        "no_session_in_window": "a session in your window",
        "no_seats": "a session with more free seats",
        "level": "another level",
        "skills": "another course adds what is missing",
        "cost": "a higher limit, or a lower price",
        "hours": "you give more hours",
        "low_score": "it meets more of what you wish for",
        "accreditation": "an accreditation that holds when it ends",
        "excluded": "a coordinator lets it in again",
        "provider_declined": "the provider changes dates, price or place",
        "no_response": "the provider answers",
        "no_curriculum": "somebody offers a course that teaches it",
        "unresolved_skills": "somebody says what the described skills are in ESCO",
    }
)


def cure(code: str, params: Mapping[str, Param] = NO_PARAMS) -> str:
    """Say what would have to change; raises KeyError for a code without a cure."""
    if code not in CURES:
        raise KeyError(f"no cure for the code {code!r}; add one to hub/matching/cures.py")
    shown = {name: READABLE[name](str(value)) if name in READABLE else value for name, value in params.items()}
    return Counting().vformat(CURES[code], (), shown)

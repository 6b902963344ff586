"""The judge acquits what was delivered and names each kind of crime."""

from typing import Any

import pytest

from tests.delivery.judge import Effect, Parked, Said, Taken, judge

NEED, UPDATE, PROPOSED = (
    Said(1, "/out", "n1", "need.published", "a"),
    Said(2, "/out", "n2", "need.updated", "a"),
    Said(3, "/hub", "p1", "match.proposed", "a", "n1"),
)
DELIVERED: dict[str, Any] = {
    "history": [NEED, UPDATE, PROPOSED],
    "inbox": [
        Taken("matcher", "/out", "n1", "done"),
        Taken("matcher", "/out", "n2", "done"),
        Taken("workflow", "/hub", "p1", "refused"),
    ],
    "parked": [],
    "effects": [Effect("matcher", "/out", "n1", "a", 0), Effect("matcher", "/out", "n2", "a", 1)],
    "accepted": {("/out", "n1"), ("/out", "n2")},
    "hears": {"matcher": {"need.published", "need.updated"}, "workflow": {"match.proposed"}},
    "says": {("matcher", "need.published"): ["match.proposed"]},
}


def sentences(**changes: Any) -> list[str]:
    return [str(violation) for violation in judge(**{**DELIVERED, **changes})]


def test_what_was_delivered_is_acquitted() -> None:
    assert sentences() == []


def test_a_parked_event_needs_no_outcome() -> None:
    parked = Parked("workflow", "waiting", "/hub", "p1", "waits for session s")

    assert sentences(inbox=[*DELIVERED["inbox"][:2], Taken("workflow", "/hub", "p1", "waiting")], parked=[parked]) == []


def test_an_event_that_waited_may_be_late() -> None:
    late = [Effect("matcher", "/out", "n2", "a", 0), Effect("matcher", "/out", "n1", "a", 1)]

    assert sentences(effects=late, waited={("matcher", "/out", "n1")}) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accepted": {("/out", "n9")}}, "lost: n9 of /out was accepted and is not in the history"),
        (
            {"history": [NEED, UPDATE, PROPOSED, NEED._replace(seq=4)]},
            "history-duplicate: n1 of /out is 2 times in the history",
        ),
        ({"history": [NEED, UPDATE._replace(seq=1), PROPOSED]}, "history-duplicate: seq 1 is given 2 times"),
        (
            {"inbox": DELIVERED["inbox"][:2]},
            "unhandled: p1 of /hub in workflow has outcome None and is not parked",
        ),
        (
            {"inbox": [*DELIVERED["inbox"][:2], Taken("workflow", "/hub", "p1", "parked")]},
            "unhandled: p1 of /hub in workflow has outcome parked and is not parked",
        ),
        (
            {"parked": [Parked("workflow", "waiting", "/hub", "p1", "why")]},
            "parked-and-settled: p1 of /hub in workflow is refused and still parked",
        ),
        (
            {"parked": [Parked("workflow", "waiting", "/hub", "p1", "why")] * 2},
            "parked-twice: p1 of /hub in workflow is parked 2 times",
        ),
        (
            {"parked": [Parked("workflow", "waiting", "/hub", "p1", "")]},
            "parked-without-reason: p1 of /hub in workflow (waiting)",
        ),
        (
            {"inbox": [*DELIVERED["inbox"], DELIVERED["inbox"][0]]},
            "inbox-duplicate: 1 inbox rows are there twice",
        ),
        (
            {"inbox": [*DELIVERED["inbox"], Taken("matcher", "/out", "n7", "done")]},
            "unknown: n7 of /out in matcher was handled but never said",
        ),
        ({"effects": DELIVERED["effects"][:1]}, "effect-count: n2 of /out in matcher has 0 effects, not 1"),
        (
            {"effects": [*DELIVERED["effects"], Effect("matcher", "/out", "n2", "a", 2)]},
            "effect-count: n2 of /out in matcher has 2 effects, not 1",
        ),
        (
            {"effects": [*DELIVERED["effects"], Effect("workflow", "/hub", "p1", "a", 0)]},
            "effect-count: p1 of /hub in workflow has 1 effects, not 0",
        ),
        (
            {"effects": [Effect("matcher", "/out", "n2", "a", 0), Effect("matcher", "/out", "n1", "a", 1)]},
            "order: in matcher, key a: n2 of /out overtook n1 of /out",
        ),
        (
            {"history": [NEED, UPDATE, PROPOSED._replace(causation_id="n0")]},
            "no-cause: p1 of /hub names the unknown cause n0",
        ),
        (
            {"says": {("matcher", "need.updated"): ["match.proposed"]}},
            "no-consequence: n2 of /out in matcher is done without match.proposed",
        ),
    ],
)
def test_each_crime_has_its_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in sentences(**changes)

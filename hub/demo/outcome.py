"""What came out of the story, read back from the store: the JSON of `vet-hub demo` (the wire's page, §5)."""

from typing import Any

from hub.demo.player import Faults
from hub.rows import Curriculum, Gap, Match, Need, Organisation, Request, Session
from hub.store import figures, jobs, nouns, parked
from hub.store.port import Store

CLOCKWORK = "eu.vethub.reminder.due.v1"  # how often the scheduler speaks depends on the time of day, not on the story
MOST = 1000  # rows of a noun; the story has far fewer

Outcome = dict[str, Any]


async def outcome(store: Store, faults: Faults, *, seconds: float) -> Outcome:
    """Return what `vet-hub demo --json` prints; the same on every engine but for the seconds."""
    gaps = [gap for gap in await store.read(nouns.page, Gap, limit=MOST) if gap.state == "open"]
    matches = [match for match in await store.read(nouns.page, Match, limit=MOST) if match.state == "open"]
    said = await store.read(figures.events_by_type)
    return {
        "organisations": await _count(store, Organisation),
        "curricula": await _count(store, Curriculum),
        "sessions": await _count(store, Session),
        "needs": await _count(store, Need),
        "offers": 0,
        "events": sum(said.values()) - said.get(CLOCKWORK, 0),
        "duplicates": faults.duplicates,
        "refused": [_refusal(receipt) for receipt in faults.refused],
        "matches": await _count(store, Match),
        "requests": await _count(store, Request),
        "gaps": {gap.about: list(gap.told.reason_codes) for gap in _by_need(gaps)},
        "nearest_misses": {
            gap.about: [list(miss.curriculum_refs) for miss in gap.told.nearest_misses] for gap in _by_need(gaps)
        },
        "proposals": {match.about: [_proposal(each) for each in match.candidates] for match in _by_need(matches)},
        "designs": 0,
        "agreements": [],
        "mails": len(await store.read(jobs.listing, channel="mail")),
        "digests": 0,
        "parked": sum(row.n for row in await store.read(parked.counts)),
        "seconds": round(seconds, 2),
    }


async def _count(store: Store, kind: Any) -> int:
    return sum((await store.read(nouns.count, kind)).values())


def _by_need(rows: Any) -> Any:
    return sorted(rows, key=lambda row: row.about)


def _refusal(receipt: Any) -> dict[str, Any]:
    return {"id": receipt.id, "pointers": sorted(problem.pointer for problem in receipt.refusal.problems)}


def _proposal(candidate: Any) -> dict[str, Any]:
    return {
        "curriculum_refs": list(candidate.curriculum_refs),
        "provider_ids": list(candidate.provider_ids),
        "score": candidate.score,
    }

"""What came out of the story, read back from the store: the JSON of `vet-hub demo` (the wire's page, §5)."""

from typing import Any

from events.notifications import DigestPrepared
from hub.demo.player import Faults
from hub.ingest import Receipt
from hub.rows import Agreement, Curriculum, Gap, Match, Need, Offer, Organisation, Request, Row, Session
from hub.store import figures, jobs, nouns, parked
from hub.store.port import Store
from schemas.matches import Candidate

CLOCKWORK = "eu.vethub.reminder.due.v1"  # how often the scheduler speaks depends on the time of day, not on the story
MOST = 1000  # rows of a noun; the story has far fewer

Outcome = dict[str, Any]


async def outcome(store: Store, faults: Faults, *, seconds: float) -> Outcome:
    """Return what `vet-hub demo --json` prints; the same on every engine but for the seconds."""
    gaps = {gap.about: gap.told for gap in await store.read(nouns.page, Gap, limit=MOST) if gap.state == "open"}
    matches = await standing(store)
    said = await store.read(figures.events_by_type)
    return {
        "organisations": await _count(store, Organisation),
        "curricula": await _count(store, Curriculum),
        "sessions": await _count(store, Session),
        "needs": await _count(store, Need),
        "offers": await _count(store, Offer),
        "events": sum(said.values()) - said.get(CLOCKWORK, 0),
        "duplicates": faults.duplicates,
        "refused": [_refusal(receipt) for receipt in faults.refused],
        "matches": await _count(store, Match),
        "requests": await _count(store, Request),
        "gaps": {need: list(gap.reason_codes) for need, gap in sorted(gaps.items())},
        "nearest_misses": {
            need: [list(miss.curriculum_refs) for miss in gap.nearest_misses] for need, gap in sorted(gaps.items())
        },
        "proposals": {need: [_proposal(each) for each in match.candidates] for need, match in sorted(matches.items())},
        "designs": 0,
        "agreements": [_agreement(each) for each in await agreements(store)],
        "mails": len(await store.read(jobs.listing, channel="mail")),
        "digests": said.get(DigestPrepared.wire_type(), 0),
        "parked": sum(row.n for row in await store.read(parked.counts)),
        "seconds": round(seconds, 2),
    }


async def standing(store: Store) -> dict[str, Match]:
    """Return the match that stands for each need or offer: an open one, or the one it was agreed on."""
    kinds: tuple[type[Need | Offer], ...] = (Need, Offer)
    rows = [row for kind in kinds for row in await store.read(nouns.page, kind, limit=MOST)]
    named = {row.match_id: row.state for row in rows if row.match_id is not None}
    matches = await store.read(nouns.load, Match, list(named))
    return {each.about: each for each in matches.values() if each.state == "open" or named[each.key] == "agreed"}


async def agreements(store: Store) -> list[Agreement]:
    """Return the agreements, by what they are about."""
    return sorted(await store.read(nouns.page, Agreement, limit=MOST), key=lambda each: (each.about, each.key))


def _agreement(row: Agreement) -> dict[str, Any]:
    return {
        "about": row.about,
        "state": row.state,
        "required_signers": [signer.role for signer in row.told.required_signers],
        "checks": {check.code: check.status for check in row.told.checks},
    }


async def _count(store: Store, kind: type[Row]) -> int:
    return sum((await store.read(nouns.count, kind)).values())


def _refusal(receipt: Receipt) -> dict[str, Any]:
    problems = receipt.refusal.problems if receipt.refusal else ()
    return {"id": receipt.id, "pointers": sorted(problem.pointer for problem in problems)}


def _proposal(candidate: Candidate) -> dict[str, Any]:
    return {
        "curriculum_refs": list(candidate.curriculum_refs),
        "provider_ids": list(candidate.provider_ids),
        "score": candidate.score,
    }

"""What is proposed: a need is ranked against the catalogue and becomes a match or a gap, again whenever it could change.

Hears need and reminder events and match.excluded; says match.proposed, match.superseded, match.expired, need.unmatched,
need.expired and need.rematch-due.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from events.matches import MatchExcluded, MatchExpired, MatchProposed, MatchSuperseded
from events.needs import (
    NeedExpired,
    NeedPublished,
    NeedRematchDue,
    NeedUnmatched,
    NeedUpdated,
    NeedWithdrawn,
)
from events.refusals import ReminderDue
from hub.dispatch.outcomes import Refused
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.matching import outs
from hub.matching.follow import MatchingIndex
from hub.matching.gaps import cluster_of
from hub.matching.outcome import Ranking
from hub.matching.rows import ask_of
from hub.matching.told import candidate
from hub.rows import Gap, Match, Need, Offer, Organisation, Request
from schemas import gaps, matches, needs

proposals = Router("matcher")

NEED_EXPIRY = "need-expiry"
MATCH_EXPIRY = "match-expiry"
SWEEP = "sweep"
ASKED = ("headcount", "skills", "locations", "start_window", "eqf_min", "eqf_max")  # of this providers are told
OVER = frozenset({"withdrawn", "expired"})

Proposed = MatchProposed | MatchSuperseded | NeedUnmatched


@proposals.on("match-need")
def match_need(event: NeedPublished, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Record a new need and propose what teaches it, or say why nothing does."""
    require_company(event.company_id, uow)
    uow.fetch([(Need, event.subject), (Offer, event.subject)])
    if uow.find(Need, event.subject) is not None:
        raise Refused("exists", f"{event.subject} was published before; send need.updated to change it")
    if uow.find(Offer, event.subject) is not None:
        raise Refused("exists", f"{event.subject} is a placement offer; give the need an id of its own")
    need = _stated(event, uow)
    uow.remind(end_of_need(need), kind=NEED_EXPIRY, about=need.key)
    yield from _propose(need, uow, index)


@proposals.on("match-need-anew")
def match_need_anew(event: NeedUpdated, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Record a need as it is stated now and match it again; what the company turned down may come back."""
    require_company(event.company_id, uow)
    known = uow.get(Need, event.subject)
    uow.only_newer(known)
    _refuse_if_settled(known)
    need = known.model_copy(update={"told": _told(event), "told_seq": uow.seq, "refused": ()})
    if need.state == "proposed" and asks_otherwise(known.told, need.told, ASKED):
        yield from _close_open(need, uow)  # its providers were asked something else
    uow.remind(end_of_need(need), kind=NEED_EXPIRY, about=need.key)
    yield from _propose(need, uow, index)


@proposals.on("withdraw-need")
def withdraw_need(event: NeedWithdrawn, uow: UnitOfWork) -> Iterator[MatchSuperseded]:
    """Stop looking for a need."""
    need = uow.get(Need, event.subject)
    _refuse_if_over(need)
    yield from _close_open(need, uow)
    uow.save(
        need.model_copy(update={"state": "withdrawn", "match_id": None, "gap_id": None, "told_seq": uow.latest(need)})
    )


@proposals.on("match-need-again")
def match_need_again(event: NeedRematchDue, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Match a standing need again, because something changed."""
    if uow.find(Offer, event.need_ref) is not None:
        return  # `match_offer_again` looks after it
    need = uow.get(Need, event.need_ref)
    if need.stands:
        yield from _propose(need, uow, index)


@proposals.on("exclude-curriculum")
def exclude_curriculum(event: MatchExcluded, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    """Take a curriculum out for one need and match it again; a match that offers the curriculum ends."""
    known = uow.get(Need, event.about)
    _refuse_if_settled(known)
    excluded = {*known.excluded, event.curriculum_ref}
    need = known.model_copy(update={"excluded": tuple(sorted(excluded))})
    if _offered(need, event.curriculum_ref, uow):
        # Also when it is not the first candidate: an unchanged first one would let the match stand.
        yield from _close_open(need, uow)
    yield from _propose(need, uow, index)


@proposals.on("expire")
def expire(
    event: ReminderDue, uow: UnitOfWork, index: MatchingIndex
) -> Iterator[NeedExpired | MatchExpired | MatchSuperseded | NeedRematchDue]:
    """End what has run out, and look over what missed a change of the catalogue."""
    if event.kind == NEED_EXPIRY:
        yield from _expire_need(event.about, uow)
    elif event.kind == MATCH_EXPIRY:
        yield from _expire_match(event.about, uow)
    elif event.kind == SWEEP:
        for ref in index.missed_a_change():
            yield NeedRematchDue(need_ref=ref, because="sweep")


def _expire_need(ref: str, uow: UnitOfWork) -> Iterator[NeedExpired | MatchSuperseded]:
    need = uow.get(Need, ref)
    if not need.stands or end_of_need(need) > uow.now:
        return
    yield from _close_open(need, uow)
    uow.save(need.model_copy(update={"state": "expired", "match_id": None, "gap_id": None}))
    yield NeedExpired(need_ref=ref)


def _expire_match(match_id: str, uow: UnitOfWork) -> Iterator[MatchExpired | NeedRematchDue]:
    match = uow.get(Match, match_id)
    if match.state != "open":
        return
    uow.save(match.model_copy(update={"state": "expired"}))
    yield MatchExpired(match_id=match_id, about=match.about)
    about = uow.find(Offer, match.about) or uow.get(Need, match.about)
    silent = sorted(provider for provider in _providers(match) if _was_silent(match_id, provider, uow))
    out = {provider: outs.after_silence(match.asked_on.get(provider, "")) for provider in silent}
    uow.save(about.model_copy(update={"state": "open", "match_id": None, "out": {**about.out, **out}}))
    yield NeedRematchDue(need_ref=about.key, because="match_expired")


def _was_silent(match_id: str, provider_id: str, uow: UnitOfWork) -> bool:
    request = uow.find(Request, f"{match_id}/{provider_id}")
    return request is None or request.answer is None


def _propose(need: Need, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    need = need.model_copy(update={"seen_clock": index.seen})
    ranking = index.rank(need, uow)
    if ranking.candidates:
        yield from _propose_candidates(need, ranking, uow, index)
    else:
        yield from _tell_gap(need, ranking, uow)


def _propose_candidates(need: Need, ranking: Ranking, uow: UnitOfWork, index: MatchingIndex) -> Iterator[Proposed]:
    best = ranking.candidates[0]
    open_match = uow.find(Match, need.match_id) if need.match_id else None
    if open_match is not None and open_match.state == "open":
        first = next((each for each in open_match.candidates if need.out.keys().isdisjoint(each.provider_ids)), None)
        if first and (first.curriculum_refs, first.session_refs) == (best.curriculum_refs, best.session_refs):
            uow.save(need)
            return
    yield from _close_open(need, uow)
    match = Match(
        key=uow.new_id(),
        org=need.org,
        state="open",
        about=need.key,
        candidates=tuple(candidate(n, each) for n, each in enumerate(ranking.candidates, 1)),
        ruleset_version=ranking.ruleset_version,
        expires_at=_expiry(need, ranking, uow),
        asked_on=index.asked_on(need, ranking.candidates, uow),
    )
    uow.save(match)
    need = need.model_copy(update={"out": outs.without(need.out, match.asked_on)})
    uow.save(need.model_copy(update={"state": "proposed", "match_id": match.key, "gap_id": None}))
    uow.remind(match.expires_at, kind=MATCH_EXPIRY, about=match.key, key=need.key)
    yield MatchProposed(
        match_id=match.key,
        about=match.about,
        candidates=match.candidates,
        ruleset_version=match.ruleset_version,
        expires_at=match.expires_at,
    )


def _tell_gap(need: Need, ranking: Ranking, uow: UnitOfWork) -> Iterator[Proposed]:
    known = uow.find(Gap, need.gap_id) if need.gap_id else None
    told = _gap(known.key if known else uow.new_id(), need, ranking)
    if known is not None and known.state == "open" and known.told == told:
        uow.save(need)
        return
    if known is not None:
        told = told.model_copy(update={"gap_id": uow.new_id()})
    yield from _close_open(need, uow)
    uow.save(Gap(key=told.gap_id, org=need.org, state="open", about=need.key, told=told))
    uow.save(need.model_copy(update={"state": "gap", "match_id": None, "gap_id": told.gap_id}))
    yield NeedUnmatched.model_validate(told, from_attributes=True)


def _close_open(need: Need, uow: UnitOfWork) -> Iterator[MatchSuperseded]:
    match = uow.find(Match, need.match_id) if need.match_id else None
    if match is not None and match.state == "open":
        uow.save(match.model_copy(update={"state": "superseded"}))
        yield MatchSuperseded(match_id=match.key, about=match.about)
    gap = uow.find(Gap, need.gap_id) if need.gap_id else None
    if gap is not None and gap.state == "open":
        uow.save(gap.model_copy(update={"state": "closed"}))


def _offered(need: Need, curriculum_ref: str, uow: UnitOfWork) -> bool:
    match = uow.find(Match, need.match_id) if need.match_id else None
    return match is not None and any(curriculum_ref in each.curriculum_refs for each in match.candidates)


def _gap(gap_id: str, need: Need, ranking: Ranking) -> gaps.Gap:
    cluster = cluster_of(ask_of(need))
    return gaps.Gap(
        gap_id=gap_id,
        need_ref=need.key,
        reason_codes=ranking.gap or (),
        uncovered_skills=ranking.uncovered_skills,
        best_score=ranking.best_score,
        nearest_misses=tuple(
            gaps.NearestMiss(
                curriculum_refs=miss.curriculum_refs,
                score=miss.score,
                failed=miss.failed,
                explanation=tuple(matches.Reason(code=note.code, params=dict(note.params)) for note in miss.why),
            )
            for miss in ranking.nearest_misses
        ),
        cluster_key=gaps.ClusterKey(
            skill_group=cluster.skill_group,
            nuts2=cluster.nuts2,
            language=cluster.language,
            eqf_band=cluster.eqf_band,
        )
        if cluster.skill_group
        else None,
        ruleset_version=ranking.ruleset_version,
    )


def _stated(event: NeedPublished, uow: UnitOfWork) -> Need:
    return Need(key=event.subject, org=event.company_id, state="open", told=_told(event), told_seq=uow.seq)


def _told(event: NeedPublished | NeedUpdated) -> needs.Need:
    return event.payload(needs.Need)


def asks_otherwise(before: object, now: object, names: Iterable[str]) -> bool:
    """Whether a need or offer, stated anew, is no longer what its providers were asked about."""
    return any(getattr(before, name) != getattr(now, name) for name in names)


def require_company(company_id: str, uow: UnitOfWork) -> None:
    """Let the event wait until its company is registered."""
    reason = f"{company_id} is not registered as a company yet"
    organisation = uow.get(Organisation, company_id, otherwise=reason)
    if organisation.company is None:
        raise uow.waiting(Organisation, company_id, reason)


def _refuse_if_settled(need: Need) -> None:
    if need.state == "agreed":
        raise Refused("already_agreed", f"{need.key} is agreed; withdraw it and publish a new need")
    _refuse_if_over(need)


def _refuse_if_over(need: Need) -> None:
    if need.state in OVER:
        raise Refused(f"need_{need.state}", f"{need.key} is {need.state}; publish a new need")


def end_of_need(need: Need) -> datetime:
    """Return when a need runs out: with its last day."""
    return datetime.combine(need.told.valid_until + timedelta(days=1), time(), UTC)


def _expiry(need: Need, ranking: Ranking, uow: UnitOfWork) -> datetime:
    deadlines = [each.application_deadline for each in ranking.candidates if each.application_deadline]
    ends = [end_of_need(need), uow.now + timedelta(days=uow.terms.match_days)]
    if deadlines:
        ends.append(datetime.combine(max(deadlines) + timedelta(days=1), time(), UTC))
    return min(ends)


def _providers(match: Match) -> set[str]:
    return {provider for candidate in match.candidates for provider in candidate.provider_ids}

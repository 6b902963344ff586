"""What there is to tell people about the story, in sentences: each need with its offers, or with why there are none.

Read back from the store of a hub that holds the story; the command line puts it on the screen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hub.demo.outcome import standing
from hub.matching.explain import sentence, sentences
from hub.matching.follow import MatchingIndex
from hub.matching.outcome import Miss, Ranking
from hub.matching.rows import ask_of
from hub.rows import Curriculum, Gap, Match, Need
from hub.rows import Offer as Placement
from hub.store import nouns
from hub.store.port import Store
from schemas.matches import Candidate
from schemas.values import Title, Window

MOST = 1000  # rows of a noun; the story has far fewer
OF_THE_WHOLE_CATALOGUE = frozenset({"no_curriculum", "unresolved_skills"})
"""Reasons that no single course stands for; the others are told with the figures of the nearest one."""


class Offer(NamedTuple):
    """A candidate, or a course that nearly was one: points, title, refs, and what speaks for or against it."""

    score: float
    title: str
    refs: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one company asks for, or several alike, and what came of it."""

    refs: tuple[str, ...]
    title: str
    who: str
    offers: tuple[Offer, ...] = ()
    why_none: tuple[str, ...] = ()
    misses: tuple[Offer, ...] = ()


async def asked(store: Store, index: MatchingIndex) -> list[Asked]:
    """Return what was asked and offered, what came to something first, those alike told once."""
    titles = {each.key: english(each.told.title) for each in await store.read(nouns.page, Curriculum, limit=MOST)}
    matches = await standing(store)
    gaps = {each.about: each for each in await store.read(nouns.page, Gap, limit=MOST) if each.state == "open"}
    told = [
        _answered(_place(offer), matches[offer.key], titles)
        for offer in await store.read(nouns.page, Placement, limit=MOST)
        if offer.key in matches
    ]
    for need in await store.read(nouns.page, Need, limit=MOST):
        if need.key in matches:
            told.append(_answered(_question(need), matches[need.key], titles))
        else:
            ranking = await index.rank_unpublished(ask_of(need), store)
            told.append(_unanswered(need, gaps.get(need.key), ranking, titles))
    return sorted(_together(told), key=lambda each: (not each.offers, len(each.refs)))


def _answered(question: Asked, match: Match, titles: Mapping[str, str]) -> Asked:
    return replace(question, offers=tuple(_offer(each, titles) for each in match.candidates))


def _unanswered(need: Need, gap: Gap | None, ranking: Ranking, titles: Mapping[str, str]) -> Asked:
    codes = gap.told.reason_codes if gap else ()
    return replace(
        _question(need),
        why_none=tuple(sentence(code) for code in codes if code in OF_THE_WHOLE_CATALOGUE),
        misses=tuple(_miss(each, titles) for each in ranking.nearest_misses),
    )


def _question(need: Need) -> Asked:
    told = need.told
    where = told.locations[0].label or told.locations[0].nuts
    who = f"{told.headcount} people in {where}, from {_days(told.start_window)}"
    return Asked((need.key,), english(told.title), who)


def _place(offer: Placement) -> Asked:
    told = offer.told
    where = told.location.label or told.location.nuts
    who = f"{told.places} places in {where}, {told.weeks} weeks of {told.weekly_hours} hours, from {_days(told.start_window)}"
    return Asked((offer.key,), english(told.title), who)


def _days(window: Window) -> str:
    first, last = window.earliest, window.latest
    return f"{first.day} {first:%b} to {last.day} {last:%b}"


def _together(told: Iterable[Asked]) -> list[Asked]:
    alike: dict[Asked, Asked] = {}
    for each in told:
        nameless = replace(each, refs=())
        known = alike.get(nameless, nameless)
        alike[nameless] = replace(known, refs=(*known.refs, *each.refs))
    return list(alike.values())


def _offer(candidate: Candidate, titles: Mapping[str, str]) -> Offer:
    says = tuple(sentence(reason.code, reason.params) for reason in candidate.explanation)
    return Offer(candidate.score, *_course(candidate.curriculum_refs, titles), says)


def _miss(miss: Miss, titles: Mapping[str, str]) -> Offer:
    return Offer(miss.score, *_course(miss.curriculum_refs, titles), tuple(sentences(miss.why)))


def _course(refs: Sequence[str], titles: Mapping[str, str]) -> tuple[str, str]:
    return ", then ".join(titles.get(ref, ref) for ref in refs), " + ".join(refs)


def english(title: Title) -> str:
    """Return a title in English where it has one."""
    return title if isinstance(title, str) else title.get("en") or next(iter(title.values()))

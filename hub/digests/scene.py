"""What is under way, read once for all readers of a batch: needs and offers by region, and what moved about each lately.

Only `read_scene` asks the store; the rest is memory. Nobody is named in it: refs, organisations, titles, figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from events.agreements import AgreementDrafted
from events.cooperations import CooperationAgreed
from events.matches import MatchDecided, MatchProposed, RequestAnswered
from events.needs import NeedPublished, NeedUnmatched
from hub.clock import stamp
from hub.rows import Agreement, Cooperation
from hub.store import looks, nouns, regions
from hub.store.regions import Asked, Failed, Matter, Proposed, Said
from hub.store.session import Session

T = TypeVar("T")
WEEK = timedelta(days=7)  # how far a digest looks back: the first one, and one after a long silence
IN_FLIGHT = timedelta(seconds=5)
"""What was stored just now is left for the next morning: a lower number may still be on its way into the database."""

HEARD = {
    event.wire_type(): event.TYPE
    for event in (
        NeedPublished,
        NeedUnmatched,
        MatchProposed,
        MatchDecided,
        RequestAnswered,
        CooperationAgreed,
        AgreementDrafted,
    )
}
NEWEST = dict[str, int]  # the number of the newest event about each


@dataclass
class Scene:
    """Everything that a batch's digests may tell; `week` and `until` are the numbers of the events it lies between."""

    week: int
    until: int
    since: datetime
    matters: Mapping[str, Matter] = field(default_factory=dict)
    by_region: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Refs of needs and offers by each NUTS code that they lie in, from country to the smallest one told."""
    asked: Mapping[str, Sequence[Asked]] = field(default_factory=dict)
    proposed: Mapping[str, Proposed] = field(default_factory=dict)
    newest: Mapping[str, NEWEST] = field(default_factory=dict)
    """By type of event, then by its subject."""
    agreed: Mapping[str, Cooperation] = field(default_factory=dict)
    """By match."""
    drafts: Mapping[str, Sequence[Agreement]] = field(default_factory=dict)
    failed: Mapping[str, Sequence[Failed]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def seq(self, type_: str, subject: str) -> int:
        """Return the number of the newest event of a type about a subject, 0 when there was none within the week."""
        return self.newest.get(type_, {}).get(subject, 0)

    def name(self, org: str) -> str:
        """Return an organisation's name; its slug while it has not registered."""
        return self.names.get(org, org)

    def within(self, nuts: Iterable[str]) -> list[Matter]:
        """Return the needs and offers in some regions, each once, in order of their refs."""
        refs = {ref for code in nuts for ref in self.by_region.get(code, ())}
        return [self.matters[ref] for ref in sorted(refs)]


async def read_scene(session: Session, at: datetime) -> Scene:
    """Read what may be told on a morning."""
    until = await regions.last_until(session, stamp(at - IN_FLIGHT))
    week = await regions.last_until(session, stamp(at - WEEK))
    said = await regions.said_between(session, week, until, types=sorted(HEARD))
    newest = _newest(said)
    asked = await regions.asked(session)
    failed = await _failed(session, week)
    agreed = await nouns.load(session, Cooperation, sorted(newest[CooperationAgreed.TYPE]))
    drafts = await nouns.load(session, Agreement, sorted(newest[AgreementDrafted.TYPE]))
    proposed = await regions.proposed(session)
    refs = {
        *newest[NeedPublished.TYPE],
        *newest[NeedUnmatched.TYPE],
        *(one.about for one in asked),
        *(one.about for one in proposed.values()),
        *(one.about for one in agreed.values()),
        *(one.about for one in drafts.values()),
        *(one.about for one in failed),
    }
    matters = await regions.matters(session, sorted(refs))
    orgs = {*(one.org for one in matters.values()), *(one.org for one in asked), *(one.org for one in failed)}
    return Scene(
        week=week,
        until=until,
        since=at - WEEK,
        matters=matters,
        by_region=_by_region(matters.values()),
        asked=_grouped((one.about, one) for one in asked),
        proposed=proposed,
        newest=newest,
        agreed=agreed,
        drafts=_grouped((one.about, one) for one in drafts.values()),
        failed=_grouped((one.about, one) for one in failed),
        names=await looks.names(session, sorted(orgs)),
    )


async def _failed(session: Session, since: int) -> list[Failed]:
    found = await regions.failed(session, since)
    known = await regions.abouts(session, [one.about for one in found]) if found else {}
    return [one._replace(about=known.get(one.about, one.about)) for one in found]


def _newest(said: Iterable[Said]) -> dict[str, NEWEST]:
    newest: dict[str, NEWEST] = {short: {} for short in HEARD.values()}
    for one in said:
        newest[HEARD[one.type]][one.subject] = one.seq
    return newest


def _by_region(matters: Iterable[Matter]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for matter in matters:
        for code in {nuts[:length] for nuts in matter.nuts for length in range(2, len(nuts) + 1)}:
            found[code].append(matter.ref)
    return found


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for about, one in pairs:
        found[about].append(one)
    return found

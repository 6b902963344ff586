"""What partners post in one schedule, drawn from a random source: events in mixed order, repeats and quarrels included.

A session may come before its curriculum, a need before its company, an answer before its match: all of it must end well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

from events.envelope import TYPE_PREFIX, Envelope
from hub.ids import said_id
from hub.store.people import Person
from tests.builders import SKILLS, UBRIQUE, company, curriculum, need, nomination, offer, provider, session, without

Data = dict[str, Any]
TAUGHT = ("S12", "S13", "S16")
STAMP = "2026-01-01T00:00:00.000000Z"
FAULTY = {
    "company.registered": "matcher",
    "provider.registered": "matcher",
    "session.scheduled": "workflow",
    "need.published": "projector",
}
"""Events that never wait, and the group in which a handler may have a bug with them for a while."""
FAULT = "-fault-"
"""In an event's id, before the group whose handlers fail with it."""


@dataclass(frozen=True)
class Post:
    """Events that the client posts together."""

    events: tuple[Envelope, ...]
    again: bool = False
    """Whether the client asks once more after it was answered."""
    twice: bool = False
    """Whether it asks twice at the same time, maybe at two doors."""
    quarrels: bool = False
    """The id was used for other content: the hub must answer 409 and change nothing."""


@dataclass(frozen=True)
class Workload:
    """All posts of a schedule in the order of posting, and the people who get mails."""

    posts: tuple[Post, ...]
    people: tuple[Person, ...]
    quarrel: Post | None = None
    """Posted when all is over, because the id must be taken by then."""

    @property
    def size(self) -> int:
        """How many events there are."""
        return sum(len(post.events) for post in self.posts)


def draw(rng: Random) -> Workload:
    """Draw a workload of some dozens of events."""
    teller = _Teller(rng)
    told = _displaced(rng, [*teller.catalogue(), *teller.wishes()])
    posts = tuple(_posts(rng, told))
    return Workload(posts, tuple(teller.people), _quarrel(rng, told) if rng.random() < 0.3 else None)


class _Teller:
    """Makes up organisations, courses, needs, and changes to all of them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._today = datetime.now(UTC).date()
        self._told = 0
        self.people: list[Person] = []
        self._providers = [f"p{n}" for n in range(1, rng.randint(1, 3) + 1)]
        self._companies = [f"c{n}" for n in range(1, rng.randint(1, 3) + 1)]
        self._skills = dict(zip(self._providers, (rng.choice(TAUGHT) for _ in self._providers), strict=True))

    def catalogue(self) -> Iterator[Envelope]:
        """What providers say."""
        for slug in self._providers:
            data = self._provider(slug)
            yield self._say("provider.registered", slug, data)
            if self._rng.random() < 0.3:
                yield self._say("provider.updated", slug, {**data, "coverage_nuts": ["ES61", "ES62"]})
            for n in range(1, self._rng.randint(1, 2) + 1):
                yield from self._course(slug, f"C{n}")

    def wishes(self) -> Iterator[Envelope]:
        """What companies say, and answers to what the hub will ask because of it."""
        for slug in self._companies:
            data = without(company(company_id=slug), "contact_ref")
            yield self._say("company.registered", slug, data)
            if self._rng.random() < 0.3:
                yield self._say("company.updated", slug, {**data, "size_band": "medium"})
        strangers = ["nobody"] if self._rng.random() < 0.2 else []
        for n in range(1, self._rng.randint(2, 6) + 1):
            yield from self._need(self._rng.choice(self._companies + strangers), f"N{n}")
        if self._rng.random() < 0.4:
            yield from self._offer(self._rng.choice(self._companies), "O1")

    def _provider(self, slug: str) -> Data:
        ref = f"p-{slug}"
        self.people.append(
            Person(ref, slug, "contact", slug, f"{slug}@provider.example", "en", "UTC", created_at=STAMP)
        )
        return provider(provider_id=slug, contact_ref=ref)

    def _course(self, slug: str, curriculum_id: str) -> Iterator[Envelope]:
        skills = [{"uri": SKILLS[self._skills[slug]]}]
        data = curriculum(
            curriculum_id=curriculum_id,
            provider_id=slug,
            learning_outcomes=[{"title": {"en": "Work with it"}, "skills": skills}],
        )
        ref = f"{slug}/{curriculum_id}"
        yield self._say("curriculum.published", ref, data)
        for n in range(1, self._rng.randint(1, 2) + 1):
            yield from self._session(slug, curriculum_id, f"{curriculum_id}-{n}")
        if self._rng.random() < 0.3:
            yield self._say("curriculum.updated", ref, {**data, "hours": 28, "wbl_hours": 28})
        if self._rng.random() < 0.1:
            yield self._say("curriculum.retired", ref, {"curriculum_id": curriculum_id, "reason": "No machine left"})

    def _session(self, slug: str, curriculum_id: str, session_id: str) -> Iterator[Envelope]:
        ref = f"{slug}/{session_id}"
        start = self._rng.randint(15, 40)
        ids = {"session_id": session_id, "curriculum_id": curriculum_id}
        days = {"start": self._day(start), "end": self._day(start + 14), "application_deadline": self._day(10)}
        seats = {"seats_free": self._rng.choice((2, 4, 8)), "split_allowed": self._rng.random() < 0.3}
        yield self._say("session.scheduled", ref, session(**ids, **days, **seats))
        for _ in range(self._rng.choice((0, 0, 1, 3))):
            yield self._say("session.seats-changed", ref, {**ids, "seats_free": self._rng.randint(0, 8)})
        if self._rng.random() < 0.1:
            yield self._say("session.cancelled", ref, {**ids, "reason": "The teacher is ill"})

    def _need(self, slug: str, need_id: str) -> Iterator[Envelope]:
        ref = f"{slug}/{need_id}"
        data = need(
            need_id=need_id,
            company_id=slug,
            skills=[{"uri": SKILLS[self._rng.choice((*TAUGHT, *self._skills.values()))], "weight": 5, "must": True}],
            headcount=self._rng.randint(1, 4),
            start_window={"earliest": self._day(12), "latest": self._day(90)},
            valid_until=self._day(120),
        )
        published = self._say("need.published", ref, data)
        yield published
        # The match that a wish leads to is named after the event, so partners can be quicker than the hub. If it never
        # comes to that match, their words wait for it to the end, and rightly so.
        if self._rng.random() < 0.6:
            yield from self._talk(said_id(published.source, published.id, "match-need", "row 1"), slug)
        for _ in range(self._rng.choice((0, 0, 1, 2))):
            yield self._say("need.updated", ref, {**data, "headcount": self._rng.randint(1, 8)})
        if self._rng.random() < 0.15:
            yield self._say("need.withdrawn", ref, {"need_id": need_id, "reason_code": "budget"})

    def _offer(self, slug: str, offer_id: str) -> Iterator[Envelope]:
        ref = f"{slug}/{offer_id}"
        data = without(
            offer(
                offer_id=offer_id,
                company_id=slug,
                skills=[{"uri": SKILLS[skill]} for skill in TAUGHT],
                location=UBRIQUE,
                languages=["es"],
                start_window={"earliest": self._day(20), "latest": self._day(60)},
            ),
            "tutor_ref",
        )
        offered = self._say("placement.offered", ref, data)
        yield offered
        yield from self._talk(said_id(offered.source, offered.id, "match-offer", "row 1"), slug)
        if self._rng.random() < 0.3:
            yield self._say("placement.updated", ref, {**data, "places": self._rng.randint(1, 3)})
        if self._rng.random() < 0.2:
            yield self._say("placement.withdrawn", ref, {"offer_id": offer_id, "reason_code": "budget"})

    def _talk(self, match_id: str, company_id: str) -> Iterator[Envelope]:
        """Answer, decide, nominate; mostly so that an agreement comes of it, and sometimes twice."""
        provider = self._rng.choice(self._providers)
        for _ in range(self._rng.choice((1, 1, 2))):
            decision = self._rng.choice(("accepted", "accepted", "accepted", "counter_offer", "interested", "declined"))
            data = {"match_id": match_id, "provider_id": provider, "decision": decision}
            yield self._say("match.answered", match_id, data, by=provider)
        for _ in range(self._rng.choice((0, 1, 1, 2))):
            accepted = {"decision": "accepted", "candidate_id": self._rng.choice(("c1", "c1", "c2"))}
            decided = accepted if self._rng.random() < 0.85 else {"decision": "declined"}
            yield self._say("match.decided", match_id, {"match_id": match_id, **decided}, by=company_id)
        for _ in range(self._rng.choice((0, 1, 2))):
            yield self._nomination(match_id, self._rng.choice((company_id, provider)))

    def _nomination(self, match_id: str, by: str) -> Envelope:
        name = f"L{len(self.people)}"
        self.people.append(
            Person(f"p-{name}", by, "learner", name, f"{name}@learner.example", "es", "UTC", created_at=STAMP)
        )
        days = {"start": self._day(20), "end": self._day(34)}
        data = nomination(match_id=match_id, nomination_id=name, learner_ref=f"p-{name}", **days)
        return self._say("learner.nominated", f"{by}/{name}", without(data, "current_employer_id"))

    def _say(self, short_type: str, subject: str, data: Data, *, by: str = "") -> Envelope:
        self._told += 1
        slug = by or subject.partition("/")[0]
        fault = FAULT + FAULTY[short_type] if short_type in FAULTY and self._rng.random() < 0.08 else ""
        return Envelope(
            id=f"{short_type}-{self._told}{fault}",
            source=f"/{'providers' if slug.startswith('p') else 'companies'}/{slug}",
            type=f"{TYPE_PREFIX}{short_type}.v1",
            subject=subject,
            time=None,
            data=orjson.dumps(data),
        )

    def _day(self, days: int) -> str:
        return str(self._today + timedelta(days=days))


def _displaced(rng: Random, events: Sequence[Envelope]) -> list[Envelope]:
    far = rng.choice((0, 3, 12, 1000))
    places = sorted(range(len(events)), key=lambda place: place + rng.uniform(0, far))
    return [events[place] for place in places]


def _posts(rng: Random, events: Sequence[Envelope]) -> Iterator[Post]:
    largest = rng.choice((1, 3, 8))
    at = 0
    while at < len(events):
        size = rng.randint(1, largest)
        yield Post(tuple(events[at : at + size]), again=rng.random() < 0.15, twice=rng.random() < 0.1)
        at += size


def _quarrel(rng: Random, events: Sequence[Envelope]) -> Post:
    first = rng.choice([event for event in events if event.short_type == "company.registered"])
    data = {**orjson.loads(first.data), "legal_name": "Somebody Else"}
    changed = Envelope(first.id, first.source, first.type, first.subject, None, orjson.dumps(data))
    return Post((changed,), quarrels=True)

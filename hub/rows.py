"""The state the hub keeps: one frozen row class a noun. Each table has one writer group, which a test proves.

A row holds what its organisation told last (`told`, the payload as it was published) and what the hub knows beside it.
Handlers change a row with `model_copy(update=…)` and save it; `version` is the store's, not theirs.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from schemas import agreements, curricula, gaps, matches, needs, organisations, placements

_set = object.__setattr__


def lies_in(places: Iterable[str], regions: Iterable[str]) -> bool:
    """Whether one of the NUTS codes lies in one of the regions, which are prefixes."""
    prefixes = tuple(regions)
    return any(place.startswith(prefixes) for place in places)


class Row(BaseModel):
    """One row of a noun's table: `key` is its ref or id, `org` whose it is, `state` where it stands."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    NOUN: ClassVar[str]
    TABLE: ClassVar[str]
    WRITER: ClassVar[str]
    SEARCHED: ClassVar[tuple[str, ...]] = ()

    key: str
    org: str
    state: str
    version: int = 0
    told_seq: int = 0
    """Number of the event that told the row last; an older one that comes late must not put its word back."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a changed copy. Pydantic's own way takes three times as long, and each event changes a row or two."""
        if deep:
            return super().model_copy(update=update, deep=True)
        copy = object.__new__(type(self))
        _set(copy, "__dict__", {**self.__dict__, **(update or {})})
        _set(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _set(copy, "__pydantic_extra__", None)
        _set(copy, "__pydantic_private__", None)
        return copy


class Organisation(Row):
    """A company, provider or coordinator, or several of these at once. State: registered."""

    NOUN, TABLE, WRITER = "organisation", "organisations", "matcher"
    company: organisations.Company | None = None
    provider: organisations.Provider | None = None
    coordinator: organisations.Coordinator | None = None
    contacts: tuple[date, ...] = ()
    """Days on which providers were asked about the company's placements lately, one entry for each provider."""


class Curriculum(Row):
    """A provider's short course. State: published, retired."""

    NOUN, TABLE, WRITER = "curriculum", "curricula", "matcher"
    told: curricula.Curriculum


class Session(Row):
    """A course given on certain days. State: scheduled, cancelled."""

    NOUN, TABLE, WRITER, SEARCHED = "session", "sessions", "matcher", ("curriculum",)
    curriculum: str
    told: curricula.Session


class Hold(BaseModel):
    """Seats kept for one request: since which event, and whether the company has taken them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    about: str
    """The need or offer; when that is matched again, its own seats count as free."""
    seats: int
    seq: int
    taken: bool = False


class Seats(Row):
    """The seats of a session: what the provider told last, and what is held. State: open, cancelled."""

    NOUN, TABLE, WRITER, SEARCHED = "seats", "seats", "workflow", ("curriculum",)
    curriculum: str
    told_free: int
    told: curricula.Session | None = None
    """The session as it was told last, to see whether it moves."""
    held: Mapping[str, Hold] = {}
    """By request. What was held or taken before the provider told is in its number already, and no longer counted."""

    @property
    def free(self) -> int:
        """Seats that can still be promised."""
        return self.told_free - sum(seats for _, seats in self.holding)

    @property
    def holding(self) -> tuple[tuple[str, int], ...]:
        """What is held since the provider told, as (need, seats)."""
        return tuple((hold.about, hold.seats) for hold in self.held.values() if hold.seq > self.told_seq)


class Out(BaseModel):
    """Why a provider is not asked again for a need or offer: it declined, or it was silent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: str
    terms: str
    """What stood between the two when it was asked; as soon as dates, prices or places differ it may be asked again."""
    until: date | None = None
    """Last day on which it holds; for ever without one."""


class Need(Row):
    """What a company asks for. State: open, proposed, gap, agreed, withdrawn, expired."""

    NOUN, TABLE, WRITER = "need", "needs", "matcher"
    told: needs.Need
    match_id: str | None = None
    gap_id: str | None = None
    seen_clock: int = 0
    """Clock of the catalogue that the last ranking saw."""
    out: Mapping[str, Out] = {}
    """Providers who are not asked again, and why."""
    refused: tuple[str, ...] = ()
    """Curricula that the company itself turned down; they come back when the need is stated anew."""
    excluded: tuple[str, ...] = ()
    """Curricula that a coordinator took out for this need; they stay out when it is stated anew."""

    @property
    def places(self) -> tuple[str, ...]:
        """NUTS codes of where people would learn; coordinators of these regions look after it."""
        return tuple(place.nuts for place in self.told.locations)

    @property
    def stands(self) -> bool:
        """Whether it is still to be matched when the catalogue changes."""
        return self.state in ("open", "proposed", "gap")


class Offer(Row):
    """Places for learners that a company offers. State: open, proposed, agreed, withdrawn, expired."""

    NOUN, TABLE, WRITER = "offer", "offers", "matcher"
    told: placements.PlacementOffer
    match_id: str | None = None
    out: Mapping[str, Out] = {}
    """Providers who are not asked again, and why."""
    refused: tuple[str, ...] = ()
    """Providers whom the company itself turned down; they come back when the offer is stated anew."""
    seen_clock: int = 0
    """Clock of the catalogue that the last ranking saw."""

    @property
    def places(self) -> tuple[str, ...]:
        """NUTS code of where learners would work; coordinators of this region look after it."""
        return (self.told.location.nuts,)

    @property
    def stands(self) -> bool:
        """Whether it is still to be matched."""
        return self.state in ("open", "proposed")


class Match(Row):
    """A proposal for a need or offer. State: open, superseded, expired, closed."""

    NOUN, TABLE, WRITER, SEARCHED = "match", "matches", "matcher", ("about",)
    about: str
    candidates: tuple[matches.Candidate, ...]
    ruleset_version: str
    expires_at: datetime
    asked_on: Mapping[str, str] = {}
    """By provider, in a few signs, the dates, prices and places it was asked about (`hub/matching/outs.py`)."""


class Gap(Row):
    """Why a need has no match. State: open, closed."""

    NOUN, TABLE, WRITER, SEARCHED = "gap", "gaps", "matcher", ("about",)
    about: str
    told: gaps.Gap


class Request(Row):
    """The question to one provider. State: asked, accepted, interested, declined, counter_offered, expired, closed."""

    NOUN, TABLE, WRITER, SEARCHED = "request", "requests", "workflow", ("match_id", "about")
    match_id: str
    about: str
    told: matches.Request
    answer: matches.Answer | None = None
    holds: tuple[str, ...] = ()
    """Sessions in which seats are held for it."""
    company_asks: str | dict[str, str] | None = None
    """What the company wants to know before it decides."""


STANDING = frozenset({"agreed", "filled"})
"""States in which a cooperation is to take place."""


class Cooperation(Row):
    """What a company and its providers agreed on; its key is the match id. State: agreed, filled, done, broken."""

    NOUN, TABLE, WRITER, SEARCHED = "cooperation", "cooperations", "workflow", ("about", "provider_id")
    about: str
    provider_id: str
    """The first provider; the candidate names all."""
    candidate: matches.Candidate
    headcount: int
    nominated: tuple[str, ...] = ()
    """Refs of the nominations that count."""
    reason: str | None = None
    """Why it broke, as a code."""


class Nomination(Row):
    """A learner for a cooperation. State: nominated, cancelled."""

    NOUN, TABLE, WRITER, SEARCHED = "nomination", "nominations", "workflow", ("match_id",)
    match_id: str
    told: agreements.Nomination
    agreement_id: str | None = None


class Agreement(Row):
    """A work-based-learning agreement. State: draft, withdrawn."""

    NOUN, TABLE, WRITER, SEARCHED = "agreement", "agreements", "workflow", ("about", "match_id", "learner_ref")
    about: str
    match_id: str
    learner_ref: str
    provider_id: str
    told: agreements.Agreement
    document_sha256: str | None = None
    """Of the document once it is rendered."""
    unfilled: tuple[agreements.Unfilled, ...] = ()


class Digest(Row):
    """A coordinator's mornings; its key is the person's ref. State: sent, silent."""

    NOUN, TABLE, WRITER = "digest", "digests", "notifier"
    local_date: date
    """The last date that was looked at."""
    until_seq: int = 0
    """Number of the last event that a digest has told about."""
    reason: str | None = None
    """Why there was no mail: no_region, nothing_new."""


class Notification(Row):
    """A message to a person. State: requested, delivered, failed."""

    NOUN, TABLE, WRITER, SEARCHED = "notification", "notifications", "notifier", ("about",)
    about: str
    kind: str
    channel: str
    recipient_ref: str
    dedupe_key: str
    reason: str | None = None
    attempts: int = 0


class Counter(Row):
    """How often something happened, in one partition, so that two processes do not meet on one row. State: counting."""

    NOUN, TABLE, WRITER = "counter", "counters", "projector"
    name: str
    count: int = 0


KINDS: tuple[type[Row], ...] = (
    Organisation,
    Curriculum,
    Session,
    Seats,
    Need,
    Match,
    Offer,
    Gap,
    Request,
    Cooperation,
    Nomination,
    Agreement,
    Digest,
    Notification,
    Counter,
)
BY_NOUN: Mapping[str, type[Row]] = {kind.NOUN: kind for kind in KINDS}

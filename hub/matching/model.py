"""What matching looks at: a need ready to be matched, courses with their sittings, and the rules.

The handlers and the web build these from rows; the rest of `hub/matching` only reads them. They know no store, no event
and no clock: whoever ranks says which day it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

# NUTS keeps two country codes of its own; everywhere else on the wire countries are ISO 3166.
NUTS_COUNTRY = {"GR": "EL", "GB": "UK"}


class Links(Protocol):
    """Which ESCO concepts stand directly beside one another (broader, narrower, essential relation), both ways."""

    def related(self, uri: str) -> frozenset[str]:
        """Concepts that ESCO links directly to this one; empty when there are none."""
        ...


class NoLinks:
    """ESCO without its relations: only the same concept counts."""

    def related(self, uri: str) -> frozenset[str]:  # noqa: ARG002 - the name is the protocol's
        """Nothing is related to anything."""
        return frozenset()


NO_LINKS = NoLinks()


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a NUTS code, with coordinates when they are known."""

    nuts: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Price:
    """What a course costs: for each learner, or for the whole group."""

    amount: Decimal
    currency: str
    per: str = "learner"

    def per_learner(self, headcount: int) -> Decimal:
        """One learner's part of the amount."""
        return self.amount / headcount if self.per == "group" else self.amount


@dataclass(frozen=True, slots=True)
class AskedSkill:
    """One skill of a need; `uri` is None while nobody knows which ESCO concept the statement means."""

    uri: str | None
    statement: str = ""
    weight: int = 3
    must: bool = True

    @property
    def name(self) -> str:
        """How it is listed: by its concept, else by the words the company used."""
        return self.uri or self.statement

    @property
    def words(self) -> str:
        """What people read: the statement or label where there is one."""
        return self.statement or self.uri or ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A need ready for matching.

    `excluded` holds curriculum refs that a coordinator took out, `declined` and `silent` ids of providers who said no or
    nothing; whoever builds the ask drops a provider from these once the rules allow asking again.
    """

    ref: str
    skills: tuple[AskedSkill, ...]
    headcount: int
    target_group: str
    locations: tuple[Place, ...]
    languages: tuple[str, ...]
    earliest: date
    latest: date
    modes: frozenset[str]
    remote_ok: bool = False
    language_preferred_only: bool = False
    radius_km: float | None = None
    preferred_start: date | None = None
    needed_by: date | None = None
    eqf_min: int | None = None
    eqf_max: int | None = None
    max_hours: int | None = None
    max_cost: Money | None = None
    green: bool = False
    digital: bool = False
    accreditation_required: bool = False
    credential_wanted: bool = False
    learner_age: int | None = None
    wbl_possible: bool = False
    excluded: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

    @property
    def org(self) -> str:
        """The company that asks."""
        return self.ref.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of a course; with an empty `ref` the course run on demand, where `seats_free` and `end` are open."""

    ref: str
    start: date
    end: date | None
    mode: str
    language: str
    seats_free: int | None
    location: Place | None = None
    application_deadline: date | None = None
    cancelled: bool = False
    split_allowed: bool = False
    price: Price | None = None
    held: tuple[tuple[str, int], ...] = ()  # (need, seats) of what is held and not in `seats_free` any more

    def free_for(self, ref: str) -> int:
        """Seats that one need could have: the free ones, and those held for itself."""
        return (self.seats_free or 0) + sum(seats for about, seats in self.held if about == ref)


@dataclass(frozen=True, slots=True)
class Accreditation:
    """A licence or quality mark of a provider; a missing date leaves that side open."""

    type: str
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """Does it hold on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class History:
    """How a provider did so far, each a share from 0 to 1; None where there is nothing to count."""

    response_rate: float | None = None
    completion: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A curriculum with those facts of its provider that matter, and its sittings."""

    ref: str
    provider_id: str
    concepts: frozenset[str]
    hours: int
    kind: str
    modes: tuple[str, ...]
    languages: tuple[str, ...]
    sittings: tuple[Sitting, ...] = ()
    coverage_nuts: tuple[str, ...] = ()
    national: bool = False
    country: str = ""
    place: Place | None = None
    price: Price | None = None
    eqf: int | None = None
    green: bool = False
    digital: bool = False
    credential: bool = False
    min_age: int | None = None
    prerequisites: tuple[str, ...] = ()
    on_demand: bool = False
    lead_time_days: int | None = None
    accreditations: tuple[Accreditation, ...] = ()
    history: History | None = None
    placed: int = 0

    @property
    def reach(self) -> tuple[str, ...]:
        """NUTS prefixes inside which the provider teaches at workplaces."""
        return (NUTS_COUNTRY.get(self.country, self.country),) if self.national else self.coverage_nuts


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The numbers of one version of the rules; old versions stay, so that any ranking can be replayed.

    Weights are scaled to a hundred points, so a criterion can join without touching the others.
    """

    version: str
    weights: Mapping[str, float]
    propose: float = 60.0
    weak: float = 45.0
    linked_credit: float = 0.5
    online_share: float = 0.75
    radius_km: float = 50.0
    lead_time_days: int = 5
    max_candidates: int = 5
    max_misses: int = 3
    max_split: int = 3

"""The state the hub keeps: one frozen row class a noun. Each table has one writer group, which a test proves.

A row holds what its organisation told last (`told`, the payload as it was published) and what the hub knows beside it.
Handlers change a row with `model_copy(update=…)` and save it; `version` is the store's, not theirs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from schemas import curricula, gaps, matches, needs, organisations

_set = object.__setattr__


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


class Curriculum(Row):
    """A provider's short course. State: published, retired."""

    NOUN, TABLE, WRITER = "curriculum", "curricula", "matcher"
    told: curricula.Curriculum


class Session(Row):
    """A course given on certain days. State: scheduled, cancelled."""

    NOUN, TABLE, WRITER, SEARCHED = "session", "sessions", "matcher", ("curriculum",)
    curriculum: str
    told: curricula.Session


class Seats(Row):
    """The seats of a session: what the provider told last, and what is held since. State: open, cancelled."""

    NOUN, TABLE, WRITER, SEARCHED = "seats", "seats", "workflow", ("curriculum",)
    curriculum: str
    told_free: int
    held: Mapping[str, int] = {}
    """Seats held since the provider told, by request."""

    @property
    def free(self) -> int:
        """Seats that can still be promised."""
        return self.told_free - sum(self.held.values())


class Need(Row):
    """What a company asks for. State: open, proposed, gap, agreed, withdrawn, expired."""

    NOUN, TABLE, WRITER = "need", "needs", "matcher"
    told: needs.Need
    match_id: str | None = None
    gap_id: str | None = None
    seen_clock: int = 0
    """Clock of the catalogue that the last ranking saw."""
    declined: tuple[str, ...] = ()
    """Providers who said no to this need within the last 90 days."""
    silent: tuple[str, ...] = ()
    """Providers who did not answer in time; asked again when the need is stated anew."""
    excluded: tuple[str, ...] = ()
    """Curricula that a coordinator took out for this need; they stay out when it is stated anew."""

    @property
    def stands(self) -> bool:
        """Whether it is still to be matched when the catalogue changes."""
        return self.state in ("open", "proposed", "gap")


class Match(Row):
    """A proposal for a need or offer. State: open, superseded, expired, closed."""

    NOUN, TABLE, WRITER, SEARCHED = "match", "matches", "matcher", ("about",)
    about: str
    candidates: tuple[matches.Candidate, ...]
    ruleset_version: str
    expires_at: datetime


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
    Gap,
    Request,
    Notification,
    Counter,
)
BY_NOUN: Mapping[str, type[Row]] = {kind.NOUN: kind for kind in KINDS}

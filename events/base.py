"""What every fact is: a payload with a type, a topic, and who may say it. One class a type, in the noun's own file.

The executor reads `refs` of every event to load rows, so the way through the fields is worked out once per class.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from events.envelope import TYPE_PREFIX, Envelope
from events.refs import Step, walk, way_through

P = TypeVar("P", bound=BaseModel)
COMPANY, PROVIDER, COORDINATOR, HUB = "company", "provider", "coordinator", "hub"
ONLY_HUB = frozenset({HUB})


class Seen(Enum):
    """Who outside the hub may read an event: by API and trace, and on `out.<tenant>`."""

    NOBODY = "nobody"
    """It is the hub's own matter."""
    SENDER = "sender"
    """Who sent the event that it answers."""
    OWNER = "owner"
    """Whose story it is in, coordinators of its region, and whom it is told to (`told_to`)."""
    EVERYBODY = "everybody"
    """It is published."""


class Event(BaseModel):
    """A fact in the past tense. Equal payloads are equal events; the envelope does not count."""

    model_config = ConfigDict(frozen=True)
    __slots__ = ("_envelope",)

    TYPE: ClassVar[str]
    """Noun and fact as the wire writes them, `need.published`."""
    VERSION: ClassVar[int] = 1
    TOPIC: ClassVar[str]
    SAID_BY: ClassVar[frozenset[str]] = ONLY_HUB
    """Kinds of organisation that may send it, or `hub`."""
    NOUN: ClassVar[str]
    """The noun that the subject names, whatever the type's first word is."""
    OWNER: ClassVar[str | None] = None
    """The field that names the organisation it is said for; without one it is the subject's."""
    SEEN: ClassVar[Seen] = Seen.NOBODY
    """Who outside may read it; nobody, unless its noun or the type itself says so."""
    BEFORE_AGREEMENT: ClassVar[tuple[str, ...] | None] = None
    """The fields that those it is told to may read while no company has agreed with them; None where one has."""
    WAY: ClassVar[tuple[Step, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Work out where this class keeps its typed refs."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.WAY = way_through(cls)

    @classmethod
    def wire_type(cls) -> str:
        """Return the CloudEvents type, `eu.vethub.need.published.v1`."""
        return f"{TYPE_PREFIX}{cls.TYPE}.v{cls.VERSION}"

    def attached(self, envelope: Envelope) -> Self:
        """Return this event, remembering the envelope it was read from."""
        object.__setattr__(self, "_envelope", envelope)
        return self

    @property
    def envelope(self) -> Envelope:
        """The envelope it was read from; raises LookupError on an event that was only made, not read."""
        try:
            return self._envelope  # type: ignore[attr-defined,no-any-return]
        except AttributeError:
            raise LookupError(f"{self.TYPE} was made here and has no envelope yet") from None

    def payload(self, kind: type[P]) -> P:
        """Return the data alone, as the shape that rows keep: the envelope stays behind."""
        return kind.model_construct(self.model_fields_set, **vars(self))

    @property
    def subject(self) -> str:
        """What it is about: the envelope's word when read, else what the data say; empty when they do not."""
        try:
            # Past pydantic's own __getattr__, which takes microseconds to say that there is none.
            envelope: Envelope = object.__getattribute__(self, "_envelope")
        except AttributeError:
            return self.own_subject() or ""
        return envelope.subject

    @property
    def org(self) -> str:
        """The organisation that the subject belongs to."""
        return self.subject.partition("/")[0]

    @property
    def owner(self) -> str:
        """The organisation it is said for: only that one's key, or a coordinator of its region, may say it."""
        return str(getattr(self, self.OWNER)) if self.OWNER else self.org

    def told_to(self) -> tuple[str, ...]:
        """Return the organisations that it is told to, beside the one in whose story it is."""
        return ()

    def whereabouts(self) -> tuple[str, ...]:
        """Return the NUTS codes of where it is, for coordinators of regions; empty where the data do not say."""
        return ()

    @property
    def placed_by(self) -> str:
        """Whose place it has where the data do not say one: what it is about, a need, an offer or a match."""
        return self.subject

    def own_subject(self) -> str | None:
        """Return what the subject must be, None where only the envelope knows."""
        return None

    def partition_key(self, *, cause_key: str | None) -> str:
        """Return what order is kept by; `cause_key` is the partition key of the event that led to this one."""
        return cause_key or self.subject

    def refs(self) -> Iterator[tuple[str, str]]:
        """List (noun, key) of the subject and of everything the payload names by a typed ref."""
        subject = self.subject
        if subject:
            yield self.NOUN, subject
        yield from walk(self, self.WAY, subject.partition("/")[0])

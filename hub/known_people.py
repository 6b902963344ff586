"""Who of the people that a batch names is in the vault: handlers ask by ref, and learn neither name nor address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from events.agreements import LearnerNominated
from events.base import Event
from hub.store import people
from hub.store.people import Person
from hub.store.port import Store

ADULT_AT = 18  # years


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may know of a person."""

    ref: str
    org: str
    kind: str
    born: date | None

    def is_minor_on(self, day: date) -> bool | None:
        """Whether the person is younger than 18 on a day; None while no birth date is known."""
        if self.born is None:
            return None
        had_birthday = (day.month, day.day) >= (self.born.month, self.born.day)
        return day.year - self.born.year - (not had_birthday) < ADULT_AT


class KnownPeople:
    """What handlers ask for by type; reads the vault before each batch."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._erased: dict[str, str] = {}

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Look up everybody that the batch's nominations name."""
        refs = sorted({ref for event in events if isinstance(event, LearnerNominated) for ref in named_in(event)})
        found = await store.read(people.find_all, refs) if refs else []
        self._known = {person.ref: _known(person) for person in found}
        missing = [ref for ref in refs if ref not in self._known]
        self._erased = await store.read(people.erased, missing) if missing else {}

    def find(self, ref: str) -> Known | None:
        """Return a person named by this batch, None when nobody stands behind the ref (yet, or any more)."""
        return self._known.get(ref)

    def erased_from(self, ref: str) -> str | None:
        """Return the organisation of whoever was erased under a ref, None when nobody was."""
        return self._erased.get(ref)


def named_in(event: LearnerNominated) -> tuple[str, ...]:
    """Return the refs of everybody a nomination names."""
    return (event.learner_ref, *event.guardian_refs, *([event.tutor_ref] if event.tutor_ref else []))


def _known(person: Person) -> Known:
    return Known(
        person.ref, person.org, person.kind, date.fromisoformat(person.birth_date) if person.birth_date else None
    )

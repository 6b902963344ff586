"""The vault's front door: `POST /v1/people` and `vet-hub people add` put a person in and get a random ref back.

Names and addresses go in here and nowhere else; the ref says nothing about who stands behind it.
"""

import re
import secrets
from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

import orjson
from pydantic import ValidationError

from events.errors import Invalid
from events.wellformed import flaws_in, parse
from hub.clock import Clock, stamp
from hub.errors import HubError
from hub.store import people
from hub.store.people import Person
from hub.store.port import Store
from schemas.problems import Problem, explain, quoted
from schemas.strictness import Listed, Rule, Shape
from schemas.values import Day, Label, Language, OrganisationId, Payload

KINDS = ("contact", "learner", "guardian", "tutor", "signatory", "coordinator")
OLDEST = 120  # years
LONGEST_EMAIL = 254  # characters, RFC 5321 §4.5.3.1.3

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
ZONES = frozenset(available_timezones())


def _too_long(email: str) -> str | None:
    if len(email) <= LONGEST_EMAIL and len(email.partition("@")[0]) <= 64:
        return None
    return f"The address is longer than {LONGEST_EMAIL} characters, or 64 before the @; no mail server takes it."


def _disguised(name: str) -> str | None:
    if not TURNS.search(name):
        return None
    return f"{quoted(name)} holds a sign that turns the direction of text, which no mail can carry; write the name without it."


class Erased(HubError):
    """A ref whose person was erased; it stands for nobody any more."""

    slug = "erased"


class NewPerson(Payload):
    """A person as an organisation tells us of them."""

    kind: Annotated[str, Listed(*KINDS)]
    organisation: OrganisationId
    name: Annotated[Label, Rule(lambda name, _: _disguised(name))]
    email: Annotated[
        str,
        Shape(EMAIL, "a mail address; write name@domain in ASCII, the domain with its dots"),
        Rule(lambda email, _: _too_long(email)),
    ]
    language: Language
    """Language the person is written to."""
    timezone: Annotated[
        str, Rule(lambda zone, _: None if zone in ZONES else "This is no time zone of the IANA; as in Europe/Lisbon.")
    ]
    phone: Annotated[str, Shape(r"\+?[0-9][0-9 ()./-]{3,28}[0-9]", "a phone number; as in +351 210 000 000")] | None = (
        None
    )
    birth_date: Day | None = None


def read_person(body: bytes, *, today: date) -> NewPerson:
    """Check a person's JSON strictly; raises Invalid with everything that is wrong, NotCloudEvents where it is no JSON."""
    value, suspicious = parse(body)
    if suspicious and (found := flaws_in(value, at="")):
        raise Invalid(found)
    try:
        person = NewPerson.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise Invalid(explain(error, fields=NewPerson.model_fields)) from None
    born = person.birth_date
    if born is not None and (born > today or born.year < today.year - OLDEST):
        raise Invalid(
            [Problem("/birth_date", f"Nobody alive was born on that day; give a day of the last {OLDEST} years.")]
        )
    return person


async def add_person(
    store: Store,
    clock: Clock,
    *,
    organisation: str,
    kind: str,
    name: str,
    email: str,
    language: str,
    timezone: str,
    phone: str | None = None,
    birth_date: str | None = None,
) -> str:
    """Check a person and put them into the vault; returns the ref that events may carry. Raises Invalid."""
    given = {
        "organisation": organisation,
        "kind": kind,
        "name": name,
        "email": email,
        "language": language,
        "timezone": timezone,
        "phone": phone,
        "birth_date": birth_date,
    }
    return await keep(store, clock, read_person(orjson.dumps(given), today=clock.now().date()))


async def keep(store: Store, clock: Clock, person: NewPerson, *, once: str = "") -> str:
    """Put a checked person into the vault; returns the ref. The same `once` (24 random hex digits) puts nobody in twice.

    Raises Erased where the person of that very `once` was erased meanwhile.
    """
    ref = f"p-{once or secrets.token_hex(12)}"
    row = Person(
        ref=ref,
        org=person.organisation,
        kind=person.kind,
        name=person.name,
        email=person.email,
        language=person.language,
        timezone=person.timezone,
        phone=person.phone,
        birth_date=person.birth_date.isoformat() if person.birth_date else None,
        created_at=stamp(clock.now()),
    )
    if not await store.write(people.put, row):
        raise Erased(
            f"The person behind {ref} was erased, and nobody gets the ref again; put them in anew for another."
        )
    return ref

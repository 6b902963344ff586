"""The vault: names and addresses of people, under random refs. Nothing else in the hub holds them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from events.envelope import HUB_SOURCE
from hub.ids import erased_id
from hub.store.session import Session, listed, values


@dataclass(frozen=True, slots=True)
class Person:
    """One person. `kind` is contact, learner, guardian, tutor, signatory or coordinator."""

    ref: str
    org: str
    kind: str
    name: str
    email: str
    language: str
    timezone: str
    phone: str | None = None
    birth_date: str | None = None
    created_at: str = ""


class Reader(NamedTuple):
    """What the scheduler knows of a coordinator: when it is morning there, and since when the vault holds the person."""

    ref: str
    timezone: str
    created_at: str


NAMES = tuple(field.name for field in fields(Person))


async def put(session: Session, person: Person) -> bool:
    """Store a person; one who is there already stays as they are. False for a ref that was erased: nobody gets it again."""
    if await erased(session, [person.ref]):
        return False
    await session.run(
        f"INSERT INTO people ({', '.join(NAMES)}) VALUES ({', '.join(':' + name for name in NAMES)}) "
        "ON CONFLICT (ref) DO NOTHING",
        **{name: getattr(person, name) for name in NAMES},
    )
    return True


async def erased(session: Session, refs: Sequence[str]) -> dict[str, str]:
    """Return to which organisations those belonged whom some refs stood for until they were erased.

    That it was said is all that is kept of them, and the history keeps it for ever.
    """
    said = {erased_id(ref): ref for ref in refs}
    rows = await session.rows(
        f"SELECT id, tenant FROM history WHERE source = :hub AND id IN {listed(session.engine, 'ids')}",
        hub=HUB_SOURCE,
        ids=values(session.engine, list(said)),
    )
    return {said[row.id]: row.tenant or "" for row in rows}


async def erase(session: Session, ref: str) -> int:
    """Take a person out; returns how many were there."""
    return await session.run("DELETE FROM people WHERE ref = :ref", ref=ref)


async def find(session: Session, ref: str) -> Person | None:
    """Return a person by ref."""
    rows = await session.rows("SELECT * FROM people WHERE ref = :ref", ref=ref)
    return _person(rows[0]) if rows else None


async def find_all(session: Session, refs: Sequence[str]) -> list[Person]:
    """Return those people whom the vault holds of some refs."""
    rows = await session.rows(
        f"SELECT * FROM people WHERE ref IN {listed(session.engine, 'refs')}", refs=values(session.engine, refs)
    )
    return [_person(row) for row in rows]


async def names(session: Session, refs: Sequence[str]) -> dict[str, str]:
    """Return the names behind refs, for pages of the hub's operators; nobody stands behind a missing one."""
    rows = await session.rows(
        f"SELECT ref, name FROM people WHERE ref IN {listed(session.engine, 'refs')}",
        refs=values(session.engine, refs),
    )
    return {row.ref: row.name for row in rows}


async def of(session: Session, orgs: Sequence[str], *, kind: str) -> list[Person]:
    """Return the people of a kind in some organisations."""
    rows = await session.rows(
        f"SELECT * FROM people WHERE kind = :kind AND org IN {listed(session.engine, 'orgs')} ORDER BY org, created_at, ref",
        kind=kind,
        orgs=values(session.engine, orgs),
    )
    return [_person(row) for row in rows]


async def coordinators(session: Session, timezones: Sequence[str]) -> list[Reader]:
    """Return the coordinators who live in some time zones; neither name nor address."""
    rows = await session.rows(
        "SELECT ref, timezone, created_at FROM people WHERE kind = 'coordinator' "
        f"AND timezone IN {listed(session.engine, 'timezones')} ORDER BY ref",
        timezones=values(session.engine, timezones),
    )
    return [Reader(row.ref, row.timezone, row.created_at) for row in rows]


def _person(row: Any) -> Person:
    return Person(*(getattr(row, name) for name in NAMES))

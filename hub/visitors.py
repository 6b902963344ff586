"""Who may enter the console: links that let somebody in once, the sessions they open, and how long these last.

The command line makes links, `hub.web.console` opens and ends sessions. Secrets are 256 random bits and leave this module
once; the store has their hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.access import ORG, Sender
from hub.clock import Clock, instant, stamp
from hub.errors import HubError
from hub.store import audit, people, visits
from hub.store.audit import Deed
from hub.store.port import Store

OPERATOR, COORDINATOR = "operator", "coordinator"
ROLES = (OPERATOR, COORDINATOR)
HUB_ORG = "hub"
LINK_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)  # after the last page
LONGEST = timedelta(days=7)  # after the sign-in, however busy the session is
SEEN_EVERY = timedelta(minutes=1)  # how exactly a session's end follows its last page
SCOPES = {OPERATOR: frozenset({"operate", "read", "coordinate"}), COORDINATOR: frozenset({"coordinate", "read"})}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. `session` is the hash of the cookie, `token` what their forms must carry."""

    org: str
    role: str
    person_ref: str | None
    session: str
    token: str

    @property
    def operates(self) -> bool:
        """Whether this is an operator of the hub, who sees everything."""
        return self.role == OPERATOR

    @property
    def sender(self) -> Sender:
        """This visitor as rights and sight know senders; what they say is said by their organisation."""
        sources = (f"/coordinators/{self.org}", f"/console/{self.org}")
        scopes = SCOPES[self.role] | {"events:write"}
        return Sender(named(self.session), self.org, scopes, sources)


async def make_link(
    store: Store, clock: Clock, *, org: str, role: str, person_ref: str | None = None, by: str = HUB_ORG
) -> str:
    """Make a link's secret, good once and for a quarter of an hour; raises HubError where role and person do not fit.

    `by` is who makes it, for the audit.
    """
    await _refuse_wrong(store, org, role, person_ref)
    secret, now = secrets.token_urlsafe(32), clock.now()
    link = digest(secret)
    await store.write(
        audit.acted,
        Deed(stamp(now), by, "console.link", _short(link), {"role": role, "org": org, "person": person_ref}),
        visits.put_link,
        link_hash=link,
        org=org,
        role=role,
        person_ref=person_ref,
        now=stamp(now),
        expires_at=stamp(now + LINK_LASTS),
    )
    return secret


async def _refuse_wrong(store: Store, org: str, role: str, person_ref: str | None) -> None:
    if role not in ROLES:
        raise HubError(f"{role!r} is no role in the console; there are {', '.join(ROLES)}")
    if not ORG.fullmatch(org):
        raise HubError(f"{org!r} is no organisation's slug; write small letters, digits and hyphens, for example cec")
    if role == OPERATOR and org != HUB_ORG:
        raise HubError(f"operators belong to the organisation «hub», not to {org!r}; leave --org out")
    if person_ref is None:
        return
    person = await store.read(people.find, person_ref)
    if person is None or person.org != org:
        raise HubError(f"{person_ref!r} is nobody of {org}; `vet-hub people add` gives a person's ref")


async def link_is_good(store: Store, clock: Clock, secret: str) -> bool:
    """Return whether a link would still let somebody in."""
    return await store.read(visits.link_is_good, digest(secret), now=stamp(clock.now()))


async def enter(store: Store, clock: Clock, secret: str) -> str | None:
    """Use a link up; returns the new session's cookie, None when the link lets nobody in any more."""
    cookie, now = secrets.token_urlsafe(32), clock.now()
    link, session = digest(secret), digest(cookie)
    entered = await store.write(
        audit.acted,
        Deed(stamp(now), named(session), "console.enter", _short(link)),
        visits.enter,
        link_hash=link,
        session_hash=session,
        now=stamp(now),
        expires_at=stamp(now + SESSION_LASTS),
    )
    return cookie if entered else None


async def visitor(store: Store, clock: Clock, cookie: str) -> Visitor | None:
    """Return who a cookie belongs to and move the session's end, None when it belongs to nobody (any more)."""
    now, session = clock.now(), digest(cookie)
    row = await store.read(visits.find, session, now=stamp(now))
    if row is None:
        return None
    if now - instant(row.seen_at) >= SEEN_EVERY:
        await store.write(visits.seen, session, now=stamp(now), expires_at=stamp(_end(row, now)))
    return Visitor(row.org, row.role, row.person_ref, session, form_token(cookie))


def _end(row: visits.VisitRow, now: datetime) -> datetime:
    return min(now + SESSION_LASTS, instant(row.created_at) + LONGEST)


async def stays(store: Store, clock: Clock, session: str) -> bool:
    """Return whether a session still stands; live streams ask it now and then."""
    return await store.read(visits.find, session, now=stamp(clock.now())) is not None


async def leave(store: Store, session: str) -> None:
    """End a session: its cookie opens nothing any more."""
    await store.write(visits.leave, session)


def named(session: str) -> str:
    """Return how a session is named in the history and in the audit; nobody gets in with it."""
    return f"console:{_short(session)}"


def _short(digested: str) -> str:
    return digested[:16]


def digest(secret: str) -> str:
    """Return what the store keeps of a secret. It is random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def form_token(cookie: str) -> str:
    """Return what a session's forms must carry; only who has the cookie can make it."""
    return hmac.new(cookie.encode(errors="replace"), b"vet-hub console form", "sha256").hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare two secrets without telling by the time it takes how far they agree."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode(errors="replace"))

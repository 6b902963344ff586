"""Access by key: making keys, and telling who holds one. Unknown and wrong keys are answered alike, in the same time."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from hub.clock import Clock, stamp
from hub.errors import WrongValue
from hub.store import audit, keys
from hub.store.audit import Deed
from hub.store.port import Store

PREFIX = "hub_live_"
SCOPES = ("events:write", "read", "people:write", "coordinate", "operate", "import")
DEFAULT_SCOPES = ("events:write", "read", "people:write")
HUB_ONLY = frozenset({"operate", "import"})
KINDS = ("companies", "providers", "coordinators")
REMEMBERED = 2.0  # seconds a key's row is taken from memory; a revoked key works that long at the most
NOBODY = "0" * 64
ORG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who holds a key: the organisation, what it may do, the source prefixes it may speak for."""

    key_id: str
    org: str
    scopes: frozenset[str]
    sources: tuple[str, ...]

    def may(self, scope: str) -> bool:
        """Return whether the key carries a scope."""
        return scope in self.scopes

    def speaks_for(self, source: str) -> bool:
        """Return whether a source lies below one of the prefixes, compared by whole path segments."""
        path = unquote(source).partition("?")[0].partition("#")[0]
        if {".", ".."} & set(path.split("/")):
            return False  # whoever resolves the reference would read another path than the one compared here
        return any(source == prefix or source.startswith(prefix.rstrip("/") + "/") for prefix in self.sources)


def own_sources(org: str) -> tuple[str, ...]:
    """Return the source prefixes that are an organisation's by its name."""
    return tuple(f"/{kind}/{org}" for kind in KINDS)


async def create_key(
    store: Store,
    clock: Clock,
    *,
    org: str,
    scopes: Sequence[str] = (),
    sources: Sequence[str] = (),
    key_id: str = "",
    by: str = "hub",
) -> tuple[str, keys.KeyRow]:
    """Make a key for an organisation; returns it as text, once, and its row. `key_id` is public and made when not given.

    `by` is who makes it, for the audit.
    """
    wanted = tuple(scopes) or DEFAULT_SCOPES
    refuse_wrong(org, wanted, sources)
    key_id, secret = key_id or secrets.token_hex(8), secrets.token_urlsafe(32)
    row = keys.KeyRow(key_id, _hash(secret), org, wanted, tuple(sources), stamp(clock.now()), None)
    act = Deed(row.created_at, by, "key.create", key_id, {"org": org, "scopes": " ".join(wanted)})
    await store.write(
        audit.acted,
        act,
        keys.put,
        key_id=row.key_id,
        secret_hash=row.secret_hash,
        org=org,
        scopes=row.scopes,
        sources=row.sources,
        now=row.created_at,
    )
    return f"{PREFIX}{key_id}_{secret}", row


def refuse_wrong(org: str, scopes: Sequence[str], sources: Sequence[str]) -> None:
    """Raise HubError for what no organisation can be given."""
    if not ORG.fullmatch(org):
        raise WrongValue(
            f"{org!r} is no organisation's slug; write small letters, digits and hyphens, for example belcinto"
        )
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise WrongValue(f"no such scope: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    if org != "hub" and HUB_ONLY & set(scopes):
        raise WrongValue(f"scopes {', '.join(sorted(HUB_ONLY))} are for organisation «hub» only, not for {org!r}")
    for source in sources:
        if not source.startswith("/") and "://" not in source:
            raise WrongValue(
                f"source prefix {source!r} is neither a path nor a URI; write for example /companies/{org}"
            )


class Doorkeeper:
    """Tells who holds a key; remembers rows for a moment so that a busy sender costs no query an event."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[float, keys.KeyRow | None]] = {}

    async def sender(self, key: str) -> Sender | None:
        """Return who holds the key, None when nobody does."""
        key_id, _, secret = key.removeprefix(PREFIX).partition("_")
        row = await self._row(key_id)
        matches = hmac.compare_digest(_hash(secret), row.secret_hash if row else NOBODY)
        if row is None or not matches or not key.startswith(PREFIX):
            return None
        return Sender(row.key_id, row.org, frozenset(row.scopes), own_sources(row.org) + row.sources)

    async def _row(self, key_id: str) -> keys.KeyRow | None:
        now = self._clock.now().timestamp()
        remembered = self._known.get(key_id)
        if remembered and remembered[0] > now:
            return remembered[1]
        row = await self._store.glance(keys.find, key_id)
        if len(self._known) > 10_000:
            self._known.clear()  # somebody tries ids; start over rather than grow
        self._known[key_id] = (now + REMEMBERED, row)
        return row


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

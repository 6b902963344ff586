"""Partners who speak Kafka: making one, who it is to ingest, and which types it subscribed to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from time import monotonic

from events.catalogue import EVENTS
from events.topics import COOPERATION
from hub.access import HUB_ONLY, Sender, own_sources, refuse_wrong
from hub.clock import Clock, stamp
from hub.errors import HubError
from hub.store import audit, tenants
from hub.store.audit import Deed
from hub.store.port import Store
from hub.store.tenants import TenantRow

EVERYTHING = "*"
DEFAULT_SCOPES = ("events:write",)
DEFAULT_TYPES = tuple(
    sorted({f"{event.TYPE.partition('.')[0]}.*" for event in EVENTS.values() if event.TOPIC == COOPERATION})
)
"""What is said about needs, placements, matches and agreements. The catalogue is large, and is asked for by name."""
ALWAYS = "event."
"""What a partner's own events came to is sent whatever it subscribed to."""


async def enrol(
    store: Store,
    clock: Clock,
    org: str,
    *,
    by: Deed,
    scopes: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
) -> TenantRow:
    """Make a partner, or change what is given about one that is there; raises HubError for what cannot be."""
    known = await store.read(tenants.find, org)
    row = TenantRow(
        org,
        _chosen(scopes, known.scopes if known else DEFAULT_SCOPES),
        _chosen(sources, known.sources if known else ()),
        _chosen(types, known.types if known else DEFAULT_TYPES),
        known.created_at if known else stamp(clock.now()),
    )
    _refuse(row)
    await store.write(audit.acted, by, tenants.put, row)
    return row


def _chosen(given: Sequence[str] | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return otherwise if given is None else tuple(sorted(set(given)))


def _refuse(row: TenantRow) -> None:
    refuse_wrong(row.org, row.scopes, row.sources)
    if row.org == "hub" or HUB_ONLY & set(row.scopes):
        raise HubError("the hub itself is no partner: its own topics carry everything")
    unknown = unknown_types(row.types)
    if unknown:
        raise HubError(
            f"no such type: {', '.join(unknown)}; write need.published, need.* or *, as `vet-hub map` lists them"
        )


def unknown_types(patterns: Iterable[str]) -> list[str]:
    """Return the patterns that no event type fits."""
    return [pattern for pattern in patterns if not any(fits(pattern, name) for name in EVENTS)]


def fits(pattern: str, short_type: str) -> bool:
    """Whether a pattern (`need.published`, `need.*`, `*`) means a type."""
    return pattern in (short_type, EVERYTHING, f"{short_type.partition('.')[0]}.*")


def wants(tenant: TenantRow, short_type: str) -> bool:
    """Whether a partner is to hear events of a type."""
    return short_type.startswith(ALWAYS) or any(fits(pattern, short_type) for pattern in tenant.types)


def sender_of(tenant: TenantRow) -> Sender:
    """Return who a partner is to ingest; it has no key, so `hubkeyid` says where its events came from."""
    return Sender(f"in.{tenant.org}", tenant.org, frozenset(tenant.scopes), own_sources(tenant.org) + tenant.sources)


class Directory:
    """Who is a partner, remembered for a moment so that a busy topic costs no query a batch."""

    REMEMBERED = 2.0  # seconds

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, TenantRow] = {}
        self._until = 0.0

    async def partners(self, asked: Collection[str]) -> Mapping[str, TenantRow]:
        """Return every partner by its organisation's slug; looks again for one that was asked for and is not known."""
        if monotonic() >= self._until or not set(asked) <= self._known.keys():
            self._known = {row.org: row for row in await self._store.glance(tenants.listing)}
            self._until = monotonic() + self.REMEMBERED
        return self._known

"""Which partners on Kafka want an event, and the regions of those who coordinate; handlers ask from memory."""

from collections.abc import Sequence

from events.base import Event
from hub.access import Sender
from hub.rows import Organisation, lies_in
from hub.store import nouns
from hub.store.port import Store
from hub.store.session import Session
from hub.store.tenants import TenantRow, listing
from hub.tenants import sender_of, wants


class Subscribers:
    """What handlers ask for by type; reads the partners, who are few, before each batch."""

    def __init__(self) -> None:
        self._partners: tuple[TenantRow, ...] = ()
        self._regions: dict[str, tuple[str, ...]] = {}

    async def prepare(self, store: Store, events: Sequence[Event]) -> None:
        """Read who is a partner now."""
        self._partners, self._regions = await store.read(_read) if events else ((), {})

    def to(self, event: Event) -> list[Sender]:
        """Return the partners that subscribed to events of its type."""
        return [sender_of(each) for each in self._partners if wants(each, event.TYPE)]

    def coordinates(self, org: str) -> bool:
        """Whether a partner looks after regions."""
        return bool(self._regions.get(org))

    def looks_after(self, org: str, places: Sequence[str]) -> bool:
        """Whether one of the places lies in a region of the partner's."""
        return lies_in(places, self._regions.get(org, ()))


async def _read(session: Session) -> tuple[tuple[TenantRow, ...], dict[str, tuple[str, ...]]]:
    partners = tuple(await listing(session))
    coordinators = [each.org for each in partners if "coordinate" in each.scopes]
    rows = await nouns.load(session, Organisation, coordinators) if coordinators else {}
    return partners, {org: row.coordinator.nuts for org, row in rows.items() if row.coordinator}

"""Plays the story into a running hub, each organisation with its own key, and waits until all is said.

The command line calls it and tells people; this module prints nothing. A hub that holds the story already is not played
into again: `faults_again` only shows what the hub says to the repeated and the broken event.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from events.envelope import Envelope
from hub.access import DEFAULT_SCOPES, KINDS, Sender, create_key
from hub.demo import story
from hub.demo.organisations import ORGANISATIONS, Participant, people
from hub.errors import HubError, NotAllowed
from hub.ingest import Receipt
from hub.parts import Hub
from hub.rows import Organisation
from hub.store import history, nouns, parked
from hub.store.port import Store
from hub.vault import keep

POLL = 0.02  # seconds between looks at whether the hub is idle
PATIENCE = 60.0  # seconds until a hub that is not idle is given up
EXPECTED_WAITING = 1  # the answer about a match that nobody has heard of

Progress = Callable[[str, int, int], None]
"""Told (what is going on, how much is done, of how much)."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What the hub said to the event that came twice and to the one that is broken."""

    duplicates: int
    refused: tuple[Receipt, ...]


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


async def day_of_story(store: Store) -> date | None:
    """Return the day on which the story was played, None when it was not; raises NotAllowed for somebody else's hub."""
    begun = await store.read(history.beginnings, [story.NOBODYS_MATCH])
    if begun:
        event_id, _ = begun[story.NOBODYS_MATCH]
        return date.fromisoformat(event_id.removeprefix("demo-").partition(".")[0])
    if await store.read(nouns.count, Organisation):
        raise NotAllowed("this hub holds organisations, but not the whole story; the demo plays in an empty hub only")
    return None


async def play(hub: Hub, *, progress: Progress = silent) -> Faults:
    """Play the whole story; returns when the hub is idle again."""
    today = hub.clock.now().date()
    senders = await _keys(hub)
    await _post_all(hub, senders, story.catalogue(today, await _people(hub)), "Publishing the catalogue", progress)
    progress("Putting the catalogue in order", 0, 0)
    await settled(hub, waiting=0)
    await _post_all(hub, senders, story.needs(today), "Publishing what companies need", progress)
    faults = await _faults(hub, senders, today)
    await _post(hub, senders, story.lost_answer(today))
    progress("Matching, asking, writing mails", 0, 0)
    await settled(hub, waiting=EXPECTED_WAITING)
    return faults


async def faults_again(hub: Hub, day: date) -> Faults:
    """Send the repeated and the broken event of a story that was played before; neither has an effect."""
    return await _faults(hub, {each.slug: _known(each.slug) for each in ORGANISATIONS}, day)


async def settled(hub: Hub, *, waiting: int) -> None:
    """Return when every group has taken everything and no more events wait than that."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await _is_settled(hub, waiting):
        if hub.trouble is not None and hub.trouble.done():
            hub.trouble.result()
        if asyncio.get_running_loop().time() > deadline:
            raise HubError(
                f"the hub is not idle after {timedelta(seconds=PATIENCE)}; `vet-hub lag` says what is behind"
            )
        await asyncio.sleep(POLL)


async def _is_settled(hub: Hub, waiting: int) -> bool:
    # Waiting first: an event that was released between the two looks is then seen by the second.
    counts = await hub.store.read(parked.counts)
    return sum(row.n for row in counts) <= waiting and await hub.is_idle()


async def _keys(hub: Hub) -> dict[str, Sender]:
    senders = {}
    for each in ORGANISATIONS:
        key, _ = await create_key(hub.store, hub.clock, org=each.slug, scopes=_scopes(each))
        sender = await hub.doorkeeper.sender(key)
        if sender is None:
            raise HubError(f"the key just made for {each.slug} is not known")
        senders[each.slug] = sender
    return senders


def _scopes(organisation: Participant) -> tuple[str, ...]:
    return (*DEFAULT_SCOPES, "coordinate") if organisation.role == "coordinator" else DEFAULT_SCOPES


def _known(slug: str) -> Sender:
    return Sender("demo", slug, frozenset(DEFAULT_SCOPES), tuple(f"/{kind}/{slug}" for kind in KINDS))


async def _people(hub: Hub) -> dict[str, dict[str, str]]:
    refs: dict[str, dict[str, str]] = {}
    for person in people():
        refs.setdefault(person.organisation, {})[person.kind] = await keep(hub.store, hub.clock, person)
    return refs


async def _post_all(
    hub: Hub, senders: Mapping[str, Sender], posts: Sequence[story.Post], what: str, progress: Progress
) -> None:
    total, done = sum(len(post.envelopes) for post in posts), 0
    for post in posts:
        progress(what, done, total)
        for receipt in await _post(hub, senders, post):
            if receipt.refusal is not None:
                raise HubError(f"the hub refuses {receipt.id}: {receipt.refusal}")
        done += len(post.envelopes)
    progress(what, done, total)


async def _post(hub: Hub, senders: Mapping[str, Sender], post: story.Post) -> list[Receipt]:
    envelopes: tuple[Envelope, ...] = post.envelopes
    return await hub.ingest.accept(envelopes, senders[post.org])


async def _faults(hub: Hub, senders: Mapping[str, Sender], day: date) -> Faults:
    again = await _post(hub, senders, story.repeated(day))
    broken = await _post(hub, senders, story.broken(day))
    refused = tuple(receipt for receipt in (*again, *broken) if receipt.refusal is not None)
    return Faults(sum(receipt.duplicate for receipt in again), refused)

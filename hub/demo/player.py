"""Plays the story into a running hub, each organisation with its own key, and waits until all is said.

The command line calls it and tells people; this module prints nothing. A hub that holds the story already is not played
into again: `faults_again` only shows what the hub says to the repeated and the broken event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hub.access import DEFAULT_SCOPES, KINDS, Sender, create_key
from hub.demo import deals, story
from hub.demo.conversation import COORDINATOR, converse, end, has_ended
from hub.demo.organisations import ORGANISATIONS, Participant, people
from hub.demo.stage import Progress, Stage
from hub.errors import HubError, NotAllowed
from hub.ingest import Receipt
from hub.parts import Hub
from hub.rows import Organisation
from hub.store import history, nouns
from hub.store.people import of as people_of
from hub.store.port import Store
from hub.vault import keep

EXPECTED_WAITING = 1  # the answer about a match that nobody has heard of


@dataclass(frozen=True, slots=True)
class Faults:
    """What the hub said to the event that came twice and to the one that is broken."""

    duplicates: int
    refused: tuple[Receipt, ...]


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


async def day_of_story(store: Store) -> date | None:
    """Return the day on which the story was played, None when it was not; raises NotAllowed for somebody else's hub."""
    begun = await store.read(history.beginnings, [story.NOBODYS_MATCH, deals.LAST])
    if deals.LAST in begun and story.NOBODYS_MATCH in begun:
        event_id, _ = begun[story.NOBODYS_MATCH]
        return date.fromisoformat(event_id.removeprefix("demo-").partition(".")[0])
    if await store.read(nouns.count, Organisation):
        raise NotAllowed("this hub holds organisations, but not the whole story; the demo plays in an empty hub only")
    return None


async def play(hub: Hub, *, progress: Progress = silent) -> Faults:
    """Play the whole story; returns when the hub is idle again."""
    today = hub.clock.now().date()
    stage = Stage(hub, today, await _keys(hub), await _people(hub, today), progress)
    await stage.post_all(story.catalogue(today, stage.people), "Publishing the catalogue")
    await stage.settled("Putting the catalogue in order", waiting=0)
    asked = [*story.needs(today), story.offer(today, stage.people)]
    await stage.post_all(asked, "Publishing what companies need and offer")
    faults = await _faults(hub, stage.senders, today)
    await stage.post(story.lost_answer(today))
    await stage.settled("Matching, asking, writing mails", waiting=EXPECTED_WAITING)
    await converse(stage, waiting=EXPECTED_WAITING)
    return faults


async def finish(hub: Hub, day: date, *, progress: Progress = silent) -> None:
    """Play the end of a story that was stopped after its last nomination; nothing where it has ended."""
    readers = await hub.store.read(people_of, [COORDINATOR], kind="coordinator")
    known = {COORDINATOR: {each.kind: each.ref for each in readers}}
    stage = Stage(hub, day, {}, known, progress)
    await stage.settled("Going on with a story that was stopped", waiting=EXPECTED_WAITING)
    if not await has_ended(hub.store):
        await end(stage, waiting=EXPECTED_WAITING)


async def faults_again(hub: Hub, day: date) -> Faults:
    """Send the repeated and the broken event of a story that was played before; neither has an effect."""
    return await _faults(hub, {each.slug: _known(each.slug) for each in ORGANISATIONS}, day)


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


async def _people(hub: Hub, today: date) -> dict[str, dict[str, str]]:
    refs: dict[str, dict[str, str]] = {}
    for person in people(today):
        refs.setdefault(person.organisation, {})[person.kind] = await keep(hub.store, hub.clock, person)
    return refs


async def _faults(hub: Hub, senders: Mapping[str, Sender], day: date) -> Faults:
    repeated, faulty = story.repeated(day), story.broken(day)
    again = await hub.ingest.accept(repeated.envelopes, senders[repeated.org])
    broken = await hub.ingest.accept(faulty.envelopes, senders[faulty.org])
    refused = tuple(receipt for receipt in (*again, *broken) if receipt.refusal is not None)
    return Faults(sum(receipt.duplicate for receipt in again), refused)

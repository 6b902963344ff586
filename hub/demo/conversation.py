"""The conversation of the story: yes, yes, who learns, and the morning on which the coordinator reads of it."""

from zoneinfo import ZoneInfo

from hub.demo import story
from hub.demo.deals import DEALS, Deal
from hub.demo.organisations import ORGANISATIONS, ZONES
from hub.demo.stage import Stage
from hub.errors import HubError
from hub.mornings import next_morning
from hub.rows import Digest, Match, Need, Offer
from hub.scheduler import DIGEST, say
from hub.store import nouns, people
from hub.store.history import Entry
from hub.store.port import Store
from hub.store.session import Session

COORDINATOR = "cec"


async def converse(stage: Stage, *, waiting: int) -> None:
    """Let providers accept, companies decide, learners be nominated, and the next morning come."""
    today = stage.today
    talks = [(deal, await _match(stage.hub.store, deal)) for deal in DEALS]
    await stage.post_all([story.answered(today, *talk) for talk in talks], "Providers answer")
    await stage.settled("Holding seats, telling companies", waiting=waiting)
    await stage.post_all([story.decided(today, *talk) for talk in talks], "Companies decide")
    await stage.settled("Agreeing, telling providers", waiting=waiting)
    await stage.post_all([story.nominated(today, *talk, stage.people) for talk in talks], "Learners are nominated")
    await stage.settled("Drafting agreements, making their documents", waiting=waiting)
    await end(stage, waiting=waiting)


async def end(stage: Stage, *, waiting: int) -> None:
    """Let the next morning come, with which the story ends."""
    await _say_morning(stage)
    await stage.settled("Writing the coordinator's morning mail", waiting=waiting)


async def has_ended(store: Store) -> bool:
    """Whether the story's morning came: somebody may have stopped the demo after its last nomination."""
    readers = await store.read(people.of, [COORDINATOR], kind="coordinator")
    return bool(await store.read(nouns.load, Digest, [each.ref for each in readers]))


async def _match(store: Store, deal: Deal) -> Match:
    kinds: tuple[type[Need | Offer], ...] = (Need, Offer)
    for kind in kinds:
        about = (await store.read(nouns.load, kind, [deal.about])).get(deal.about)
        if about is not None and about.match_id is not None:
            found: dict[str, Match] = await store.read(nouns.load, Match, [about.match_id])
            return found[about.match_id]
    raise HubError(f"nothing is proposed for {deal.about}; `vet-hub trace {deal.about}` says what happened")


async def _say_morning(stage: Stage) -> None:
    """Say that the next working day's morning has come, under the id by which the scheduler would say it."""
    hub, ref = stage.hub, stage.people[COORDINATOR]["coordinator"]
    country = next(each.country for each in ORGANISATIONS if each.slug == COORDINATOR)
    at = next_morning(ZoneInfo(ZONES[country]), hub.clock.now(), hub.settings.digest_at)
    due = say(DIGEST, ref, at, partition_key=ref, now=hub.clock.now())

    async def append(session: Session, entry: Entry) -> None:
        await hub.log.append(session, [entry])

    await hub.store.write(append, due)
    hub.log.appended()

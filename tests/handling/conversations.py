"""A hub in which betangible's need was matched with movex's course, and the words its people say, for many tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.access import Sender
from hub.ingest import Receipt
from hub.rows import Match, Request, Seats
from hub.settings import Settings
from tests import builders
from tests.story import Story, day, playing

MOVEX = Sender("m", "movex", frozenset({"events:write"}), ("/providers/movex",))
BETANGIBLE = Sender("b", "betangible", frozenset({"events:write"}), ("/companies/betangible",))
NEED, SESSION = "betangible/N-020", "movex/C07-1"


class Talk:
    """What was proposed, and how the two sides go on from there."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def match(self, about: str = NEED) -> Match:
        """Return the newest match about a need or offer."""
        found = [one["match_id"] for one in await self.story.data("match.proposed") if one["about"] == about]
        row = await self.story.row(Match, found[-1])
        assert row is not None
        return row

    async def answer(self, *, sender: Sender = MOVEX, **changes: Any) -> Receipt:
        """Let movex answer; by default it accepts without more words."""
        match = await self.match()
        data = {"match_id": match.key, "provider_id": "movex", "decision": "accepted", **changes}
        receipt = await self.story.say("match.answered", match.key, data, sender=sender, source=sender.sources[0])
        await self.story.settle()
        return receipt

    async def decide(self, *, sender: Sender = BETANGIBLE, **changes: Any) -> Receipt:
        """Let betangible decide; by default for the first candidate."""
        match = await self.match()
        data = {"match_id": match.key, "decision": "accepted", "candidate_id": "c1", **changes}
        data = {name: value for name, value in data.items() if value is not None}
        receipt = await self.story.say("match.decided", match.key, data, sender=sender, source=sender.sources[0])
        await self.story.settle()
        return receipt

    async def nominate(
        self, n: int = 1, *, sender: Sender = BETANGIBLE, match: Match | None = None, **changes: Any
    ) -> Receipt:
        """Nominate a learner, who is put into the vault first unless a learner_ref is given."""
        match = match or await self.match()
        if "learner_ref" not in changes:
            changes["learner_ref"] = await self.story.person(f"p-learner-{sender.org}-{n}", sender.org, kind="learner")
        told = builders.nomination(match_id=match.key, nomination_id=f"NOM-{n}", **changes)
        receipt = await self.story.say(
            "learner.nominated", f"{sender.org}/NOM-{n}", told, sender=sender, source=sender.sources[0]
        )
        await self.story.settle()
        return receipt

    async def request(self) -> Request:
        """Return the question to movex."""
        match = await self.match()
        row = await self.story.row(Request, f"{match.key}/movex")
        assert row is not None
        return row

    async def free(self, ref: str = SESSION) -> int:
        """Return the seats of a session that can still be promised."""
        row = await self.story.row(Seats, ref)
        assert row is not None
        return row.free

    async def rejections(self) -> list[str]:
        """Return the reason of every event that could not apply any more."""
        return [one["reason_code"] for one in await self.story.data("event.rejected")]

    async def agree(self) -> None:
        """Let movex accept and betangible decide for it."""
        await self.answer()
        await self.decide()


@asynccontextmanager
async def talking(settings: Settings, **need: Any) -> AsyncIterator[Talk]:
    """Open a hub in which movex was just asked."""
    async with playing(settings) as story:
        await story.person("p-movex", "movex")
        await story.person("p-betangible", "betangible")
        await story.say("company.registered", "betangible", builders.company(contact_ref="p-betangible"))
        await story.say("provider.registered", "movex", builders.provider(contact_ref="p-movex"))
        await story.say("curriculum.published", "movex/C07", builders.curriculum())
        await story.settle()
        await story.say("session.scheduled", SESSION, session())
        await story.settle()
        await story.say("need.published", NEED, builders.need(**need))
        await story.settle()
        yield Talk(story)


def session(**changes: Any) -> dict[str, Any]:
    """C07's session, eight seats, in twenty days."""
    return builders.session(start=day(20), end=day(34), application_deadline=day(15), **changes)

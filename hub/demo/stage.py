"""A hub in which the story is being played: who speaks with which key, and when the hub is through with what was said."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from hub.access import Sender
from hub.demo.story import PeopleRefs, Post
from hub.dispatch.runner import woken_within
from hub.errors import HubError
from hub.ingest import Receipt
from hub.parts import Hub
from hub.store import parked

LOOK_AGAIN = 0.25  # seconds; on a cluster other processes may do a part of the work
PATIENCE = 60.0  # seconds until a hub that is not through is given up

Progress = Callable[[str, int, int], None]
"""Told (what is going on, how much is done, of how much)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story is played, on which day, with whose keys and which people."""

    hub: Hub
    today: date
    senders: Mapping[str, Sender]
    people: PeopleRefs
    progress: Progress
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Be told whenever the hub has done something."""
        self.hub.call_when_moved(self._moved.set)

    async def post(self, post: Post) -> list[Receipt]:
        """Post what one organisation says at once."""
        return await self.hub.ingest.accept(post.envelopes, self.senders[post.org])

    async def post_all(self, posts: Sequence[Post], what: str) -> None:
        """Post what must be taken; raises HubError where it is not."""
        total, done = sum(len(post.envelopes) for post in posts), 0
        for post in posts:
            self.progress(what, done, total)
            for receipt in await self.post(post):
                if receipt.refusal is not None:
                    raise HubError(f"the hub refuses {receipt.id}: {receipt.refusal}")
            done += len(post.envelopes)
        self.progress(what, done, total)

    async def settled(self, what: str, *, waiting: int) -> None:
        """Return when every group and courier is through, and no more events wait than that."""
        self.progress(what, 0, 0)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            self._moved.clear()
            if await self._is_settled(waiting):
                return
            if self.hub.trouble is not None and self.hub.trouble.done():
                self.hub.trouble.result()
            if asyncio.get_running_loop().time() > deadline:
                raise HubError(
                    f"the hub is not idle after {timedelta(seconds=PATIENCE)}; `vet-hub lag` says what is behind"
                )
            await woken_within(LOOK_AGAIN, self._moved)

    async def _is_settled(self, waiting: int) -> bool:
        # Waiting first: an event that was released between the two looks is then seen by the second.
        counts = await self.hub.store.read(parked.counts)
        return sum(row.n for row in counts) <= waiting and await self.hub.is_quiet()

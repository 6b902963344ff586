"""The partners: they post, write down what was accepted, and post again what they got no answer to."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.delivery.judge import Violation
from tests.delivery.torture.fleet import Died, Fleet
from tests.delivery.torture.workload import Post

Ref = tuple[str, str]  # (source, id)


class Client:
    """Posts through whatever door is open, some posts at a time."""

    def __init__(self, fleet: Fleet, *, window: int) -> None:
        self.accepted: set[Ref] = set()
        self.unanswered = 0
        self.surprises: list[Violation] = []
        self._fleet = fleet
        self._window = window
        self._posts: asyncio.Queue[Post] = asyncio.Queue()
        self._maybe: set[Ref] = set()
        """Posted, and the answer was lost: the hub may or may not have them."""

    def give(self, posts: Sequence[Post]) -> None:
        """Hand over more posts."""
        for post in posts:
            self._posts.put_nowait(post)

    async def all_answered(self) -> None:
        """Return when every post that was handed over is answered."""
        await self._posts.join()

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.ensure_future(self._work()) for _ in range(self._window)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            post = await self._posts.get()
            if post.twice:
                await asyncio.gather(self._posted(post), self._posted(post))
            while not await self._posted(post):
                self.unanswered += 1
            if post.again:
                await self._posted(post)
            self._posts.task_done()

    async def _posted(self, post: Post) -> bool:
        door = await self._fleet.door()
        if post.twice:
            # Which of two that come together is the first one is not told apart for certain, nor need it be.
            self._maybe.update((event.source, event.id) for event in post.events)
        try:
            answers = await door.post(post.events)
        except Died:
            self._maybe.update((event.source, event.id) for event in post.events if not post.quarrels)
            return False
        for event, answer in zip(post.events, answers, strict=False):
            self._take((event.source, event.id), answer, post)
        return len(answers) == len(post.events)

    def _take(self, ref: Ref, answer: str, post: Post) -> None:
        if post.quarrels:
            fits = answer.startswith("409")
        elif ref in self.accepted and not post.twice:
            fits = answer == "duplicate"
        else:
            fits = answer == "new" or (answer == "duplicate" and ref in self._maybe)
        if not fits:
            self.surprises.append(Violation("receipt", f"{ref[1]} of {ref[0]} was answered {answer!r}"))
        elif not post.quarrels:
            self.accepted.add(ref)

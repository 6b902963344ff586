"""Many small askings as few large ones: who asks while one lot is under way goes with the next.

Alone, nobody waits for company; under load a database sees one transaction for dozens.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Together(Generic[Asked, Told]):
    """Answers one at a time through a function that answers a lot, in order."""

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Told]]]) -> None:
        self._answer_all = answer_all
        self._waiting: list[tuple[Asked, asyncio.Future[Told]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Told:
        """Return the answer; raises what the whole lot met."""
        turn: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, turn))
        if self._work is None:
            self._work = asyncio.create_task(self._answer())
        return await turn

    async def close(self) -> None:
        """Break off; nobody may be waiting any more."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    async def _answer(self) -> None:
        try:
            while self._waiting:
                lot, self._waiting = self._waiting, []
                await self._answer_lot([(asked, turn) for asked, turn in lot if not turn.done()])
        finally:
            self._work = None

    async def _answer_lot(self, lot: Sequence[tuple[Asked, "asyncio.Future[Told]"]]) -> None:
        if not lot:
            return
        try:
            told = await self._answer_all([asked for asked, _ in lot])
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            for _, turn in lot:
                if not turn.done():
                    turn.set_exception(error)
            return
        for (_, turn), one in zip(lot, told, strict=True):
            if not turn.done():
                turn.set_result(one)

"""Askings that go together: alone at once, under way with the next lot, and everybody gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from hub.together import Together


class Office:
    """Answers a lot when it is let, and remembers what was asked together."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.open = asyncio.Event()

    async def answer(self, asked: Sequence[int]) -> list[int]:
        self.lots.append(list(asked))
        await self.open.wait()
        return [1 // each for each in asked]


async def started(*askings: "asyncio.Future[int]") -> None:
    """Let askings begin."""
    await asyncio.sleep(0)
    assert not any(asking.done() for asking in askings)


async def test_who_asks_while_a_lot_is_under_way_goes_with_the_next() -> None:
    office = Office()
    together = Together(office.answer)
    first = asyncio.ensure_future(together.ask(1))
    await started(first)
    await started(first)
    others = [asyncio.ensure_future(together.ask(n)) for n in (-1, 2)]
    await started(first, *others)
    office.open.set()

    assert await asyncio.gather(first, *others) == [1, -1, 0]
    assert office.lots == [[1], [-1, 2]]


async def test_trouble_is_told_to_those_who_asked_and_the_next_are_answered() -> None:
    office = Office()
    office.open.set()
    together = Together(office.answer)

    with pytest.raises(ZeroDivisionError):
        await together.ask(0)
    assert await together.ask(1) == 1


async def test_who_has_gone_away_is_not_asked_for() -> None:
    office = Office()
    together = Together(office.answer)
    first = asyncio.ensure_future(together.ask(1))
    await started(first)
    await started(first)
    gone = asyncio.ensure_future(together.ask(2))
    await started(gone)
    gone.cancel()
    await started(first)
    office.open.set()

    assert await first == 1
    assert office.lots == [[1]]


async def test_closing_breaks_off_what_is_under_way() -> None:
    office = Office()
    together = Together(office.answer)
    asking = asyncio.ensure_future(together.ask(1))
    await started(asking)
    await started(asking)
    await together.close()
    asking.cancel()

    assert office.lots == [[1]]

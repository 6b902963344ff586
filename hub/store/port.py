"""The store as the rest of the hub sees it: transactions, single units of work, reads. Two implementations, one contract."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from hub.store.session import Engine

Answer = TypeVar("Answer")
Question = Callable[..., Awaitable[Answer]]
"""A query function: `async (session, *args, **kwargs) -> answer`."""


class Transaction(Protocol):
    """An open write transaction: steps run in order and are kept or lost together."""

    async def do(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function inside this transaction."""
        ...

    async def finish(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run the last query function and commit: where the engine is a thread away, in one hop."""
        ...


class Store(Protocol):
    """State on one engine. Nothing it was told is kept unless the transaction's block ended without an error."""

    engine: Engine

    def transaction(self, *, urgent: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Open a write transaction; `urgent` ones (ingest) go before batches where the engine has one writer."""
        ...

    async def write(self, question: Question[Answer], *args: Any, urgent: bool = False, **kwargs: Any) -> Answer:
        """Run one query function in a write transaction of its own."""
        ...

    async def read(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function on a consistent snapshot; it must not write."""
        ...

    async def glance(self, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run one query function that reads with a single statement: a third of the round trips of `read`."""
        ...

    async def start(self) -> None:
        """Open connections; raises ServiceAway when the database does not answer."""
        ...

    async def stop(self) -> None:
        """Close connections; open transactions are rolled back."""
        ...

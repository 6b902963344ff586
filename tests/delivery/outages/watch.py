"""What is looked at while a service is away: how much the processes write, and whether a transaction is left open."""

import asyncio
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Self

import asyncpg

from tests.delivery.judge import Violation
from tests.delivery.outages.processes import Hubs

LOOK = 0.5  # seconds between looks
ANSWER = 2.0  # seconds the database has for one
A_FEW_LINES = 3.0  # a second, in each process
AT_FIRST = 20  # lines: each thing that went wrong is told once
LONG_OPEN = 5.0  # seconds a transaction may be open without a word
IDLE = """
SELECT pid, extract(epoch FROM clock_timestamp() - state_change) AS seconds, left(query, 80) AS query
FROM pg_stat_activity WHERE application_name = 'vet-hub' AND state LIKE 'idle in transaction%'
"""


class Watch:
    """Looks twice a second while the block is open."""

    def __init__(self, hubs: Hubs, dsn: str | None) -> None:
        self.wrong: list[Violation] = []
        self.most = 0.0
        """Lines a second of the process that wrote most."""
        self._hubs, self._dsn = hubs, dsn
        self._open_before: set[int] = set()

    async def __aenter__(self) -> Self:
        self._began, self._lines = monotonic(), self._hubs.lines()
        self._looking = asyncio.ensure_future(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        self._count_lines(monotonic() - self._began)

    def _count_lines(self, seconds: float) -> None:
        for name, lines in self._hubs.lines().items():
            written = lines - self._lines.get(name, 0)
            self.most = max(self.most, written / seconds)
            if written > AT_FIRST + A_FEW_LINES * seconds:
                words = self._hubs.words(name)
                self.wrong.append(Violation("hot", f"{name} wrote {written} lines in {seconds:.0f} s, as {words}"))

    async def _look(self) -> None:
        while True:
            self._hubs.look()
            if self._dsn is not None:
                await self._transactions(self._dsn)
            await asyncio.sleep(LOOK)

    async def _transactions(self, dsn: str) -> None:
        try:
            async with asyncio.timeout(ANSWER):
                connection = await asyncpg.connect(dsn)
                rows = await connection.fetch(IDLE)
                await connection.close()
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return  # it is the database that is away
        long = {row["pid"]: row for row in rows if row["seconds"] > LONG_OPEN}
        for pid in self._open_before & long.keys():
            self.wrong.append(
                Violation("open", f"a transaction stood open for {long[pid]['seconds']} s after {long[pid]['query']}")
            )
        self._open_before = set(long)

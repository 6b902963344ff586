"""The hub's processes as they are run for real: `vet-hub worker`, `relay` and the others, with the system's signals."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from hub.settings import Settings
from tests.delivery.toys import until

THIS = "from hub.cli import main; main()"  # this release
START_LIMIT = 240.0  # seconds; loading the hub takes long where many others do the same
ROOT = Path(__file__).parents[2]


class Part:
    """One process, and what it has written."""

    def __init__(self, program: str, words: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # asyncio's own would end with the test's loop, this one is waited for
                [sys.executable, "-c", program, *words], stdout=out, stderr=out, env=environment, cwd=ROOT
            )

    def said(self) -> str:
        """Return everything it has written."""
        return self._log.read_text()

    @property
    def port(self) -> int:
        """The port that a web process listens on."""
        return int(re.findall(r"running at http://[^:]+:(\d+)", self.said())[0])

    async def says(self, words: str) -> None:
        """Wait until it has written some words; fails at once when it has ended without them."""

        def there() -> bool:
            assert words in self.said() or self._process.poll() is None, self.said()
            return words in self.said()

        await until(there, seconds=START_LIMIT)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait until it has ended; return its exit code, negative for the signal it died of."""
        code: int = await asyncio.to_thread(self._process.wait, START_LIMIT)
        return code

    async def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    def end(self) -> None:
        """Let nothing of it stay behind, whatever state it is in."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Start(Protocol):
    """Starts `vet-hub` with some words, under settings of its own where they are given."""

    def __call__(self, *words: str, program: str = THIS, **settings: str) -> Part: ...


@asynccontextmanager
async def processes_of(settings: Settings, folder: Path) -> AsyncIterator[Start]:
    """Give the means to start processes of one cluster; those that still run at the end are killed."""
    started: list[Part] = []
    common = {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")} | {
        "VET_HUB_DATABASE_URL": settings.database_url or "",
        "VET_HUB_LOG_URL": settings.log_url or "",
        "VET_HUB_TOPIC_PREFIX": settings.topic_prefix,
        "VET_HUB_HANDLERS": settings.handlers,
        "VET_HUB_PORT": "0",
    }

    def start(*words: str, program: str = THIS, **own: str) -> Part:
        environment = common | {f"VET_HUB_{name.upper()}": value for name, value in own.items()}
        started.append(Part(program, words, environment, folder / f"{len(started)}-{words[0]}.log"))
        return started[-1]

    try:
        yield start
    finally:
        for part in started:
            part.end()

"""The hub's processes as an operator runs them: commands, with their log in a file each."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[3]
START_LIMIT = 90.0  # seconds until a process must be at work, however busy the machine
STOP_LIMIT = 60.0  # seconds
POLL = 0.05  # seconds
AT_WORK = re.compile(rb": running|vet-hub runs at")
PATIENT, HASTY = "hub", "tests.delivery.outages.hasty"


class Hubs:
    """Some processes of one hub."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *, program: str = PATIENT) -> None:
        self._folder = folder
        self._settings = settings
        self._program = program
        self._running: dict[str, Process] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            if process.returncode is None:
                process.terminate()
        for name, process in self._running.items():
            try:
                async with asyncio.timeout(STOP_LIMIT):
                    await process.wait()
            except TimeoutError:
                process.kill()
                raise AssertionError(f"{name} did not stop within {STOP_LIMIT:.0f} s: {self.words(name)}") from None

    @property
    def names(self) -> Sequence[str]:
        """Names of the processes."""
        return list(self._running)

    def pid(self, name: str) -> int:
        """Return a process's id."""
        return self._running[name].pid

    async def start(self, name: str, *command: str) -> None:
        """Start a process by its command; returns when it says that it runs."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")}
        with self._log(name).open("ab") as log:
            before = log.tell()
            self._running[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._program,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**environment, **self._settings, "VET_HUB_INSTANCE": name, "PYTHONUNBUFFERED": "1"},
            )
        async with asyncio.timeout(START_LIMIT):
            while not AT_WORK.search(self._log(name).read_bytes()[before:]):
                self.look()
                await asyncio.sleep(POLL)

    def look(self) -> None:
        """Raise when a process has ended by itself."""
        for name, process in self._running.items():
            if process.returncode is not None:
                raise AssertionError(f"{name} has ended with {process.returncode}: {self.words(name)}")

    async def kill(self, name: str) -> None:
        """SIGKILL."""
        process = self._running.pop(name)
        process.kill()
        await process.wait()

    def lines(self) -> dict[str, int]:
        """Return how many lines each process has written so far."""
        return {name: self._log(name).read_bytes().count(b"\n") for name in self._running}

    def words(self, name: str) -> str:
        """Return the end of what a process has written."""
        return self._log(name).read_text()[-1500:]

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

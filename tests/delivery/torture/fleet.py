"""The processes of one schedule as the test sees them: started on order, spoken to over sockets, killed, started again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from events.envelope import Envelope
from tests.delivery.torture.schedule import ANY_TIME, Kill, Schedule
from tests.delivery.torture.victim import LONGEST_LINE, AheadClock

ROOT = Path(__file__).parents[3]
START_LIMIT = 120.0  # seconds until a victim must be at work, however busy the machine
POLL = 0.005  # seconds


class Died(Exception):
    """The victim is dead; whether it stored what it was sent, nobody knows."""


class Nursery:
    """The process that victims are forked from; one for any number of schedules."""

    _process: Process

    async def __aenter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.delivery.torture.victim",
            stdin=PIPE,
            cwd=ROOT,
            env=environment,
            start_new_session=True,  # it and all victims are one process group, which is killed at the end
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def order(self, victim: Mapping[str, Any]) -> None:
        """Have a victim forked; it calls back on the socket it is told."""
        if self._process.stdin is None or self._process.returncode is not None:
            raise RuntimeError("the process that victims are forked from is gone; its words are above")
        self._process.stdin.write(orjson.dumps(victim) + b"\n")


class Victim:
    """One life of one process."""

    def __init__(self, name: str, kill: Kill | None) -> None:
        self.name = name
        self.kill_by = kill
        self.pid = 0
        self.ready = asyncio.Event()
        self.dead = asyncio.Event()
        self.trouble = ""
        self._unwanted = False
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[list[str]]] = {}
        self._numbers = count()

    async def listen(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what it says until it is dead and gone."""
        self.pid, self._writer = pid, writer
        if self._unwanted:
            self.kill()
        elif self.kill_by and self.kill_by.early:
            self._kill_later(self.kill_by)
        try:
            while line := await reader.readline():
                self._hear(orjson.loads(line))
        except ConnectionError:
            pass
        finally:
            writer.close()
            await _gone(pid)  # its locks fall with it, a moment after the connection
            self.dead.set()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(Died(self.name))

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "ready" in said:
            self.ready.set()
            if self.kill_by and not self.kill_by.early:
                self._kill_later(self.kill_by)
        if "trouble" in said:
            self.trouble = said["trouble"]
        answer = self._answers.pop(said.get("post", -1), None)
        if answer is not None and "receipts" in said:
            answer.set_result(said["receipts"])
        elif answer is not None:
            answer.set_result([f"500 {said['error']}"])

    async def post(self, events: Sequence[Envelope]) -> list[str]:
        """Post events and return the receipts; raises Died when it dies before it answers."""
        if self.dead.is_set():
            raise Died(self.name)
        number = next(self._numbers)
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self.say(post=number, events=[_plain(event) for event in events])
        return await answer

    def say(self, **said: Any) -> None:
        """Tell it something."""
        if self._writer is not None and not self.dead.is_set():
            self._writer.write(orjson.dumps(said) + b"\n")

    def doom(self, kill: Kill | None) -> None:
        """Make it die while it is at work, or let it live after all."""
        self.say(kill_at=kill.kill_at if kill else "", stall=bool(kill and kill.stall))
        if kill:
            self._kill_later(kill)

    def _kill_later(self, kill: Kill) -> None:
        if kill.point == ANY_TIME:
            asyncio.get_running_loop().call_later(kill.after, self.kill)

    async def stopped(self) -> None:
        """Return when it stands still, by SIGSTOP."""
        while not self.stands_still():  # noqa: ASYNC110 - the system tells nobody but the parent
            await asyncio.sleep(POLL)

    def stands_still(self) -> bool:
        """Whether it is stopped."""
        return _is_stopped(self.pid)

    def go_on(self) -> None:
        """SIGCONT, which is nothing to one that does not stand still."""
        if self.pid and not self.dead.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, at once or as soon as it is born."""
        self._unwanted = True
        if self.pid and not self.dead.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class Fleet:
    """All processes of one schedule."""

    def __init__(self, nursery: Nursery, schedule: Schedule, folder: Path, settings: Mapping[str, str]) -> None:
        self.clock = AheadClock()
        self.lives: list[Victim] = []
        self._nursery = nursery
        self._schedule = schedule
        self._folder = folder
        self._settings = settings
        self._expected: dict[int, Victim] = {}
        self._heard: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._called, self._folder / "socket", limit=LONGEST_LINE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for victim in self.lives:
            victim.kill()
        await asyncio.gather(*self._heard, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def living(self) -> list[Victim]:
        """Those that are not dead; some may not be at work yet."""
        return [victim for victim in self.lives if not victim.dead.is_set()]

    async def start(self, name: str, *, kill: Kill | None = None) -> Victim:
        """Start a process of the schedule; returns when it is at work, or dead by `kill`, or stands still."""
        process = next(process for process in self._schedule.processes if process.name == name)
        victim = Victim(name, kill)
        self.lives.append(victim)
        life = len(self.lives)
        self._expected[life] = victim
        self._nursery.order(
            {
                "life": life,
                "socket": str(self._folder / "socket"),
                "log": str(self._folder / f"{name}.log"),
                "ahead": self.clock.ahead,
                "sabotage": self._schedule.sabotage,
                "kill_at": kill.kill_at if kill else "",
                "stall": bool(kill and kill.stall),
                "parts": sorted(process.parts),
                "groups": list(process.groups),
                # By its instance name a successor takes its partitions over at once.
                "environment": {**self._settings, "VET_HUB_INSTANCE": name},
            }
        )
        async with asyncio.timeout(START_LIMIT):
            await first_of(victim.ready.wait(), victim.dead.wait(), victim.stopped())
        async with self._changed:
            self._changed.notify_all()
        return victim

    async def door(self) -> Victim:
        """Return a process that takes posts; waits until there is one."""
        doors = {process.name for process in self._schedule.processes if "ingest" in process.parts}
        async with self._changed:
            while True:
                open_doors = [victim for victim in self.living if victim.name in doors and victim.ready.is_set()]
                if open_doors:
                    return open_doors[len(self._heard) % len(open_doors)]
                await self._changed.wait()

    def pass_time(self, seconds: float) -> None:
        """Put everybody's clock forward; it never goes back."""
        if seconds <= 0:
            return
        self.clock.ahead += seconds
        for victim in self.living:
            victim.say(ahead=self.clock.ahead)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = orjson.loads(await reader.readline())
        victim = self._expected.pop(hello["life"])
        listening = asyncio.ensure_future(victim.listen(hello["pid"], reader, writer))
        self._heard.add(listening)
        await listening


async def first_of(*waits: Any) -> None:
    """Return as soon as one of some waits is over."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _gone(pid: int) -> None:
    while _lives(pid):  # noqa: ASYNC110 - the system tells nobody but the parent
        await asyncio.sleep(POLL)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_stopped(pid: int) -> bool:
    try:
        return bool(pid) and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


def _plain(event: Envelope) -> dict[str, str]:
    return {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "data": event.data.decode(),
    }

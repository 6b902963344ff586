"""A hub to be killed. `python -m tests.delivery.torture.victim` forks one for each order on its standard input.

Importing the hub takes longer than a whole schedule does, so it is done once, and each victim is a fork: a process of its
own, with its own event loop and connections, that dies by SIGKILL like any other. A victim talks to the test over a
socket: it is told what partners post and answers when `accept` has returned. When the socket closes it ends.
"""

import asyncio
import importlib
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NoReturn

import orjson

from events.envelope import Envelope
from hub import failpoints
from hub.access import Sender
from hub.app import embedded
from hub.ingest import Receipt
from hub.parts import Hub
from hub.settings import load
from hub.stream import cluster
from tests.delivery.torture import sabotage, witness

PARTNERS = Sender("torture", "hub", frozenset({"events:write", "import"}), ())
LONGEST_LINE = 2**22  # bytes
WITNESSES = witness  # imported before the fork; the setting VET_HUB_HANDLERS names it


@dataclass
class AheadClock:
    """The machine's clock, put forward: time passes in a jump when nobody wants to wait for it."""

    ahead: float = 0.0

    def now(self) -> datetime:
        """Return the present instant, put forward."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


def main() -> None:
    """Fork a victim for each line of standard input; end with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are buried by the system
    for line in sys.stdin:
        if os.fork() == 0:
            _live(orjson.loads(line))
    if os.getpgrp() == os.getpid():  # the test is over, or was killed: a victim that stands still would stay for ever
        os.killpg(0, signal.SIGKILL)


def _live(order: Mapping[str, Any]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    words = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(words, 1)
    os.dup2(words, 2)
    os.environ.update(order["environment"])
    _arm(order["kill_at"], stall=order["stall"])
    try:
        asyncio.run(_run(order))
    except BaseException:  # noqa: BLE001 - a fork must never return into its parent's loop
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


def _arm(kill_at: str, *, stall: bool) -> None:
    os.environ["VET_HUB_KILL_AT"] = kill_at
    importlib.reload(failpoints)  # it reads the environment when it is imported; whoever imported `reach` sees this
    if stall:
        failpoints.signal = SimpleNamespace(SIGKILL=signal.SIGSTOP)  # type: ignore[attr-defined, assignment]


async def _run(order: Mapping[str, Any]) -> None:
    reader, writer = await asyncio.open_unix_connection(order["socket"], limit=LONGEST_LINE)
    say = _Words(writer)
    say(life=order["life"], pid=os.getpid())
    clock = AheadClock(order["ahead"])
    if order["sabotage"]:
        sabotage.apply(order["sabotage"])
    try:
        async with _hub(order, clock) as hub:
            say(ready=True)
            await _work(hub, clock, reader, say)
    except Exception as error:
        say(trouble=f"{type(error).__name__}: {error}")
        await writer.drain()
        raise


@asynccontextmanager
async def _hub(order: Mapping[str, Any], clock: AheadClock) -> AsyncIterator[Hub]:
    settings = load()
    if settings.embedded:
        async with embedded(settings, clock=clock) as hub:
            yield hub
    else:
        # As `vet-hub relay` does: whoever carries events out also tells partners.
        parts = {*order["parts"], "partners"} if "relay" in order["parts"] else order["parts"]
        async with cluster(settings, parts=parts, groups=order["groups"], clock=clock) as hub:
            yield hub


class _Words:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def __call__(self, **said: Any) -> None:
        self._writer.write(orjson.dumps(said) + b"\n")


async def _work(hub: Hub, clock: AheadClock, reader: asyncio.StreamReader, say: _Words) -> None:
    posts: set[asyncio.Task[None]] = set()
    listening = asyncio.ensure_future(_listen(hub, clock, reader, say, posts))
    trouble = [hub.trouble] if hub.trouble else []
    done, _ = await asyncio.wait([listening, *trouble], return_when=asyncio.FIRST_COMPLETED)
    for each in done:
        each.result()  # raises when a part of the hub has failed


async def _listen(
    hub: Hub, clock: AheadClock, reader: asyncio.StreamReader, say: _Words, posts: set[asyncio.Task[None]]
) -> None:
    while line := await reader.readline():
        told = orjson.loads(line)
        if "ahead" in told:
            clock.ahead = told["ahead"]
        elif "kill_at" in told:
            _arm(told["kill_at"], stall=told["stall"])
        else:
            post = asyncio.create_task(_accept(hub, told["post"], told["events"], say))
            posts.add(post)
            post.add_done_callback(posts.discard)


async def _accept(hub: Hub, post: int, events: Sequence[Mapping[str, str]], say: _Words) -> None:
    envelopes = [Envelope(**{**event, "data": event["data"].encode()}, time=None) for event in events]  # type: ignore[arg-type]
    try:
        receipts = await hub.ingest.accept(envelopes, PARTNERS)
    except Exception as error:  # noqa: BLE001 - whatever the web part would answer 5xx to
        say(post=post, error=f"{type(error).__name__}: {error}")
    else:
        say(post=post, receipts=[_state(receipt) for receipt in receipts])


def _state(receipt: Receipt) -> str:
    if receipt.refusal is not None:
        words = "; ".join(f"{problem.pointer} {problem.detail}" for problem in receipt.refusal.problems)
        return f"{receipt.refusal.status} {receipt.refusal.title}: {words}"
    return "duplicate" if receipt.duplicate else "new"


if __name__ == "__main__":
    main()

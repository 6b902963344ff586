"""Live parts: one stream of server-sent events a page says how many new events there are; the page decides when to look.

Nothing of an event travels here but its noun, so a page never shows what its reader may not see. One task a process looks
into the history while anybody listens. A stream ends on sign-out, when the session ends, and when the hub stops.

A page says up to which event it was drawn, and its stream begins right after that one, so nothing falls between the two;
each message carries such a number as its id, which browsers give back when they open a broken stream again.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from events.envelope import Envelope
from hub.errors import ServiceAway
from hub.parts import Hub
from hub.store import history
from hub.store.session import Session
from hub.visitors import Visitor, stays
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from hub.web.sight import keys_seen, regions_seen

EVERY = 0.5  # seconds between looks
HEARTBEAT = 15.0  # seconds of silence after which a comment is sent, so that proxies keep the stream open
MOST = 1000  # events a look takes, and the furthest back a stream begins
NUMBER = re.compile(r"[0-9]{1,18}")
MOST_LISTENERS = 500  # streams of one process
CLOCKWORK = "reminder.due"
STILL_HERE = b": still here\n\n"
ENDED = b"event: ended\ndata: {}\n\n"

desk = Desk()


class Listener:
    """One open stream: counts by noun what came since it last said something, up to a number in the history."""

    def __init__(self, visitor: Visitor, after: int) -> None:
        self.visitor = visitor
        self.position = after
        self.new: Counter[str] = Counter()
        self.stirred = asyncio.Event()
        self.ended = False

    def tell(self, nouns_said: Counter[str]) -> None:
        """Add what came."""
        self.new += nouns_said
        self.stirred.set()

    def end(self) -> None:
        """End the stream."""
        self.ended = True
        self.stirred.set()


class Live:
    """Everybody who listens in this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def stream(self, visitor: Visitor, after: int | None = None) -> AsyncIterator[bytes]:
        """Give the pieces of one stream, of events after a number (none: of what comes from now on), until it ends."""
        newest = await self._hub.store.read(history.last_seq)
        listener = self._join(visitor, min(newest, max(newest - MOST, newest if after is None else after)))
        try:
            yield b"retry: 3000\n: here is what comes\n\n"
            while not listener.ended:
                yield await self._next(listener)
            if not self._closed:  # after a hub that stops, the browser may try again and find it restarted
                yield ENDED
        finally:
            self._listeners.discard(listener)

    def has_room(self) -> bool:
        """Return whether one more may listen."""
        return len(self._listeners) < MOST_LISTENERS

    def leave(self, session: str) -> None:
        """End the streams of a session."""
        for listener in self._listeners:
            if listener.visitor.session == session:
                listener.end()

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        for listener in self._listeners:
            listener.end()
        if self._looking is not None:
            self._looking.cancel()

    def _join(self, visitor: Visitor, after: int) -> Listener:
        listener = Listener(visitor, after)
        listener.ended = self._closed
        self._listeners.add(listener)
        if not self._closed and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        return listener

    async def _next(self, listener: Listener) -> bytes:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await listener.stirred.wait()
        except TimeoutError:
            if not await stays(self._hub.store, self._hub.clock, listener.visitor.session):
                listener.end()
            return STILL_HERE
        listener.stirred.clear()
        new, listener.new = listener.new, Counter()
        if not new:
            return STILL_HERE
        return b"id: %d\nevent: new\ndata: %b\n\n" % (listener.position, orjson.dumps(dict(new)))

    async def _look(self) -> None:
        while self._listeners:
            with suppress(ServiceAway):
                await self._tell_all()
            await asyncio.sleep(EVERY)

    async def _tell_all(self) -> None:
        """Tell everybody what came after the last they know of; who is further than the others waits for them."""
        listeners = list(self._listeners)
        position = min(listener.position for listener in listeners)
        said = await self._hub.store.read(history.tail, after_seq=position, limit=MOST)
        for listener in listeners if said else ():
            await self._tell(listener, [each for each in said if (each.seq or 0) > listener.position])

    async def _tell(self, listener: Listener, said: list[Envelope]) -> None:
        shown = [each for each in said if each.short_type != CLOCKWORK]
        own = await self._hub.store.read(_seen_by, listener.visitor, shown) if shown else None
        if said:
            listener.position = said[-1].seq or listener.position
        if own:
            listener.tell(own)


async def _seen_by(session: Session, visitor: Visitor, said: list[Envelope]) -> Counter[str]:
    """Count by noun what a reader may know of: all of it for operators, the needs of their regions for coordinators."""
    regions = await regions_seen(session, visitor.sender)
    if regions is None:
        return Counter(noun_of(each) for each in said)
    seen = await keys_seen(session, sorted({each.partition_key or "" for each in said}), regions)
    return Counter(noun_of(each) for each in said if each.partition_key in seen)


def noun_of(envelope: Envelope) -> str:
    """Return the noun an event's type begins with."""
    return envelope.short_type.partition(".")[0]


@desk.page("/live")
async def live(visit: Visit) -> Response:
    """The stream of what is new."""
    found = live_of(visit.request)
    if not found.has_room():
        raise Refuse(503, "Too many pages listen already; reload by hand.")
    last = visit.request.headers.get("last-event-id") or visit.asked("after")
    return StreamingResponse(
        found.stream(visit.visitor, int(last) if NUMBER.fullmatch(last) else None),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def live_of(request: Request) -> Live:
    """Return the application's live parts."""
    found: Live = request.app.state.live
    return found

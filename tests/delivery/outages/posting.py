"""Partners who post three hundred events a second over HTTP, whatever happens, and write down each answer.

What is answered 503 is sent again after the time that the answer names, as the hub asks for; nobody slows down for it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from types import TracebackType
from typing import NamedTuple, Self

import orjson

from events.codec import to_structured
from events.envelope import TYPE_PREFIX, Envelope
from hub.store.people import Person
from tests.builders import SKILLS, company, curriculum, need, provider, session, without
from tests.delivery.judge import Violation

Ref = tuple[str, str]  # (source, id)
A_SECOND = 300  # events
POST = 3  # events in one
COMPANIES = 40
LINES = 48  # connections, and so posts on the way at a time
SILENCE = 30.0  # seconds without an answer after which an answer is no answer
AHEAD = 0.5  # seconds of posting that may wait for a free connection


TEACHER = Person(
    "p-teacher", "movex", "contact", "T", "t@provider.example", "en", "UTC", created_at="2026-01-01T00:00:00.000000Z"
)
"""Who gets the mails that ask for a course."""


class Answer(NamedTuple):
    """An answer of the hub's."""

    status: int
    retry_after: str
    body: bytes


class Partners:
    """Posts steadily while the block is open."""

    def __init__(self, port: int, key: str, *, seed: int, a_second: int = A_SECOND) -> None:
        self.accepted: dict[Ref, float] = {}
        """Everything answered 202, with the moment of the answer."""
        self.posted: set[Ref] = set()
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0  # seconds
        self.wrong: list[Violation] = []
        self._port, self._key = port, key
        self._pause = POST / a_second
        self._story = _story(Random(seed), seed)  # noqa: S311 - a workload, not a secret
        self._again: list[tuple[float, Sequence[Envelope]]] = []
        self._posts: asyncio.Queue[Sequence[Envelope]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._asking = [asyncio.ensure_future(self._ask()) for _ in range(LINES)]
        self._talking = asyncio.ensure_future(self._talk())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _end(self._talking)
        if kind is None:
            await self.all_answered()
        await _end(*self._asking)

    async def all_answered(self) -> None:
        """Say no more than was said, and return when all of it is accepted."""
        while self._again or self._posts.qsize() or len(self.accepted) < len(self.posted):
            self._say_again()
            await asyncio.sleep(0.02)
            if self.wrong:
                return

    async def tell(self, events: Sequence[Envelope]) -> None:
        """Post some events and return when they are accepted."""
        self._put(events)
        await self.all_answered()

    async def _talk(self) -> None:
        at = monotonic()
        while True:
            at = max(at + self._pause, monotonic() - AHEAD)
            await asyncio.sleep(max(0.0, at - monotonic()))
            self._say_again()
            self._put([next(self._story) for _ in range(POST)])

    def _put(self, events: Sequence[Envelope]) -> None:
        self.posted.update((event.source, event.id) for event in events)
        self._posts.put_nowait(events)

    def _say_again(self) -> None:
        now = monotonic()
        due = [events for at, events in self._again if at <= now]
        self._again = [(at, events) for at, events in self._again if at > now]
        for events in due:
            self._posts.put_nowait(events)

    async def _ask(self) -> None:
        line = Line(self._port)
        try:
            await self._ask_over(line)
        finally:
            await line.hang_up()

    async def _ask_over(self, line: "Line") -> None:
        while True:
            events = await self._posts.get()
            began = monotonic()
            try:
                async with asyncio.timeout(SILENCE):
                    answer = await line.post(self._key, events)
            except TimeoutError:
                self.wrong.append(Violation("silent", f"no answer to a post within {SILENCE:.0f} s"))
                return
            except (OSError, asyncio.IncompleteReadError):
                # The web part itself was killed: nobody knows what became of it, so it is said again.
                self._again.append((began + 1.0, events))
                await line.hang_up()
                continue
            self.slowest = max(self.slowest, monotonic() - began)
            self._take(events, answer)

    def _take(self, events: Sequence[Envelope], answer: Answer) -> None:
        self.statuses[answer.status] += 1
        now = monotonic()
        if answer.status == 202:
            self.accepted.update(((event.source, event.id), now) for event in events)
        elif answer.status == 503 and answer.retry_after.isdigit():
            self._again.append((now + int(answer.retry_after), events))
        else:
            words = answer.body[:300].decode(errors="replace")
            self.wrong.append(Violation("answer", f"a post was answered {answer.status} {words}"))


class Line:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, key: str, events: Sequence[Envelope]) -> Answer:
        """Post events as one batch; return the answer."""
        body = b"[" + b",".join(orjson.dumps(to_structured(event)) for event in events) + b"]"
        head = (
            f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/cloudevents-batch+json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        for last in (False, True):
            if self._reader is None or self._writer is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                last = True
            try:
                self._writer.write(head.encode() + body)
                return await self._answer(self._reader)
            except (OSError, asyncio.IncompleteReadError):
                await self.hang_up()
                if last:
                    raise
        raise AssertionError

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        body = await reader.readexactly(int(headers["content-length"]))
        return Answer(int(head[0].split()[1]), headers.get("retry-after", ""), body)

    async def hang_up(self) -> None:
        """Let go of the connection; the next post makes another."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _end(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def _story(rng: Random, seed: int) -> Iterator[Envelope]:
    """Tell of companies that change, some that come, and now and then a need; it never ends."""
    told = 0
    while True:
        told += 1
        word = f"{seed}-{told}"
        kind = rng.random()
        slug = f"company-{rng.randrange(COMPANIES)}"
        if kind < 0.66:
            size = rng.choice(("micro", "small", "medium", "large"))
            yield say("company.updated", slug, company_named(slug) | {"size_band": size}, f"updated-{word}")
        elif kind < 0.97:
            new = f"new-{word}"
            yield say("company.registered", new, company_named(new), f"registered-{word}")
        else:
            yield say("need.published", f"{slug}/N-{word}", wanted(f"N-{word}", slug), f"need-{word}", by=slug)


def founding() -> list[Envelope]:
    """Tell of the companies, and of one provider with a course that the needs ask for."""
    companies = [company_named(f"company-{n}") for n in range(COMPANIES)]
    course = curriculum(learning_outcomes=[{"title": {"en": "Cut"}, "skills": [{"uri": SKILLS["S12"]}]}])
    teacher = provider(contact_ref=TEACHER.ref)
    slug = teacher["provider_id"]
    days = {"start": _day(20), "end": _day(34), "application_deadline": _day(10)}
    runs = session(**days)
    return [
        *(
            say("company.registered", each["company_id"], each, f"registered-{each['company_id']}")
            for each in companies
        ),
        say("provider.registered", slug, teacher, "registered", kind="providers"),
        say(
            "curriculum.published", f"{slug}/{course['curriculum_id']}", course, "published", by=slug, kind="providers"
        ),
        say("session.scheduled", f"{slug}/{runs['session_id']}", runs, "scheduled", by=slug, kind="providers"),
    ]


def wanted(need_id: str, slug: str) -> dict[str, object]:
    """Return a need of a company that the provider's course fits."""
    return need(
        need_id=need_id,
        company_id=slug,
        skills=[{"uri": SKILLS["S12"], "weight": 5, "must": True}],
        start_window={"earliest": _day(12), "latest": _day(90)},
        valid_until=_day(120),
    )


def _day(days: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=days))


def company_named(slug: str) -> dict[str, object]:
    """Return what a company says of itself."""
    return without(company(company_id=slug), "contact_ref")


def say(
    short_type: str, subject: str, data: dict[str, object], event_id: str, *, by: str = "", kind: str = "companies"
) -> Envelope:
    """Make an event as a partner sends it."""
    return Envelope(
        id=event_id,
        source=f"/{kind}/{by or subject}",
        type=f"{TYPE_PREFIX}{short_type}.v1",
        subject=subject,
        time=None,
        data=orjson.dumps(data),
    )

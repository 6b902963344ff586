"""How many mails a second leave through one relay, against a bare client loop whose messages are ready-made bytes.

The relay is `smtp-sink`, a C program of Postfix that takes everything. Both sides use four connections and send the same
mails; ours is handed composed messages and writes them itself.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from time import perf_counter

import aiosmtplib

from hub.mail.deliver import Delivered, Limits, Relay, SmtpMailer
from hub.mail.kinds import MAILS
from hub.mail.message import Address, as_sent
from hub.mailing import composed
from hub.store.jobs import JobRow
from hub.store.people import Person
from tests.bench.harness import Bench, Figure, Ground, Samples, program

RATIO = Figure(
    "mails_ratio",
    "mails a second into smtp-sink, pool of 4, against a bare loop with ready-made messages",
    "×",
    0.5,
    0.7,
)
RATE = Figure("mails_rate", "mails a second into smtp-sink, pool of 4", "/s", 200, 1000)
SINK = "smtp-sink"
MAILS_SENT = 1000  # in one repeat, by each side
CONNECTIONS = 4
SENDER, READER = "hub@hub.example", "ana@movex.example"
PATIENCE = 10.0  # seconds until the sink listens
LOOK_AGAIN = 0.02  # seconds


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield how the hub's mailer compares with the bare loop, both in turns into one sink."""
    messages = [_message(n) for n in range(MAILS_SENT)]
    sources = [as_sent(message) for message in messages]
    async with _sink() as port:
        for repeat in range(-1, ground.repeats):
            bare = MAILS_SENT / await _took(_bare(port, sources))
            ours = MAILS_SENT / await _took(_ours(port, messages))
            if repeat >= 0:  # the first turn warms both
                yield {RATIO.name: ours / bare, RATE.name: ours}


async def _took(work: Awaitable[None]) -> float:
    began = perf_counter()
    await work
    return perf_counter() - began


async def _bare(port: int, sources: Sequence[bytes]) -> None:
    left = iter(sources)

    async def hand() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, local_hostname="hub.example", start_tls=False)
        await client.connect()
        for source in left:
            await client.sendmail(SENDER, [READER], source)
        await client.quit()

    await asyncio.gather(*(hand() for _ in range(CONNECTIONS)))


async def _ours(port: int, messages: Sequence[EmailMessage]) -> None:
    limits = Limits(connections=CONNECTIONS, mails_per_connection=MAILS_SENT)
    mailer = SmtpMailer(Relay("127.0.0.1", port, "plain"), hello="hub.example", limits=limits)
    outcomes = await asyncio.gather(*(mailer.deliver(message) for message in messages))
    await mailer.close()
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)


def _message(n: int) -> EmailMessage:
    """Make the n-th mail: every kind in turn, in the languages in turn."""
    kind = list(MAILS)[n % len(MAILS)]
    context = MAILS[kind].sample().model_dump(mode="json", exclude_none=True)
    body = {"notification_id": f"n{n}", "context": context, "at": "2026-11-23T09:00:00+00:00"}
    job = JobRow(f"j{n}", f"n{n}", "mail", kind, body, "", "", "running", 1, "", "", None)
    language = ("pt", "es", "en")[n % 3]
    reader = Person("p-1", "movex", "contact", "Ana Conceição", READER, language, "UTC", created_at="")
    return composed(job, reader, sender=Address("vet-hub", SENDER))


@asynccontextmanager
async def _sink() -> AsyncIterator[int]:
    """Start a sink that throws away what it is given; yields its port."""
    port = _free_port()
    as_somebody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to work as root
    sink = await asyncio.create_subprocess_exec(program(SINK), *as_somebody, f"127.0.0.1:{port}", "256")
    try:
        async with asyncio.timeout(PATIENCE):
            await _listening(port)
        yield port
    finally:
        sink.terminate()
        await sink.wait()


async def _listening(port: int) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(LOOK_AGAIN)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


BENCHES = (Bench("mails", (RATIO, RATE), measure, tool=SINK, cure="deploy/dev/smtpsink.sh fetch"),)

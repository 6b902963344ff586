"""Takes a composed message out of the house, by SMTP or into the local mailbox, and says how it went in four words.

Called by the mail courier, outside any transaction; the only module that knows aiosmtplib. A message may leave twice (the
connection breaks after the last dot); it then carries the same Message-ID. Nothing said here names the recipient.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal, Protocol, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from hub.errors import WrongSetting
from hub.mail.message import as_sent

ANSWER_LENGTH = 300  # characters of a relay's answer that are kept
NOT_LET_IN = frozenset({530, 534, 535, 538})
"""Answers about our own standing with the relay: no fault of the mail, whenever they come."""

TROUBLE = (aiosmtplib.SMTPException, OSError)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The relay (or the mailbox) has taken the message."""

    answer: str


@dataclass(frozen=True, slots=True)
class Temporary:
    """Not now; the same message may pass later. Without a code nobody answered in time or the line broke."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """Never: this recipient or this message is refused."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The relay does not let us in: an operator's matter that no mail should be given up for."""

    text: str


Outcome = Delivered | Temporary | Permanent | Unreachable


class Mailer(Protocol):
    """The way out for mails: delivering never raises for what a relay says or does."""

    async def deliver(self, message: EmailMessage) -> Outcome:
        """Try once to hand the message over."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class LocalMailbox:
    """Keeps mails where the console shows them, when no relay is set; `keep` gets the bytes and the Message-ID."""

    keep: Callable[[bytes, str], Awaitable[None]]

    async def deliver(self, message: EmailMessage) -> Outcome:
        """Keep the message; what fails in keeping it flies to the courier."""
        await self.keep(as_sent(message), str(message["Message-ID"]))
        return Delivered("kept in the local mailbox")

    async def close(self) -> None:
        """Hold nothing, so let go of nothing."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail relay as `VET_HUB_SMTP_URL` names it."""

    host: str
    port: int
    security: Literal["plain", "tls", "starttls"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read smtp://host, smtps://user:password@host:465 or smtp+starttls://user:password@host:587; never repeats the password."""
        schemes: dict[str, tuple[Literal["plain", "tls", "starttls"], int]] = {
            "smtp": ("plain", 25),
            "smtps": ("tls", 465),
            "smtp+starttls": ("starttls", 587),
        }
        try:
            parts = urlsplit(url)
            security, port = schemes[parts.scheme]
            relay = cls(
                host=parts.hostname or "",
                port=parts.port or port,
                security=security,
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
            )
        except (KeyError, ValueError):
            raise WrongSetting(
                "VET_HUB_SMTP_URL is not smtp://, smtps:// or smtp+starttls:// [user:password@]host[:port]"
            ) from None
        if not relay.host:
            raise WrongSetting("VET_HUB_SMTP_URL names no host; write smtp://host:port")
        if relay.username and security == "plain" and not _is_here(relay.host):
            raise WrongSetting(
                f"VET_HUB_SMTP_URL would send a password to {relay.host} unencrypted; use smtp+starttls:// or smtps://"
            )
        return relay


@dataclass(frozen=True, slots=True)
class Limits:
    """How a relay is used; the defaults reach 88 % of the best rate measured and stay welcome at usual relays."""

    connections: int = 4
    mails_per_connection: int = 100
    idle: float = 30.0  # seconds
    probe: float = 1.0  # seconds of rest after which a connection is tried before it is used again
    connect: float = 10.0  # seconds
    command: float = 30.0  # seconds


@dataclass(slots=True)
class _Line:
    """A connection to the relay with what decides whether it is used again."""

    client: aiosmtplib.SMTP
    mails: int = 0
    whole: bool = True
    rested_since: float | None = None
    """Loop time of the last mail that went well; without it something may be left to clear."""
    hang_up: asyncio.TimerHandle | None = None


class SmtpMailer:
    """Delivers through one relay over a few connections that are used again."""

    def __init__(
        self, relay: Relay, *, hello: str, tls_context: ssl.SSLContext | None = None, limits: Limits | None = None
    ) -> None:
        """`hello` is the host name the hub greets with; a TLS context costs tens of milliseconds, so there is one for all."""
        self._relay = relay
        self._hello = hello
        self._limits = limits or Limits()
        self._tls_context = tls_context or (None if relay.security == "plain" else ssl.create_default_context())
        self._turn = asyncio.Semaphore(self._limits.connections)
        self._idle: list[_Line] = []

    async def deliver(self, message: EmailMessage) -> Outcome:
        """Try once to hand the message over; the bytes are made before a connection is taken."""
        letter = _Letter.of(message)
        async with self._turn:
            try:
                line = await self._idle_line() or await self._new_line()
            except TROUBLE as error:
                return _not_let_in(error)
            try:
                return await self._send(line, letter)
            finally:
                self._put_back(line)

    async def close(self) -> None:
        """Take leave on every idle connection."""
        while self._idle:
            line = self._taken()
            with suppress(*TROUBLE):
                await line.client.quit()
            line.client.close()

    async def _idle_line(self) -> _Line | None:
        """An idle connection that still answers; RSET also clears what an earlier refusal left behind."""
        while self._idle:
            line = self._taken()
            if self._is_warm(line):
                return line
            with suppress(*TROUBLE):
                await line.client.rset()
                return line
            line.client.close()
        return None

    def _is_warm(self, line: _Line) -> bool:
        """Whether the relay took a mail on it a moment ago: asking again would cost each mail of many a round trip."""
        now = asyncio.get_running_loop().time()
        return line.rested_since is not None and now - line.rested_since < self._limits.probe

    async def _new_line(self) -> _Line:
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username,
            password=relay.password,
            local_hostname=self._hello,
            timeout=self._limits.command,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls_context,
        )
        await client.connect(timeout=self._limits.connect)
        return _Line(client)

    async def _send(self, line: _Line, letter: "_Letter") -> Outcome:
        line.mails, line.whole = (
            line.mails + 1,
            False,
        )  # until the dialogue has come to its end; a cancelled one never does
        try:
            _, answer = await line.client.sendmail(letter.sender, [letter.recipient], letter.raw)
            outcome: Outcome = Delivered(_tidy(answer))
            line.rested_since = asyncio.get_running_loop().time()
        except TROUBLE as error:
            outcome = _not_taken(error, letter.recipient)
            line.rested_since = None
        line.whole = True
        return outcome

    def _put_back(self, line: _Line) -> None:
        if not (line.whole and line.client.is_connected and line.mails < self._limits.mails_per_connection):
            line.client.close()
            return
        # The relay sees the line go without QUIT: nobody is there to wait for the answer when the timer rings.
        line.hang_up = asyncio.get_running_loop().call_later(self._limits.idle, self._drop, line)
        self._idle.append(line)

    def _taken(self) -> _Line:
        line = self._idle.pop()
        if line.hang_up:
            line.hang_up.cancel()
        return line

    def _drop(self, line: _Line) -> None:
        self._idle.remove(line)
        line.client.close()


@dataclass(frozen=True, slots=True)
class _Letter:
    """What goes over the wire: the envelope and the bytes."""

    sender: str
    recipient: str
    raw: bytes

    @classmethod
    def of(cls, message: EmailMessage) -> Self:
        (sender,), (recipient,) = message["From"].addresses, message["To"].addresses
        return cls(sender.addr_spec, recipient.addr_spec, as_sent(message))


def _not_let_in(error: Exception) -> Outcome:
    """Judge what went wrong before the relay was ready to hear of a mail."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code < 500:
        return Temporary(error.code, _tidy(error.message))
    if isinstance(error, TimeoutError | aiosmtplib.SMTPServerDisconnected):
        return Temporary(None, _tidy(str(error)))
    return Unreachable(_tidy(str(error)))


def _not_taken(error: Exception, recipient: str) -> Outcome:
    """Judge what went wrong with one mail."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return Temporary(None, _tidy(str(error)))
    text = _tidy(re.sub(re.escape(recipient), "(recipient)", error.message, flags=re.IGNORECASE))
    if error.code in NOT_LET_IN or (
        isinstance(error, aiosmtplib.SMTPSenderRefused) and error.code >= 500 and error.code != 552
    ):
        return Unreachable(f"{error.code} {text}")
    return Permanent(error.code, text) if error.code >= 500 else Temporary(error.code, text)


def _tidy(answer: str) -> str:
    """One printable line of what the relay said."""
    return "".join(letter if letter.isprintable() else " " for letter in answer)[:ANSWER_LENGTH].strip()


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"

"""Stand-ins for what is outside the process: a mail relay that answers as a test tells it to."""

import asyncio
import ssl
from collections.abc import Iterable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, Session

HANG = "hang"
"""Answer nothing and keep the connection."""

DROP = "drop"
"""Answer nothing and cut the connection; after DATA, cut it in the middle of the message."""


class ScriptedRelay:
    """A mail relay on a free port of this machine; `async with` starts and stops it, in the test's own event loop.

    A script gives the answers to a stage in order: CONNECT (the greeting), EHLO, AUTH, MAIL, RCPT, DATA (before the message),
    TAKEN (after it), RSET. None, or a script that has come to its end, means the usual answer.
    """

    def __init__(self, *, tls_context: ssl.SSLContext | None = None, **script: Iterable[str | None]) -> None:
        self.script = {stage: iter(answers) for stage, answers in script.items()}
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.hanging = asyncio.Event()
        self.deserted = asyncio.Event()
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.tls_context = tls_context
        self.protocols: set[_Scripted] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Scripted(self, loop), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for protocol in list(self.protocols):
            await protocol.end()
        await self._server.wait_closed()

    def answer(self, stage: str) -> str | None:
        return next(self.script.get(stage, iter(())), None)

    # What aiosmtpd calls.

    async def handle_DATA(self, server: "_Scripted", session: Session, envelope: Envelope) -> Any:  # noqa: N802
        answer = self.answer("TAKEN")
        if await server.departed(answer):
            return MISSING
        if answer is None:
            content = envelope.original_content or b""
            self.messages.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(session.ssl is not None)
        return answer or "250 2.0.0 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: Any
    ) -> AuthResult:
        self.logins.append((credentials.login.decode(), credentials.password.decode()))
        answer = self.answer("AUTH")
        return AuthResult(success=answer is None, handled=False, message=answer)


class _Scripted(SMTP):
    """One connection to the relay."""

    def __init__(self, relay: ScriptedRelay, loop: asyncio.AbstractEventLoop) -> None:
        self.relay = relay
        super().__init__(
            relay,
            hostname="relay.example",
            tls_context=relay.tls_context,
            auth_require_tls=False,
            authenticator=relay.authenticate,
            loop=loop,
        )
        for stage in ("EHLO", "MAIL", "RCPT", "DATA", "RSET"):
            self._smtp_methods[stage] = self._following_the_script(stage, self._smtp_methods[stage])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:
            self.relay.protocols.add(self)
            self.relay.connections += 1
            self.relay.open += 1
            self.relay.most_open = max(self.relay.most_open, self.relay.open)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.relay.open -= 1
        if not self.relay.open:
            self.relay.deserted.set()
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        greeting = isinstance(status, str) and status.startswith("220 relay.example")
        answer = self.relay.answer("CONNECT") if greeting else None
        if await self.departed(answer):
            return
        await super().push(answer or status)

    async def end(self) -> None:
        """Cut the connection and wait until its task is gone."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    def _following_the_script(self, stage: str, usual: Any) -> Any:
        async def answered(argument: str | None) -> None:
            answer = self.relay.answer(stage)
            if answer == DROP and stage == "DATA":
                await super(_Scripted, self).push("354 go on")
                await self._reader.readline()
            if await self.departed(answer):
                return
            await (usual(argument) if answer is None else self.push(answer))

        return answered

    async def departed(self, answer: str | None) -> bool:
        if answer == HANG:
            self.relay.hanging.set()
            await asyncio.Event().wait()
        if answer == DROP and self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]
        return answer == DROP

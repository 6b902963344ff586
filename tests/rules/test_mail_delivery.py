"""Handing a message over: what a relay may answer, what it may do, and what we call that."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from hub.errors import WrongSetting
from hub.mail.deliver import (
    Delivered,
    Limits,
    LocalMailbox,
    Mailer,
    Outcome,
    Permanent,
    Relay,
    SmtpMailer,
    Temporary,
    Unreachable,
)
from hub.mail.message import Address, compose
from hub.mail.render import Rendered
from tests.fakes import DROP, HANG, ScriptedRelay

PATIENT = Limits()
HASTY = Limits(connect=0.05, command=0.05)  # for relays that never answer


def message(recipient: str = "ana@movex.example", *, text: str = "Bom dia, São João\n") -> EmailMessage:
    return compose(
        Rendered("Formação", text, f"<p>{text}</p>\n", "pt"),
        sender=Address("vet-hub", "hub@hub.example"),
        recipient=Address("Ana", recipient),
        message_id="<5b0c@hub.example>",
        sent_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        feedback_id="k:o:vet-hub",
    )


@asynccontextmanager
async def mailer_for(
    relay: ScriptedRelay,
    *,
    scheme: str = "smtp",
    credentials: str = "",
    host: str = "127.0.0.1",
    limits: Limits = PATIENT,
    tls_context: ssl.SSLContext | None = None,
) -> AsyncIterator[SmtpMailer]:
    url = f"{scheme}://{credentials}{host}:{relay.port}"
    mailer = SmtpMailer(Relay.from_url(url), hello="hub.example", limits=limits, tls_context=tls_context)
    try:
        yield mailer
    finally:
        await mailer.close()


async def outcome(relay: ScriptedRelay, *, limits: Limits = PATIENT) -> Outcome:
    async with relay, mailer_for(relay, limits=limits) as mailer:
        return await mailer.deliver(message())


# One message


async def test_a_message_arrives_as_it_was_composed() -> None:
    sent = message(text=".\n..\n" + "é" * 2000 + "\n")
    async with ScriptedRelay() as relay, mailer_for(relay) as mailer:
        told = await mailer.deliver(sent)

    assert told == Delivered("2.0.0 taken")
    assert relay.recipients == ["ana@movex.example"]
    assert relay.messages[0].as_bytes() == sent.as_bytes().replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"RCPT": ["421 4.3.2 closing"]}, Temporary(421, "4.3.2 closing")),
        ({"RCPT": ["451 4.7.1 greylisted"]}, Temporary(451, "4.7.1 greylisted")),
        ({"TAKEN": ["452 4.3.1 disk full"]}, Temporary(452, "4.3.1 disk full")),
        ({"MAIL": ["451 4.3.0 later"]}, Temporary(451, "4.3.0 later")),
        ({"CONNECT": ["421 4.3.2 too busy"]}, Temporary(421, "4.3.2 too busy")),
        ({"RCPT": ["550 5.1.1 <ANA@movex.example> unknown"]}, Permanent(550, "5.1.1 <(recipient)> unknown")),
        ({"DATA": ["554 5.7.1 no"]}, Permanent(554, "5.7.1 no")),
        ({"TAKEN": ["554 5.7.1 spam"]}, Permanent(554, "5.7.1 spam")),
        ({"MAIL": ["552 5.3.4 too big"]}, Permanent(552, "5.3.4 too big")),
        ({"MAIL": ["553 5.7.1 sender not yours"]}, Unreachable("553 5.7.1 sender not yours")),
        ({"RCPT": ["530 5.7.0 authenticate first"]}, Unreachable("530 5.7.0 authenticate first")),
    ],
    ids=lambda value: next(iter(value.items())).__repr__() if isinstance(value, dict) else type(value).__name__,
)
async def test_what_the_relay_says_decides(script: dict[str, list[str | None]], expected: Outcome) -> None:
    assert await outcome(ScriptedRelay(**script)) == expected


async def test_a_relay_that_refuses_us_at_the_door_is_unreachable() -> None:
    told = await outcome(ScriptedRelay(CONNECT=["554 5.3.2 no service"]))

    assert isinstance(told, Unreachable)
    assert "554" in told.text


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "TAKEN"])
async def test_a_relay_that_hangs_is_left_for_later(stage: str) -> None:
    told = await outcome(ScriptedRelay(**{stage: [HANG]}), limits=HASTY)

    assert isinstance(told, Temporary)
    assert told.code is None


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "TAKEN"])
async def test_a_relay_that_drops_the_line_is_left_for_later(stage: str) -> None:
    told = await outcome(ScriptedRelay(**{stage: [DROP]}))

    assert isinstance(told, Temporary)
    assert told.code is None


async def test_a_relay_that_is_not_there_is_unreachable() -> None:
    async with ScriptedRelay() as gone:
        pass

    async with mailer_for(gone) as mailer:
        told = await mailer.deliver(message())

    assert isinstance(told, Unreachable)


async def test_a_long_or_odd_answer_is_kept_short_and_printable() -> None:
    told = await outcome(ScriptedRelay(RCPT=["550 \x1b[31m" + "no " * 200]))

    assert isinstance(told, Permanent)
    assert told.text.isprintable()
    assert len(told.text) <= 300


# Logging in, and encryption


async def test_the_password_of_the_setting_is_given() -> None:
    async with ScriptedRelay() as relay, mailer_for(relay, credentials="hub%40example:s%2Fecret@") as mailer:
        told = await mailer.deliver(message())

    assert isinstance(told, Delivered)
    assert relay.logins == [("hub@example", "s/ecret")]


@pytest.mark.parametrize(
    ("answer", "kind"), [("535 5.7.8 wrong password", Unreachable), ("454 4.7.0 directory away", Temporary)]
)
async def test_a_refused_login_is_no_fault_of_the_mail(answer: str, kind: type[Outcome]) -> None:
    both_ways = [answer, answer]  # the client tries PLAIN, then LOGIN
    async with ScriptedRelay(AUTH=both_ways) as relay, mailer_for(relay, credentials="hub:secret@") as mailer:
        told = await mailer.deliver(message())

    assert isinstance(told, kind)
    assert "secret" not in str(told)


async def test_starttls_is_demanded_and_the_certificate_is_checked(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with ScriptedRelay(tls_context=server_context(certificate)) as relay:
        async with mailer_for(relay, scheme="smtp+starttls", host="localhost", tls_context=trusting) as mailer:
            told = await mailer.deliver(message())
        async with mailer_for(relay, scheme="smtp+starttls", host="localhost") as mailer:
            mistrusted = await mailer.deliver(message())

    assert isinstance(told, Delivered)
    assert relay.encrypted == [True]
    assert isinstance(mistrusted, Unreachable)
    assert "self-signed" in mistrusted.text


async def test_a_relay_without_starttls_gets_no_mail_when_it_is_demanded() -> None:
    async with ScriptedRelay() as relay, mailer_for(relay, scheme="smtp+starttls") as mailer:
        told = await mailer.deliver(message())

    assert isinstance(told, Unreachable)
    assert relay.messages == []


# Many messages


async def test_a_connection_is_used_again_and_after_its_share_of_mails_replaced() -> None:
    async with ScriptedRelay() as relay, mailer_for(relay, limits=Limits(mails_per_connection=3)) as mailer:
        for _ in range(7):
            assert isinstance(await mailer.deliver(message()), Delivered)

    assert relay.connections == 3


async def test_no_more_connections_are_open_than_agreed() -> None:
    async with ScriptedRelay() as relay, mailer_for(relay, limits=Limits(connections=2)) as mailer:
        told = await asyncio.gather(*(mailer.deliver(message()) for _ in range(20)))

    assert {type(each) for each in told} == {Delivered}
    assert relay.most_open == 2


async def test_an_idle_connection_is_let_go() -> None:
    async with ScriptedRelay() as relay, mailer_for(relay, limits=Limits(idle=0.0)) as mailer:
        await mailer.deliver(message())
        await relay.deserted.wait()
        await mailer.deliver(message())

    assert relay.connections == 2


async def test_a_refused_message_leaves_the_connection_fit_for_the_next() -> None:
    async with ScriptedRelay(RCPT=["550 5.1.1 unknown"]) as relay, mailer_for(relay) as mailer:
        refused = await mailer.deliver(message("nobody@movex.example"))
        taken = await mailer.deliver(message())

    assert isinstance(refused, Permanent)
    assert isinstance(taken, Delivered)
    assert relay.connections == 1


async def test_a_connection_that_died_while_idle_costs_no_message() -> None:
    async with ScriptedRelay(RSET=[DROP]) as relay, mailer_for(relay, limits=Limits(probe=0.0)) as mailer:
        await mailer.deliver(message())
        told = await mailer.deliver(message())

    assert isinstance(told, Delivered)
    assert relay.connections == 2


async def test_many_messages_in_a_row_are_not_asked_for_between() -> None:
    async with ScriptedRelay(RSET=[DROP]) as relay, mailer_for(relay, limits=Limits(probe=3600.0)) as mailer:
        for _ in range(3):
            assert isinstance(await mailer.deliver(message()), Delivered)

    assert relay.connections == 1


async def test_a_cancelled_delivery_leaves_no_half_spoken_connection_behind() -> None:
    async with ScriptedRelay(TAKEN=[HANG]) as relay, mailer_for(relay) as mailer:
        delivery = asyncio.create_task(mailer.deliver(message()))
        await relay.hanging.wait()
        delivery.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivery
        told = await mailer.deliver(message())

    assert isinstance(told, Delivered)
    assert relay.connections == 2


# The setting


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://relay.example", Relay("relay.example", 25, "plain")),
        ("smtps://u:p@relay.example", Relay("relay.example", 465, "tls", "u", "p")),
        ("smtp+starttls://u:p%40@relay.example:2587", Relay("relay.example", 2587, "starttls", "u", "p@")),
        ("smtp://u:p@[::1]:25", Relay("::1", 25, "plain", "u", "p")),
    ],
)
def test_the_setting_names_host_port_and_encryption(url: str, relay: Relay) -> None:
    assert Relay.from_url(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example:25",
        "http://u:hunter2@relay.example",
        "smtp://",
        "smtp://h:port",
        "smtp://u:hunter2@relay.example",
    ],
)
def test_a_wrong_setting_is_named_with_its_cure_and_without_its_password(url: str) -> None:
    with pytest.raises(WrongSetting, match="VET_HUB_SMTP_URL") as refused:
        Relay.from_url(url)

    assert "hunter2" not in str(refused.value)


def test_a_relay_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(Relay.from_url("smtps://u:hunter2@relay.example"))


# Without a relay


async def test_without_a_relay_the_message_is_kept_as_it_would_have_left() -> None:
    kept: list[tuple[bytes, str]] = []

    async def keep(raw: bytes, message_id: str) -> None:
        kept.append((raw, message_id))

    mailbox: Mailer = LocalMailbox(keep)
    told = await mailbox.deliver(message())
    await mailbox.close()

    assert told == Delivered("kept in the local mailbox")
    assert kept == [(message().as_bytes(), "<5b0c@hub.example>")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed but itself; the key is in the same file."""
    file = tmp_path_factory.mktemp("tls") / "relay.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    options = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context

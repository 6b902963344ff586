"""The message as bytes: headers, parts, and what must never get into a header."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.mail.headers import LONGEST_WORD, SHORT
from hub.mail.message import Address, Unaddressable, as_sent, compose, message_id
from hub.mail.render import Rendered

SENDER = Address("vet-hub", "hub@hub.example")
ANA = Address("Ana Conceição, formação", "ana@movex.example")
SENT_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = Rendered(subject="Formação para 3 pessoas", text="Bom dia\n", html="<p>Bom dia</p>\n", language="pt")
MESSAGE_ID = message_id("5b0c3c3e-8f4e-5d0a-9c1c-1f2a7f6d9e10", host="hub.example")

printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=150)


def composed(
    rendered: Rendered = WORDS, *, recipient: Address = ANA, feedback_id: str = "k:o:vet-hub", **headers: str
) -> EmailMessage:
    return compose(
        rendered,
        sender=SENDER,
        recipient=recipient,
        message_id=MESSAGE_ID,
        sent_at=SENT_AT,
        feedback_id=feedback_id,
        reply_to=Address("Coordinator", "cec@cec.example"),
        headers=headers,
    )


def as_received(message: EmailMessage) -> EmailMessage:
    return message_from_bytes(message.as_bytes(), policy=policy.default)  # type: ignore[return-value]


def parts(received: EmailMessage) -> list[tuple[str, str]]:
    return [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in received.iter_parts()]


def test_the_headers_say_what_kind_of_mail_it_is() -> None:
    received = as_received(composed())

    assert {name: str(value) for name, value in received.items() if name != "Content-Type"} == {
        "From": "vet-hub <hub@hub.example>",
        "To": '"Ana Conceição, formação" <ana@movex.example>',
        "Reply-To": "Coordinator <cec@cec.example>",
        "Subject": "Formação para 3 pessoas",
        "Date": "Mon, 23 Nov 2026 09:00:00 +0000",
        "Message-ID": "<5b0c3c3e-8f4e-5d0a-9c1c-1f2a7f6d9e10@hub.example>",
        "Auto-Submitted": "auto-generated",
        "Feedback-ID": "k:o:vet-hub",
        "Content-Language": "pt",
        "MIME-Version": "1.0",
    }


def test_the_text_comes_first_and_the_html_last() -> None:
    received = as_received(composed())

    assert received.get_content_type() == "multipart/alternative"
    assert parts(received) == [("text/plain", "Bom dia\n"), ("text/html", "<p>Bom dia</p>\n")]


@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=120))
def test_the_short_way_to_a_header_leads_where_the_long_one_does(words: str) -> None:
    plain = Rendered(subject=" ".join(words.split()), text="a\n", html="<p>a</p>\n", language="pt")
    message = composed(plain, recipient=Address("Ana", "ana@movex.example"))

    assert as_sent(message) == message.as_bytes(policy=policy.SMTP)


def test_the_same_input_gives_the_same_bytes() -> None:
    assert composed().as_bytes() == composed().as_bytes()


def test_every_line_is_plain_ascii_and_short_enough_for_any_relay() -> None:
    long = Rendered(subject="ç" * 300, text="á" * 5000, html="<p>" + "é" * 5000, language="pt")

    raw = composed(long).as_bytes()

    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_no_part_can_contain_the_boundary() -> None:
    boundary = composed().get_boundary()

    received = as_received(composed(Rendered("s", f"--{boundary}\n", f"--{boundary}--\n", "en")))

    assert parts(received) == [("text/plain", f"--{boundary}\n"), ("text/html", f"--{boundary}--\n")]


def test_an_international_domain_is_written_as_relays_take_it() -> None:
    assert Address("Ana", "ana@formação.example").addr_spec == "ana@xn--formao-7ta5a.example"


@pytest.mark.parametrize("hidden", ["\r\n", "\n", "\r", "\0", "\x1b", "\u2028", "\u202e", "\x85"])
def test_a_line_break_or_control_character_is_refused_in_every_header(hidden: str) -> None:
    attack = f"Movex{hidden}Bcc: all@victim.example"

    with pytest.raises(Unaddressable):
        Address(attack, "ana@movex.example")
    with pytest.raises(Unaddressable):
        Address("Ana", f"ana@movex.example{hidden}")
    with pytest.raises(Unaddressable, match="Subject"):
        composed(Rendered(attack, "text", "html", "en"))
    with pytest.raises(Unaddressable, match="Feedback-ID"):
        composed(feedback_id=attack)
    with pytest.raises(Unaddressable, match="List-Unsubscribe"):
        composed(**{"List-Unsubscribe": attack})
    with pytest.raises(Unaddressable):
        message_id(attack, host="hub.example")


@pytest.mark.parametrize(
    "email",
    ["", "ana", "@movex.example", "ana@", "a b@movex.example", "ana@x.example, eve@y.example", "<ana@x.example>"],
)
def test_what_is_no_single_address_is_refused_without_repeating_it(email: str) -> None:
    with pytest.raises(Unaddressable) as refused:
        Address("Ana", email)

    assert "movex" not in str(refused.value)
    assert "Ana" not in str(refused.value)


@settings(deadline=None)
@given(subject=printable, name=printable)
def test_no_name_or_subject_adds_a_recipient_or_a_header(subject: str, name: str) -> None:
    usual = as_received(composed())

    received = as_received(composed(Rendered(subject, "t", "h", "en"), recipient=Address(name, "ana@movex.example")))

    assert received.keys() == usual.keys()
    assert [address.addr_spec for address in received["To"].addresses] == ["ana@movex.example"]
    assert unspaced(received["Subject"]) == unspaced(subject)
    assert unspaced(received["To"].addresses[0].display_name) == unspaced(name)


def unspaced(words: str) -> str:
    """The standard library moves spaces where it folds long names; the letters are what counts."""
    return re.sub(r"\s", "", words)


foreign = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=300).map(
    lambda words: " ".join(f"é{words}".split())
)


@settings(deadline=None)
@given(text=foreign, name=foreign)
def test_foreign_letters_arrive_as_they_were_in_lines_that_every_relay_takes(text: str, name: str) -> None:
    message = composed(Rendered(text, "t", "h", "en"), recipient=Address(name, "ana@movex.example"))

    head = as_sent(message).partition(b"\r\n\r\n")[0]

    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= SHORT
    assert all(len(word) <= LONGEST_WORD for word in re.findall(rb"=\?[^ ]*\?=", head))
    received = message_from_bytes(head + b"\r\n\r\n", policy=policy.default)
    assert received["Subject"] == text
    assert unspaced(received["To"].addresses[0].display_name) == unspaced(name)

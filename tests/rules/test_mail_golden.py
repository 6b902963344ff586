"""Every mail in every language as it is read, compared with files that are reviewed like code.

After a wanted change: VET_HUB_REWRITE_GOLDEN=1 .venv/bin/pytest tests/rules/test_mail_golden.py, then read the difference in
git. The run that writes fails, so that it is never mistaken for one that compares.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from hub.mail.calendar import calendar_file
from hub.mail.kinds import MAILS, MailContext
from hub.mail.message import Address, as_sent, compose
from hub.mail.render import render
from hub.mail.words import FALLBACK, LANGUAGES

GOLDEN = Path(__file__).parent / "golden" / "mail"
EMPTY_LINE = b"\r\n\r\n"
REWRITE = "VET_HUB_REWRITE_GOLDEN" in os.environ


def faces() -> Iterator[tuple[str, str, MailContext]]:
    """Each mail in every way it can look, and the name of its golden files."""
    for kind, mail in MAILS.items():
        for face, context in mail.faces().items():
            yield kind, f"{kind}-{face}" if face else kind, context


CASES = [
    pytest.param(kind, name, context, language, id=f"{name}.{language}")
    for kind, name, context in faces()
    for language in LANGUAGES
]


@pytest.mark.parametrize(("kind", "name", "context", "language"), CASES)
def test_a_mail_reads_as_agreed(kind: str, name: str, context: MailContext, language: str) -> None:
    mail = render(kind, language=language, context=context)

    text = f"Subject: {mail.subject}\n\n{mail.text}"
    assert text == golden(f"{name}.{language}.txt", text)
    if language == FALLBACK:  # the structure is the same in every language, the words stand in the text
        assert mail.html == golden(f"{name}.{language}.html", mail.html)
    assert not REWRITE, "golden files rewritten; run again without VET_HUB_REWRITE_GOLDEN"


@pytest.mark.parametrize(("kind", "name", "context", "language"), CASES)
def test_what_leaves_says_what_the_standard_library_would_say(
    kind: str, name: str, context: MailContext, language: str
) -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    message = compose(
        render(kind, language=language, context=context),
        sender=Address("vet-hub", "hub@hub.example"),
        recipient=Address("Ana Conceição, formação", "ana@movex.example"),
        message_id=f"<{name}@hub.example>",
        sent_at=at,
        feedback_id=f"{kind}:vet-hub",
        calendar=calendar_file(context, language=language, at=at, organiser="hub@hub.example"),
    )

    ours, theirs = as_sent(message), message.as_bytes(policy=policy.SMTP)
    assert ours.partition(EMPTY_LINE)[2] == theirs.partition(EMPTY_LINE)[2]
    assert headers(ours) == headers(theirs)
    assert ours.isascii()
    assert max(len(line) for line in ours.partition(EMPTY_LINE)[0].splitlines()) <= 78


def headers(source: bytes) -> list[tuple[str, str]]:
    """Return the headers as whoever receives a mail reads them."""
    return list(message_from_bytes(source, policy=policy.default).items())


def test_no_golden_file_is_left_over() -> None:
    names = {f"{name}.{language}.txt" for _, name, _ in faces() for language in LANGUAGES}

    assert {file.name for file in GOLDEN.iterdir()} == names | {f"{name}.{FALLBACK}.html" for _, name, _ in faces()}


def golden(name: str, present: str) -> str:
    """The agreed content of a file; in a run that writes, the present one."""
    file = GOLDEN / name
    if REWRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(present)
    return file.read_text()

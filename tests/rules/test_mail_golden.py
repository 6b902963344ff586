"""Every mail in every language as it is read, compared with files that are reviewed like code.

After a wanted change: VET_HUB_REWRITE_GOLDEN=1 .venv/bin/pytest tests/rules/test_mail_golden.py, then read the difference in
git. The run that writes fails, so that it is never mistaken for one that compares.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.mail.kinds import MAILS, MailContext, RequestToProvider
from hub.mail.render import render
from hub.mail.words import LANGUAGES

GOLDEN = Path(__file__).parent / "golden" / "mail"
REWRITE = "VET_HUB_REWRITE_GOLDEN" in os.environ


def samples() -> Iterator[tuple[str, MailContext]]:
    """Each mail's sample, and what has more than one face."""
    for kind, context in MAILS.items():
        yield kind, context.sample()
    yield "request_to_provider", RequestToProvider.sample().model_copy(update={"answer_path": "/requests/5b0c"})


def golden_name(kind: str, context: MailContext) -> str:
    return f"{kind}-page" if getattr(context, "answer_path", None) else kind


CASES = [
    pytest.param(kind, context, language, id=f"{golden_name(kind, context)}.{language}")
    for kind, context in samples()
    for language in LANGUAGES
]


@pytest.mark.parametrize(("kind", "context", "language"), CASES)
def test_a_mail_reads_as_agreed(kind: str, context: MailContext, language: str) -> None:
    mail = render(kind, language=language, context=context)

    name = f"{golden_name(kind, context)}.{language}"
    assert f"Subject: {mail.subject}\n\n{mail.text}" == golden(f"{name}.txt", f"Subject: {mail.subject}\n\n{mail.text}")
    assert mail.html == golden(f"{name}.html", mail.html)
    assert not REWRITE, "golden files rewritten; run again without VET_HUB_REWRITE_GOLDEN"


def test_no_golden_file_is_left_over() -> None:
    names = {f"{golden_name(kind, context)}.{language}" for kind, context in samples() for language in LANGUAGES}

    assert {file.name for file in GOLDEN.iterdir()} == {f"{name}.{part}" for name in names for part in ("txt", "html")}


def golden(name: str, present: str) -> str:
    """The agreed content of a file; in a run that writes, the present one."""
    file = GOLDEN / name
    if REWRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(present)
    return file.read_text()

"""Strangers' words in mails: whatever stands in a text of a context, no header, line, tag or calendar entry comes of it."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any
from unicodedata import category

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from pydantic import ValidationError

from hub.mail.calendar import calendar_file
from hub.mail.kinds import MAILS, MailContext
from hub.mail.message import Address, compose
from hub.mail.render import Rendered, render
from hub.mail.words import LANGUAGES

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FACES = [(kind, face) for kind, mail in MAILS.items() for face in mail.faces()]
FIGURES = frozenset({"start", "end", "currency"})
"""Parameters of reasons that the matching rules write, never a stranger."""

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

SPICE = (
    "\r\nBcc: all@evil.example",
    "\nSubject: other",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><h1>",
    "{{ mail.hub_url }}{% raw %}",
    "%(count)s %s %",
    "&lt;b&gt;&",
    "\u202egnp.exe\u2066",
    "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2",
    "\x00\x07\x1b[31m",
    "\u2028\u2029\x85",
    "--\n",
    "    deep",
    "javascript:alert(1)",
)
hostile = st.lists(st.sampled_from(SPICE) | st.text(max_size=20), min_size=1, max_size=4).map("".join)


def texts(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a context where a text stands."""
    if isinstance(node, str):
        if not (len(path) > 1 and path[-2] == "params" and path[-1] in FIGURES):
            yield path
    elif isinstance(node, dict | list):
        for key, below in node.items() if isinstance(node, dict) else enumerate(node):
            yield from texts(below, (*path, key))


def put(node: Any, path: tuple[Any, ...], words: str) -> Any:
    """A copy of a context with other words in one place."""
    copy = deepcopy(node)
    below = copy
    for key in path[:-1]:
        below = below[key]
    below[path[-1]] = words
    return copy


class Tags(HTMLParser):
    """The tags of a page, and what its links and attributes hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def written(kind: str, context: MailContext, language: str) -> tuple[Rendered, bytes]:
    rendered = render(kind, language=language, context=context)
    message = compose(
        rendered,
        sender=Address("vet-hub", "hub@hub.example"),
        recipient=Address("Ana", "ana@movex.example"),
        message_id="<5b0c@hub.example>",
        sent_at=AT,
        feedback_id=f"{kind}:vet-hub",
        calendar=calendar_file(context, language=language, at=AT, organiser="hub@hub.example"),
    )
    return rendered, message.as_bytes()


@pytest.mark.parametrize(("kind", "face"), FACES)
@given(data=st.data(), words=hostile, language=st.sampled_from(sorted(LANGUAGES)))
@settings(max_examples=25, phases=[Phase.reuse, Phase.generate])  # a failure names its place; shrinking takes minutes
def test_no_text_of_a_context_breaks_out_of_its_place(
    kind: str, face: str, data: st.DataObject, words: str, language: str
) -> None:
    plain = MAILS[kind].faces()[face]
    content = plain.model_dump(mode="json", exclude_none=True)
    path = data.draw(st.sampled_from(list(texts(content))))
    try:
        context = MAILS[kind].model_validate(put(content, path, words))
    except ValidationError:
        return  # a code, a day, an address: it never becomes a mail

    rendered, raw = written(kind, context, language)
    expected, unharmed = written(kind, plain, language)

    received, wanted = (message_from_bytes(each, policy=policy.default) for each in (raw, unharmed))
    assert sorted(received.keys()) == sorted(wanted.keys())
    assert [part.get_content_type() for part in received.walk()] == [part.get_content_type() for part in wanted.walk()]
    assert not unseen(rendered.subject)
    assert not unseen(rendered.text.replace("\n", ""))
    assert tags_within(Tags(rendered.html), Tags(expected.html))
    assert all(link.startswith(("http://", "https://")) for link in Tags(rendered.html).links)
    assert days(received) == days(wanted)


def unseen(text: str) -> list[str]:
    """Line breaks, other control characters, and those that turn the direction of the text."""
    return [letter for letter in text if category(letter) in ("Cc", "Zl", "Zp") or letter in OVERRIDES]


def tags_within(found: Tags, known: Tags) -> bool:
    """No tag and no attribute that the mail's own templates do not write; words in another language are marked."""
    return found.names <= known.names | {"span"} and found.attributes <= known.attributes | {"lang"}


def days(message: Any) -> list[tuple[Any, Any]]:
    """When the events of the calendar file begin and end."""
    return [
        (event["DTSTART"].dt, event["DTEND"].dt)
        for part in message.walk()
        if part.get_content_type() == "text/calendar"
        for event in Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    ]


def test_the_spice_is_one_that_would_burn() -> None:
    page = Tags(f"<p>{''.join(SPICE)}</p>")

    assert {"script", "img", "h1"} <= page.names
    assert "onerror" in page.attributes

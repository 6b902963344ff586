"""What a form says after its redirect: one sentence, shown once on the next page, carried there by a short-lived cookie.

A cookie and not the address: nobody else can make a page say something with a link.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.web.console import cookies

LASTS = 60  # seconds
LONGEST = 200  # characters of a word in a sentence

# code → (tone, sentence)
SENTENCES: Mapping[str, tuple[str, str]] = {
    "signed_in": ("good", "You are signed in. Welcome."),
    "retried": ("good", "{event} is tried again now."),
    "skipped": ("good", "{event} is skipped in {group}. What stood behind it goes on."),
    "lot_begun": ("good", "Lot {number} has begun; the hub tries each at its moment."),
    "lot_stopped": ("good", "Lot {number} is stopped; what had not come up stays parked."),
    "lot_over": ("info", "All of lot {number} had come up before."),
    "nothing_matches": (
        "warn",
        "Nothing was changed: nothing that is parked matches any more, or all of it is in a lot that goes on.",
    ),
    "mended": ("good", "{copy} is published in place of {event}."),
    "replay_begun": ("good", "The replay of {group} has begun; the hub goes on with it by itself."),
    "replay_runs": ("warn", "Nothing was changed: a replay of {group} runs already."),
    "replay_stopped": ("good", "The replay of {group} stands where it is; its rows are not whole."),
    "replay_running": ("good", "The replay of {group} goes on."),
    "moved_on": (
        "warn",
        "Nothing was changed: this had moved on since you opened the page. Look again before you decide.",
    ),
    "not_parked": (
        "warn",
        "Nothing was changed: {event} is not parked any more. It went through, or somebody was faster.",
    ),
    "revoked": ("good", "The key {key} opens nothing any more; a running hub forgets it within two seconds."),
    "not_revoked": ("warn", "Nothing was changed: the key {key} was revoked before."),
    "mail_again": ("good", "The mail is sent again now."),
    "mail_moved_on": ("warn", "Nothing was changed: the mail is on its way already, or was delivered."),
    "recorded": ("good", "Recorded: {what}, for {party}. Its trace says that you did."),
    "recorded_before": ("info", "This was recorded before, so nothing was added."),
    "recorded_otherwise": (
        "warn",
        "Nothing was added: this form was sent before with other words. Open it anew to say something else.",
    ),
    "person_added": ("good", "The person is in the vault. From here on only the ref {ref} is used."),
    "found_nothing": (
        "warn",
        "Nothing here is called «{word}». Give a need, a match, an organisation or an event's id in full.",
    ),
}


class Notice(NamedTuple):
    """One sentence and how it is coloured."""

    tone: str
    sentence: str


def leave(answer: Response, said: str, **words: str) -> None:
    """Leave a sentence for the next page; raises KeyError for one that does not exist or lacks a word."""
    SENTENCES[said][1].format(**words)
    cut = {name: word[:LONGEST] for name, word in words.items()}
    cookies.put(answer, cookies.NOTICE, urlencode({"said": said, **cut}), seconds=LASTS)


def waiting(request: Request) -> Notice | None:
    """Return the sentence that waits to be shown, None without one (or where the cookie makes no sense)."""
    told = {name: found[0] for name, found in parse_qs(request.cookies.get(cookies.NOTICE, "")).items()}
    tone, sentence = SENTENCES.get(told.pop("said", ""), ("", ""))
    try:
        return Notice(tone, sentence.format(**told)) if sentence else None
    except KeyError:
        return None


def forget(answer: Response) -> None:
    """Show it no more."""
    cookies.put(answer, cookies.NOTICE, "", seconds=0)

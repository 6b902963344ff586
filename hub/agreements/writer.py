"""The pen of one document: our own sentences with figures in them, and strangers' words, cleaned.

Whatever a stranger wrote goes through `Writer.own`, which remembers it under its field, so that a field whose letters no
font has can be written otherwise and be named.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.agreements.draft import Draft, Words
from hub.agreements.templates import Chosen

ERASED, UNPRINTABLE, MISSING = "erased", "unprintable", "missing"
UNBROKEN = 26  # letters after which a word without a natural break may be broken
BREAK = "\u200b"  # a place where a line may end, without a hyphen
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
# What cannot be seen, or turns the direction of what follows it: hostile words must not reorder the lines around them.
UNSEEN = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]")
UNBREAKABLE = re.compile(rf"[^\s\-/{BREAK}]{{{UNBROKEN + 1},}}")


class Someone(Protocol):
    """A person, as the vault holds one."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def birth_date(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A field that could not be filled: its reason is erased, unprintable or missing."""

    field: str
    reason: str


@dataclass
class Writer:
    """Writes one document; remembers strangers' words by field, and which fields stayed unfilled."""

    draft: Draft
    people: Mapping[str, Someone]
    chosen: Chosen
    instead: Mapping[str, str] = field(default_factory=dict)
    """What to print in place of a field's own words."""
    owned: dict[str, str] = field(default_factory=dict)
    unfilled: list[Unfilled] = field(default_factory=list)

    # ---- words

    def own(self, name: str, words: str) -> str:
        """Return a stranger's words for the field `name`, or what has to stand there instead."""
        self.owned[name] = clean(words)
        return isolated(breakable(self.instead.get(name, self.owned[name])))

    def told(self, name: str, text: Words) -> str:
        """Return an organisation's words in the document's language, else in English, else in any."""
        if isinstance(text, str):
            return self.own(name, text)
        code = next((code for code in (self.chosen.speech.code, "en", *text) if code in text), "")
        return self.own(name, text.get(code, ""))

    def fill(self, sentence: str, /, **figures: Any) -> str:
        """Write figures, or words that `own` has given, into one of the template's sentences."""
        return self.chosen.speech.fill(sentence, figures)

    def say(self, group: str, name: str, /, **figures: Any) -> str:
        """Return one of the template's sentences with its figures; a name it has no word for stays as it is."""
        sentence = self.chosen.words[group].get(name)
        return self.own(f"{group}.{name}", name) if sentence is None else self.fill(sentence, **figures)

    # ---- people

    def name(self, name: str, ref: str | None) -> str:
        """Return a person's name, or why there is none."""
        if ref is None:
            return self._without(name, MISSING)
        if ref not in self.people:
            return self._without(name, ERASED)
        return self.own(name, self.people[ref].name)

    def _without(self, name: str, reason: str) -> str:
        self.unfilled.append(Unfilled(name, reason))
        return self.say("unfilled", reason)


def clean(words: str) -> str:
    """Bring a stranger's words onto one line, composed, without what cannot be seen."""
    seen = UNSEEN.sub(" ", unicodedata.normalize("NFC", words))
    return " ".join(seen.encode(errors="replace").decode().split())


def isolated(words: str) -> str:
    """Keep words that run from right to left to themselves: what stands around them stays in its order."""
    runs_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words)
    return f"{ISOLATE}{words}{END_ISOLATE}" if runs_left else words


def breakable(words: str) -> str:
    """Let very long words end a line: nothing may run off the paper."""
    return UNBREAKABLE.sub(lambda long: BREAK.join(_pieces(long[0])), words)


def _pieces(word: str) -> Iterable[str]:
    return (word[at : at + UNBROKEN] for at in range(0, len(word), UNBROKEN))

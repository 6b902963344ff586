"""Writes the headers of a mail for the wire: short ones as they are, foreign letters as RFC 2047 wants them.

The standard library does all of it too, by parsing every value into a tree: that is most of what a mail then costs.
"""

from collections.abc import Iterator
from email import policy
from functools import cache
from string import ascii_letters, digits

SHORT = 76  # characters of a header line that no relay and no standard wants folded
LONGEST_WORD = 75  # characters of an encoded word with all its signs
_OPEN, _CLOSE, _FOLD = "=?utf-8?q?", "?=", "\r\n "
_AS_THEY_ARE = frozenset(f"{ascii_letters}{digits}!*+-/")  # what may stand for itself, also before an address


class Headers(policy.EmailPolicy):
    """The standard library's rules for SMTP, with a short way for what our mails have many of."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write one header with its line end."""
        line = f"{name}: {value}"
        if len(line) <= SHORT and line.isascii() and value.strip() == value != "":
            return f"{line}\r\n".encode()
        if line.isascii():
            return super().fold_binary(name, value)
        if name == "Subject":
            return f"{name}: {encoded(value, used=len(name) + 2)}\r\n".encode("ascii")
        (one, *others) = getattr(value, "addresses", ()) or (None,)
        if one is None or others or not one.addr_spec.isascii():
            return super().fold_binary(name, value)
        words = encoded(one.display_name, used=len(name) + 2)
        return f"{name}: {words}{_FOLD}<{one.addr_spec}>\r\n".encode("ascii")


def encoded(text: str, *, used: int) -> str:
    """Return text in encoded words (RFC 2047), a line each, none cut within a letter; `used` columns of the first are taken."""
    return _FOLD.join(f"{_OPEN}{word}{_CLOSE}" for word in _words(text, used))


def _words(text: str, used: int) -> Iterator[str]:
    room = SHORT - used - len(_OPEN + _CLOSE)
    word = ""
    for letter in text:
        signs = _signs(letter)
        if len(word) + len(signs) > room:
            yield word
            word, room = "", LONGEST_WORD - len(_OPEN + _CLOSE)
        word += signs
    yield word


@cache
def _signs(letter: str) -> str:
    if letter in _AS_THEY_ARE:
        return letter
    return "_" if letter == " " else "".join(f"={byte:02X}" for byte in letter.encode())

"""Words in the form in which they are looked up: case, accents and spacing do not matter, letters do."""

import unicodedata


def folded(words: str) -> str:
    """Return words without case, accents and superfluous spaces.

    >>> folded("  Marroquinería\\tA MÃO ")
    'marroquineria a mao'
    """
    apart = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())

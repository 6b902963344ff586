"""What people write, made ready to be looked up: one spacing, no capitals throughout, no gender doublets, no mark-up."""

import re
import unicodedata

LONGEST = 1_000  # characters that are read of a statement
TAG = re.compile(r"<[^<>]{0,200}>")
ENDING = "(?!or\\b)[a-zà-öø-ÿăâîșțąćęłńóśźż]{1,4}"  # operador/a, piqueur·euse, cosedor(a), but not and/or
DOUBLET = re.compile(rf"(?<=[^\W\d_]{{3}})(?:[/·:]-?{ENDING}\b|\({ENDING}\))")
EDGES = " \t\n.…,;:!?·•*–-\"'«»“”„()[]"


def cleaned(statement: str) -> str:
    """Return a statement without what is no part of the skill; empty when nothing is left.

    >>> cleaned(" • COSTUREIRA/O  DE <b>MALAS</b> ")
    'costureira de malas'
    """
    words = unicodedata.normalize("NFC", statement[:LONGEST])
    words = "".join(" " if _invisible(letter) else letter for letter in TAG.sub(" ", words))
    if words.isupper() and len(words.strip()) > len("CAD/CAM"):
        words = words.lower()
    return " ".join(DOUBLET.sub("", words).split()).strip(EDGES)


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")

"""Renders an agreement: PDF/A-2a and PDF/UA-1 at once, the same bytes every time.

Slow (tens of milliseconds) and pure: `Press` runs it in a thread of its own, never on the event loop. typst lets go of
Python's lock while it works. Its files are ours alone; what strangers wrote reaches it only as JSON.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
import typst

from hub.agreements.draft import Draft
from hub.agreements.paper import paper
from hub.agreements.templates import FOLDER, in_language, templates
from hub.agreements.writer import UNPRINTABLE, Someone, Unfilled, Writer

BLANK = "▯"  # stands for a letter that no font has
# The bold and the slanted fonts may lack what the upright one has.
PROBE = b"""#set document(title: "probe")
#set text(font: "Libertinus Serif")
#let it = sys.inputs.text
#it #strong(it) #emph(it)"""

_own = threading.local()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it is kept: its bytes, their SHA-256, the language it came out in, and what could not be filled."""

    pdf: bytes
    sha256: str
    language: str
    unfilled: tuple[Unfilled, ...]


def render(draft: Draft, people: Mapping[str, Someone]) -> Rendered:
    """Render a draft with the names of its people, by ref; who is not among them was erased.

    Raises LookupError for a template that does not exist and `typst.TypstError` for one that cannot be compiled.
    """
    if draft.template not in templates():
        raise LookupError(f"agreement template {draft.template!r}: there are {', '.join(templates())}")
    writer = Writer(draft, people, in_language(templates()[draft.template], draft.languages))
    try:
        pdf = _printed(writer)
    except typst.TypstError:
        instead = unprintable(writer)
        if not instead:
            raise  # it was not the letters
        writer = Writer(draft, people, writer.chosen, instead=instead)
        pdf = _printed(writer)
    return Rendered(pdf, sha256(pdf).hexdigest(), writer.chosen.speech.code, _unfilled(writer))


def unprintable(writer: Writer) -> dict[str, str]:
    """Return the fields that hold a letter no font has, with what to print in their place."""
    return {
        name: _readable(words) or writer.say("unfilled", UNPRINTABLE, field=name)
        for name, words in writer.owned.items()
        if not is_printable(words)
    }


def is_printable(words: str) -> bool:
    """Return whether every letter is in one of the fonts."""
    if words.isascii():
        return True
    try:
        # A compiler forgets a source that is not a file after its first run: it is given anew each time.
        _compile(_compiler("probe"), source=PROBE, inputs={"text": words})
    except typst.TypstError:
        return False
    return True


class Press:
    """Renders in a thread of its own, one document at a time, so that the event loop is never held."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="press")

    async def render(self, draft: Draft, people: Mapping[str, Someone]) -> Rendered:
        """Render a draft; what it raises is what `render` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, render, draft, people)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


@cache
def fonts() -> typst.Fonts:
    """Return the fonts inside typst only: those of a machine would change the bytes."""
    return typst.Fonts(include_system_fonts=False)


def _readable(words: str) -> str | None:
    """Put a sign in the place of each letter that no font has; None when no letter at all would be left to read."""
    shown = "".join(letter if is_printable(letter) else BLANK for letter in words)
    return shown if any(letter.isalnum() for letter in shown) and is_printable(shown) else None


def _printed(writer: Writer) -> bytes:
    template = writer.chosen.template
    data = orjson.dumps(paper(writer)).decode()
    pdf = _compile(_compiler(template.code, template.file), inputs={"paper": data}, at=int(writer.draft.at.timestamp()))
    # A seal is an update behind the last byte, and PDF/A wants that to begin on a new line.
    return pdf + b"\n"


def _unfilled(writer: Writer) -> tuple[Unfilled, ...]:
    return tuple(dict.fromkeys([*writer.unfilled, *(Unfilled(name, UNPRINTABLE) for name in writer.instead)]))


def _compile(compiler: typst.Compiler, *, inputs: dict[str, str], source: bytes | None = None, at: int = 0) -> bytes:
    made = compiler.compile(source, format="pdf", sys_inputs=inputs, pdf_standards=["a-2a", "ua-1"], timestamp=at)
    if not isinstance(made, bytes):
        raise TypeError(f"typst made a {type(made).__name__} instead of one file")
    return made


def _compiler(name: str, file: Path | None = None) -> typst.Compiler:
    """Return this thread's compiler of a file: a compiler is not shared between threads."""
    compilers: dict[str, typst.Compiler] = _own.__dict__.setdefault("compilers", {})
    if name not in compilers:
        compilers[name] = typst.Compiler(file, root=file.parent if file else FOLDER, font_paths=fonts())
    return compilers[name]

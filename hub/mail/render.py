"""Puts a mail into words: subject, text and HTML in the reader's language. Pure; called by the courier and by previews.

Templates see the context as `mail`, the HTML also its `subject`, and nothing else; a name they misspell is an error here and never an empty place in a mail.
"""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from css_inline import CSSInliner
from jinja2 import (
    ChoiceLoader,
    Environment,
    FunctionLoader,
    PackageLoader,
    StrictUndefined,
    pass_eval_context,
    select_autoescape,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from hub.mail.kinds import MAILS, MailContext
from hub.mail.words import Language, speak
from schemas.values import Title

TEXT_WIDTH = 76  # columns

_INLINER = CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail in words; `language` is the one it was written in, which may be the fallback."""

    subject: str
    text: str
    html: str
    language: str


def render(kind: str, *, language: str, context: MailContext) -> Rendered:
    """Write the mail `kind` in `language` from its context; English when we do not write that language."""
    expected = MAILS.get(kind)
    if expected is None or not isinstance(context, expected):
        known = ", ".join(f"{name} ({cls.__name__})" for name, cls in MAILS.items())
        raise TypeError(f"mail {kind!r} with a {type(context).__name__}: the mails and their contexts are {known}")
    speech = speak(language)

    def part(name: str, **more: str) -> str:
        return _environment(speech).get_template(f"{kind}/{name}").render(mail=context, **more)

    subject = " ".join(part("subject.txt").split())
    return Rendered(
        subject=subject,
        text=_wrap(part("body.txt")),
        html=_INLINER.inline(part("body.html", subject=subject)),
        language=speech.code,
    )


@cache
def _environment(language: Language) -> Environment:
    """One environment a language: Jinja keeps the catalogue among its globals."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("hub.mail"), FunctionLoader(_phrases)]),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(language.catalogue, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.globals.update(language=language.code, direction=language.locale.text_direction)
    environment.filters.update(
        day=language.day,
        day_of_year=language.day_of_year,
        days=language.days,
        language=language.language,
        levels=language.levels,
        money=language.money,
        names=language.names,
        notes=language.notes,
        number=language.number,
        places=language.places,
        price=language.price,
        reasons=language.reasons,
        region=language.region,
        told=_told(language),
        where=language.where,
        word=language.word,
    )
    return environment


def _phrases(name: str) -> str | None:
    """Serve the shared phrases under a second name for HTML, where what they are filled with is escaped.

    A macro of a text template escapes nothing and yet counts as safe in an HTML template that calls it.
    """
    return (files("hub.mail") / "templates" / "phrases.txt").read_text("utf-8") if name == "phrases.html" else None


def _told(language: Language) -> Callable[[EvalContext, Title], str]:
    """Make the filter for organisations' own words; HTML also says in which language they are, for screen readers."""

    @pass_eval_context
    def told(place: EvalContext, text: Title) -> str:
        code, words = language.choose(text)
        if not place.autoescape:
            return words
        if code in ("", language.code):
            return escape(words)
        return Markup('<span lang="{}">{}</span>').format(code, words)

    return told


def _wrap(text: str) -> str:
    """Break long lines between words under their own beginning; what stands four deep is code and stays as it is."""
    lines = (line.rstrip() for line in text.strip().splitlines())
    wrapped = "\n".join(line if line.startswith("    ") else _wrap_line(line) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", wrapped) + "\n"


def _wrap_line(line: str) -> str:
    indent = re.match(r" *(?:[-*✓–!✗] |\d+\. )?", line)
    return textwrap.fill(
        line,
        TEXT_WIDTH,
        subsequent_indent=" " * (indent.end() if indent else 0),
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )

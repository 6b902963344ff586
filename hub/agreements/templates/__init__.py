"""Agreement templates, a folder each: `template.toml` (what is printed, for whom, since when), `template.typ` (how it
looks) and one file of words a language. Adding one is adding a folder.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from hub.agreements.words import FALLBACK, Speech, speak

FOLDER = Path(str(files("hub.agreements") / "templates"))


class Section(BaseModel):
    """One part of the document: its kind says how it is drawn, its fields and clauses what stands in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    name: str
    fields: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()


class Template(BaseModel):
    """What `template.toml` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    languages: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    countries: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    least_weeks: float = 0
    most_weeks: float | None = None
    legal_basis: Mapping[str, tuple[str, ...]]
    """What it rests on, in each language."""
    sections: tuple[Section, ...]

    def serves(self, *, country: str, scheme: str | None, day: date) -> bool:
        """Whether it is meant for an agreement of this country and scheme that begins on this day."""
        if not self.valid_from <= day <= (self.valid_to or day):
            return False
        return (not self.countries or country in self.countries) and (not self.schemes or scheme in self.schemes)

    @property
    def file(self) -> Path:
        """The typst file that draws it."""
        return FOLDER / self.code / "template.typ"


@dataclass(frozen=True)
class Chosen:
    """A template in one language; `asked` is the language that was wanted and that it does not have."""

    template: Template
    speech: Speech
    words: Mapping[str, Any]
    asked: str | None = None


@cache
def templates() -> Mapping[str, Template]:
    """Return every template by its code."""
    found = (
        Template.model_validate(tomllib.loads(file.read_text())) for file in sorted(FOLDER.glob("*/template.toml"))
    )
    return {template.code: template for template in found}


def template_for(*, country: str, scheme: str | None, day: date) -> Template:
    """Return the template for an agreement: the country's own before the one for all, the newest first.

    Raises LookupError when none is in force.
    """
    fitting = [each for each in templates().values() if each.serves(country=country, scheme=scheme, day=day)]
    if not fitting:
        raise LookupError(
            f"no agreement template for {country}, scheme {scheme}, on {day}; add a folder in {FOLDER.name}/"
        )
    return max(fitting, key=lambda each: (bool(each.countries), bool(each.schemes), each.valid_from))


def in_language(template: Template, languages: Sequence[str]) -> Chosen:
    """Return a template in the first of the languages asked for, in English (and says so) when it does not have that."""
    asked = languages[0] if languages else FALLBACK
    speech = speak(asked)
    if asked.split("-")[0] == speech.code and speech.code in template.languages:
        return Chosen(template, speech, _words(template.code, speech.code))
    return Chosen(template, speak(FALLBACK), _words(template.code, FALLBACK), asked=asked)


@cache
def _words(code: str, language: str) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / code / f"{language}.toml").read_text())

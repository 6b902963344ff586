"""The rules an agreement is checked against, as data: a floor for the Union, files of countries over it, each by date.

The rules of an agreement's first day apply, so that an old agreement is judged as it was when it began.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict

FLOOR = "eu"


class Rule(BaseModel):
    """One check's rule: its words in each language, with the figures in braces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Mapping[str, str]


class MinorsHours(Rule):
    """How long the young may work."""

    most_daily_hours: float
    most_weekly_hours: float


class Tutor(Rule):
    """What a tutor must be."""

    experience_years: int | None = None


class TutorRatio(Rule):
    """How many learners a tutor may have."""

    most_learners: int


class RuleSet(BaseModel):
    """The rules in force in one country on one day; `version` names every file that had a word in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    minors_hours: MinorsHours
    guardian: Rule
    tutor: Tutor
    tutor_ratio: TutorRatio
    overlap: Rule
    duration: Rule


@lru_cache(maxsize=1024)
def rules_for(country: str, day: date) -> RuleSet:
    """Return the rules of a country (ISO 3166-1 alpha-2) on a day; the floor where the country has no file.

    Raises LookupError for a day before every version of the floor.
    """
    floor = in_force(_versions(FLOOR), day)
    if floor is None:
        raise LookupError(f"no rules of {FLOOR}.toml are in force on {day}")
    own = in_force(_versions(country.lower()), day) or {}
    return RuleSet.model_validate(merged(floor, own))


def in_force(versions: list[dict[str, Any]], day: date) -> dict[str, Any] | None:
    """Return the newest version that is in force on a day."""
    begun = [each for each in versions if each["valid_from"] <= day]
    return max(begun, key=lambda each: date.fromisoformat(str(each["valid_from"])), default=None)


def merged(floor: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a country's version over the floor: a figure or a sentence that it names replaces the floor's."""
    rules = {name: value for name, value in floor.items() if name not in ("version", "valid_from")}
    for name, value in own.items():
        if name not in ("version", "valid_from"):
            rules[name] = {**rules.get(name, {}), **value}
    return rules | {"version": "+".join(each["version"] for each in (floor, own) if each)}


@cache
def _versions(name: str) -> list[dict[str, Any]]:
    file = files("hub.agreements") / "rules" / f"{name}.toml"
    return list(tomllib.loads(file.read_text())["versions"]) if file.is_file() else []

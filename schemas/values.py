"""The words of the wire: ids, codes, money, texts, places, days. Payloads are made of these; everybody may use them.

Input is strict and tells the sender what to mend; reading is lenient and fast (`schemas/strictness.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic_core import CoreSchema, core_schema

from schemas.codes import COUNTRIES, CURRENCIES, LANGUAGES, NUTS_COUNTRIES
from schemas.strictness import WHEN_ABSENT, Between, Listed, NotBelow, Shape, Strictly, Together, Whole, wanted

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199  # a date outside is a slip, and overflows when days are added to it

NOT_A_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
ONE_LINE = rf"^[^{NOT_A_LINE}]*[^\s{NOT_A_LINE}][^{NOT_A_LINE}]*$"
PARAGRAPHS = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
UUID_SHAPE = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SLUG_SHAPE = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
LOCAL_ID_SHAPE = "[A-Za-z0-9][A-Za-z0-9._~-]{0,63}"

D = TypeVar("D", bound=date)


class Payload(BaseModel):
    """What every JSON object inside `data` inherits: frozen, and closed unless it is read leniently."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an exception's words reach logs and operators; what people wrote must not
    )


# ---- names of things --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Noun:
    """Says which noun a field's text names; `local` ids belong to the organisation of the event's subject."""

    name: str
    local: bool = False


Slug = Annotated[
    str, Shape(SLUG_SHAPE, "an organisation's slug; use small letters, digits and hyphens, as in belcinto")
]
LocalId = Annotated[
    str, Shape(LOCAL_ID_SHAPE, "a local id; use up to 64 letters, digits and . _ ~ -, beginning with a letter or digit")
]
Ref = Annotated[
    str, Shape(f"{SLUG_SHAPE}/{LOCAL_ID_SHAPE}", "a ref; write <organisation>/<local id>, as in belcinto/N-001")
]
PersonRef = Annotated[
    str,
    Shape(
        f"(?:{SLUG_SHAPE}/)?{LOCAL_ID_SHAPE}", "a person's ref; use the one that POST /v1/people answered, never a name"
    ),
]
Uuid = Annotated[
    str,
    Shape(UUID_SHAPE, "an id of the hub; give the UUID in small letters, as in 0190b3c2-5a3e-7c11-8000-0242ac120002"),
]

OrganisationId = Annotated[Slug, Noun("organisation")]
CurriculumRef = Annotated[Ref, Noun("curriculum")]
SessionRef = Annotated[Ref, Noun("session")]
NeedRef = Annotated[Ref, Noun("need")]
OfferRef = Annotated[Ref, Noun("offer")]
OwnCurriculumId = Annotated[LocalId, Noun("curriculum", local=True)]
MatchId = Annotated[Uuid, Noun("match")]
AgreementId = Annotated[Uuid, Noun("agreement")]
About = Annotated[Ref, Noun("need")]
"""The need or placement offer that a cooperation is about."""

# ---- codes ------------------------------------------------------------------------------------------------------------

Language = Annotated[str, Listed(*LANGUAGES, want="a language; give an ISO 639-1 code in small letters, as in pt")]
Country = Annotated[str, Listed(*COUNTRIES, want="a country; give an ISO 3166-1 alpha-2 code in capitals, as in PT")]
Currency = Annotated[str, Listed(*CURRENCIES, want="a currency; give an ISO 4217 code in capitals, as in EUR")]
Nuts = Annotated[
    str,
    Shape(
        rf"(?:{'|'.join(NUTS_COUNTRIES)})[0-9A-Z]{{0,3}}",
        "a NUTS code; write the country (EL for Greece, UK for the United Kingdom) and up to three signs, as in PT11A",
    ),
]
"""A region of Eurostat's NUTS, country (2 signs) to NUTS-3 (5 signs); codes of the 2021 and 2024 versions."""
NUTS_COUNTRIES_APART = {"EL": "GR", "UK": "GB"}
"""NUTS has its own letters for two countries; everywhere else on the wire countries are ISO 3166."""


def country_of(nuts: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a NUTS region's country."""
    return NUTS_COUNTRIES_APART.get(nuts[:2], nuts[:2])


EscoUri = Annotated[
    str,
    Shape(
        rf"http://data\.europa\.eu/esco/skill/{UUID_SHAPE}",
        "an ESCO skill; write http://data.europa.eu/esco/skill/<uuid> in small letters",
    ),
]
OccupationUri = Annotated[
    str,
    Shape(
        rf"http://data\.europa\.eu/esco/occupation/{UUID_SHAPE}",
        "an ESCO occupation; write http://data.europa.eu/esco/occupation/<uuid> in small letters",
    ),
]
IscedF = Annotated[str, Shape("(?:0[0-9]|10|99)[0-9]{2}", "an ISCED-F 2013 field; give its four digits, as in 0723")]
Nace = Annotated[
    str, Shape(r"[A-V]?[0-9]{2}(?:\.[0-9]{1,2})?", "a NACE Rev. 2 activity; give division, group or class, as in 15.12")
]
ElmSlug = Annotated[
    str, Shape("[a-z0-9]+(?:[-_][a-z0-9]+)*", "a slug of the European Learning Model's list, as in written-examination")
]
Homepage = Annotated[str, Shape(r"https?://[^\s\u0000-\u001f<>\u0022]{1,1990}", "a web address; begin with https://")]
Eqf = Annotated[int, Whole(1, 8)]
"""A level of the European Qualifications Framework, 1 to 8."""

Mode = Annotated[str, Listed("presential", "online", "blended", "workplace")]
"""How a course is given: in the provider's rooms, at a distance, both, or at the company."""
LearnerGroup = Annotated[str, Listed("ivet", "cvet", "both")]
"""Initial vocational education (pupils, apprentices), continuing (employees, job seekers), or both."""
SkillLevel = Annotated[str, Listed("awareness", "foundation", "autonomous", "expert")]

# ---- texts ------------------------------------------------------------------------------------------------------------


def _texts(most: int, pattern: str) -> Strictly:
    line = core_schema.str_schema(min_length=1, max_length=most, pattern=pattern)
    language = wanted(
        core_schema.literal_schema(list(LANGUAGES)),
        "a language; key the map by ISO 639-1 codes in small letters, as in pt",
    )
    # The signs ‹ › mark the branch in an error's path; `schemas.problems.pointer` leaves them out.
    branches: dict[Any, CoreSchema] = {"‹text›": line, "‹map›": core_schema.dict_schema(language, line, min_length=1)}
    names: dict[type[Any], str] = {str: "‹text›", dict: "‹map›"}
    strict = core_schema.tagged_union_schema(branches, discriminator=lambda value: names.get(type(value)))
    # The plain schema comes last in the chain because serialising follows the last link.
    return Strictly(lambda plain: core_schema.chain_schema([strict, plain]))


def _line(most: int, pattern: str = ONE_LINE) -> Strictly:
    return Strictly(lambda _: core_schema.str_schema(min_length=1, max_length=most, pattern=pattern))


Title = Annotated[str | dict[str, str], _texts(200, ONE_LINE)]
"""Text that people read, on one line: a string or a language map {"en": "…"}."""
Description = Annotated[str | dict[str, str], _texts(4000, PARAGRAPHS)]
Note = Annotated[str | dict[str, str], _texts(1000, PARAGRAPHS)]
Label = Annotated[str, _line(200)]
"""A short name on one line, in whatever language its owner uses."""
Statement = Annotated[str, _line(1000, PARAGRAPHS)]
"""A skill in the sender's own words."""

# ---- money, time, place -----------------------------------------------------------------------------------------------


def _read_day(text: str) -> date:
    return _in_range(date.fromisoformat(text))


def _read_instant(text: str) -> datetime:
    return _in_range(datetime.fromisoformat(text.upper()))


def _in_range(day: D) -> D:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError(day)
    return day


def _parsed(read: Callable[[str], Any], *, pattern: str, want: str, form: str | None = None) -> Strictly:
    # The plain schema comes last in the chain because serialising follows the last link.
    text = core_schema.str_schema(
        pattern=f"^(?:{pattern})$", metadata={"pydantic_js_updates": {"format": form}} if form else None
    )
    read_text = core_schema.no_info_after_validator_function(read, text)
    return Strictly(lambda plain: wanted(core_schema.chain_schema([read_text, plain]), want))


Day = Annotated[
    date,
    _parsed(
        _read_day,
        pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}",
        want="a day; write YYYY-MM-DD between 1900 and 2199, as in 2026-11-23",
        form="date",
    ),
]
Instant = Annotated[
    datetime,
    _parsed(
        _read_instant,
        pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
        want="an instant; write RFC 3339 with an offset, as in 2026-11-23T09:00:00+01:00",
        form="date-time",
    ),
]
"""A point in time, RFC 3339 with its offset."""

Amount = Annotated[
    Decimal,
    _parsed(
        Decimal,
        pattern=r"(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,2})?",
        want='an amount; write a string with up to 8 digits and 2 decimals, not negative, as in "320.00"',
    ),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
]

Latitude = Annotated[float, Between(-90, 90)]
"""Degrees north, WGS 84."""
Longitude = Annotated[float, Between(-180, 180)]
"""Degrees east, WGS 84."""


class Money(Payload):
    """An amount in one currency (ISO 4217)."""

    amount: Amount
    currency: Currency


class Price(Money):
    """What a course costs."""

    per: Annotated[str, Listed("learner", "group")] = "learner"
    """Whether the amount is for each learner or for the whole group."""


class Window(Payload):
    """The days between which something should begin, both included."""

    earliest: Day
    latest: Annotated[Day, NotBelow("earliest")]


class Place(Payload):
    """Where something is: a region, and a point when it is known."""

    nuts: Nuts
    lat: Latitude | None = None
    lon: Annotated[Longitude | None, Together("lat")] = WHEN_ABSENT
    label: Label | None = None
    """What people call the place."""

"""Who takes part: the seven partners, five invented workshops, and people who are all invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from hub.vault import NewPerson

Role = Literal["company", "provider", "coordinator"]
Data = dict[str, Any]

PLACES: dict[str, Data] = {
    "sjm": {"nuts": "PT11A", "lat": 40.900, "lon": -8.490, "label": "São João da Madeira"},
    "ubrique": {"nuts": "ES612", "lat": 36.678, "lon": -5.447, "label": "Ubrique"},
    "iasi": {"nuts": "RO213", "lat": 47.159, "lon": 27.587, "label": "Iași"},
    "lodz": {"nuts": "PL", "lat": 51.759, "lon": 19.456, "label": "Łódź"},
    "brussels": {"nuts": "BE100", "lat": 50.846, "lon": 4.352, "label": "Brussels"},
}


@dataclass(frozen=True, slots=True)
class Participant:
    """One who takes part; `place` names a row of PLACES, `more` holds the fields that only its role has."""

    slug: str
    role: Role
    legal_name: str
    country: str
    place: str
    languages: tuple[str, ...]
    more: Data


def _workshop(slug: str, name: str, country: str, place: str, language: str) -> Participant:
    return Participant(slug, "company", name, country, place, (language,), {"size_band": "micro", "nace": "15.12"})


ORGANISATIONS = (
    Participant(
        "cec",
        "coordinator",
        "European Footwear Confederation",
        "BE",
        "brussels",
        ("en", "fr"),
        {"nuts": ["PT", "ES", "RO"]},
    ),
    Participant(
        "belcinto",
        "company",
        "Vasconcelos & Cª, Lda",
        "PT",
        "sjm",
        ("pt", "en"),
        {"size_band": "medium", "nace": "15.12"},
    ),
    Participant(
        "betangible", "company", "Betangible", "ES", "ubrique", ("es", "en"), {"size_band": "small", "nace": "15.12"}
    ),
    Participant(
        "ctcp",
        "provider",
        "Centro Tecnológico do Calçado de Portugal",
        "PT",
        "sjm",
        ("pt", "en"),
        {"types": ["tech_centre"], "coverage_nuts": ["PT11", "PT16"]},
    ),
    Participant(
        "movex",
        "provider",
        "Fundación Movex",
        "ES",
        "ubrique",
        ("es", "en"),
        {"types": ["tech_centre"], "coverage_nuts": ["ES61"]},
    ),
    Participant(
        "tuiasi",
        "provider",
        "Gheorghe Asachi Technical University of Iași",
        "RO",
        "iasi",
        ("ro", "en"),
        {"types": ["university"], "coverage_nuts": ["RO21"]},
    ),
    Participant(
        "globalnet",
        "provider",
        "Globalnet",
        "PL",
        "lodz",
        ("pl", "en"),
        {"types": ["private"], "national": True, "coverage_nuts": []},
    ),
    _workshop("oficina-a", "Oficina A", "PT", "sjm", "pt"),
    _workshop("oficina-b", "Oficina B", "PT", "sjm", "pt"),
    _workshop("oficina-c", "Oficina C", "PT", "sjm", "pt"),
    _workshop("atelier-d", "Atelier D", "RO", "iasi", "ro"),
    _workshop("atelier-e", "Atelier E", "RO", "iasi", "ro"),
)
ZONES = {
    "PT": "Europe/Lisbon",
    "ES": "Europe/Madrid",
    "RO": "Europe/Bucharest",
    "PL": "Europe/Warsaw",
    "BE": "Europe/Brussels",
}


# organisation, what for, name
PEOPLE_TABLE = """
cec        contact     Odile Verbruggen
cec        signatory   Lucas Steenhout
cec        coordinator Hanne Delacroix
belcinto   contact     Marta Figueiral
belcinto   signatory   Duarte Valadim
belcinto   tutor       Amélia Sovelar
betangible contact     Rocío Almenar
betangible signatory   Julián Barrancos
betangible learner     Lorena Tejerina
ctcp       contact     Teresa Quintalho
ctcp       signatory   Álvaro Senfins
ctcp       learner     Tiago Sobreirinho
ctcp       guardian    Helena Sobreirinho
movex      contact     Inés Carrizal
movex      signatory   Tomás Olvereño
tuiasi     contact     Ioana Prutescu
tuiasi     signatory   Radu Copounaru
globalnet  contact     Zofia Bałucka
globalnet  signatory   Marek Widzewski
oficina-a  contact     Rui Sapateira
oficina-a  signatory   Rui Sapateira
oficina-b  contact     Lídia Correeiro
oficina-b  signatory   Lídia Correeiro
oficina-c  contact     Nuno Fivela
oficina-c  signatory   Nuno Fivela
atelier-d  contact     Doina Curelaru
atelier-d  signatory   Doina Curelaru
atelier-e  contact     Mihai Cataramă
atelier-e  signatory   Mihai Cataramă
"""

AGES = {("betangible", "learner"): 34.5, ("ctcp", "learner"): 16.3}
"""Years, on the day of the play."""


def people(today: date) -> list[NewPerson]:
    """Return everybody of the story; people are written to in their organisation's first language."""
    by_slug = {each.slug: each for each in ORGANISATIONS}
    return [
        NewPerson(
            organisation=slug,
            kind=kind,
            name=name,
            email=f"{kind}@{slug}.example",
            language=by_slug[slug].languages[0],
            timezone=ZONES[by_slug[slug].country],
            birth_date=_born(today, AGES.get((slug, kind))),
        )
        for slug, kind, name in (line.split(maxsplit=2) for line in PEOPLE_TABLE.strip().splitlines())
    ]


def _born(today: date, age: float | None) -> date | None:
    return today - timedelta(days=round(age * 365.25)) if age is not None else None


def registration(organisation: Participant, people_refs: Mapping[str, str]) -> Data:
    """Return the data of the event by which it registers; `people_refs` are its people's refs by kind."""
    place = PLACES[organisation.place]
    common = {
        "legal_name": organisation.legal_name,
        "country": organisation.country,
        "languages": list(organisation.languages),
        "contact_ref": people_refs["contact"],
        **organisation.more,
    }
    if organisation.role == "coordinator":
        return {"organisation_id": organisation.slug, **common}
    common["signatory_ref"] = people_refs["signatory"]
    if organisation.role == "provider":
        where = {name: place[name] for name in ("nuts", "lat", "lon")}
        return {"provider_id": organisation.slug, **common, **where}
    site = {"site_id": "main", **place}
    return {"company_id": organisation.slug, **common, "nuts": place["nuts"], "sites": [site]}
